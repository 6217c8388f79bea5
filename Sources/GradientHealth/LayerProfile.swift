/// What detectors want to know of a layer besides its figures.
public struct LayerProfile: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A kernel that is multiplied with the layer's input.
    case dense
    /// gamma and beta, whose gradients are no measure of what arrives at the layer.
    case normalization
    case other
  }

  /// Name in the history.
  public var name: String
  public var kind: Kind
  /// Extent of the last axis of the output.
  public var units: Int?
  /// Keras' name of the function that its output goes through, by itself or in a layer of its own that follows.
  public var activation: String?
  /// Keras' name of the kernel's initializer.
  public var initializer: String?
  /// Whether a path to the output goes around it, so that what is before it does not live on what it passes back.
  public var isBypassed: Bool

  public init(
    name: String, kind: Kind = .dense, units: Int? = nil, activation: String? = nil, initializer: String? = nil,
    isBypassed: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.units = units
    self.activation = activation
    self.initializer = initializer
    self.isBypassed = isBypassed
  }

  /// For a layer that nothing is known of but its name.
  init(unknown name: String) { self.init(name: name, kind: name.contains("normalization") ? .normalization : .dense) }

  /// Whether its activation is flat on both sides, so that its derivative is small almost everywhere.
  var saturates: Bool { activation.map { ["sigmoid", "tanh", "softsign", "hard_sigmoid"].contains($0) } ?? false }
}
