/// What detectors want to know of a layer besides its figures.
public struct LayerProfile: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A kernel that is multiplied with the layer's input.
    case dense
    /// gamma and beta, whose gradients are no measure of what arrives at the layer.
    case normalization
    /// One of several kernels of a layer, e.g. of a recurrent one or of attention. It moves as others do, but what arrives at
    /// the layer is not to be read from its gradient: that of attention's queries carries the softmax's slope, that of a
    /// recurrent kernel is a sum over times.
    case part
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
  /// Of a recurrent layer.
  public var recurrence: Recurrence?

  /// What detectors want to know of a recurrent layer.
  public struct Recurrence: Sendable, Hashable {
    /// Whether gates decide what the state keeps: such a layer may learn to look further back than it does at first.
    public var isGated: Bool
    /// Whether the gate that keeps the state starts as far open as the layer can have it.
    public var startsOpen: Bool
    /// Whether the loss reaches it through the state after the last time alone. Else each time has a gradient of its own,
    /// and how far back one of them comes is not to be seen; nil: not known.
    public var answersAtEnd: Bool?
    /// The gradient's way back is cut before each multiple of this; nil: it goes back to the first time.
    public var truncation: Int?

    public init(isGated: Bool, startsOpen: Bool = true, answersAtEnd: Bool? = nil, truncation: Int? = nil) {
      self.isGated = isGated
      self.startsOpen = startsOpen
      self.answersAtEnd = answersAtEnd
      self.truncation = truncation
    }
  }

  public init(
    name: String, kind: Kind = .dense, units: Int? = nil, activation: String? = nil, initializer: String? = nil,
    isBypassed: Bool = false, recurrence: Recurrence? = nil
  ) {
    self.name = name
    self.kind = kind
    self.units = units
    self.activation = activation
    self.initializer = initializer
    self.isBypassed = isBypassed
    self.recurrence = recurrence
  }

  /// For a layer that nothing is known of but its name.
  init(unknown name: String) {
    let kind: Kind = name.contains("normalization") ? .normalization : name.contains("/") ? .part : .dense
    self.init(name: name, kind: kind)
  }

  /// For the kernel `name` of a layer that has several.
  init(_ name: String, of layer: LayerProfile) {
    self.init(name: name, kind: .part, isBypassed: layer.isBypassed)
  }

  /// Whether its activation is flat on both sides, so that its derivative is small almost everywhere.
  var saturates: Bool { activation.map { ["sigmoid", "tanh", "softsign", "hard_sigmoid"].contains($0) } ?? false }
}
