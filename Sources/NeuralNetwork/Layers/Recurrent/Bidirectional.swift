/// Two copies of a recurrent layer, one from the first time to the last and one from the last to the first, and their
/// outputs merged.
///
/// x: `[time, features]`; y: `[time, 2 units]` or `[2 units]` of `.concat`, else as many as the layer has. The sequence of
/// the copy that goes backwards is turned round before. Where a mask leaves a step out, both give 0 in a sequence, as
/// Keras' wrapper has it. Schuster, Paliwal: Bidirectional recurrent neural networks, 1997.
public struct Bidirectional: Layer {
  public static let className = "Bidirectional"
  public static let kind = "bidirectional"

  /// What becomes of the two outputs.
  public enum MergeMode: String, Sendable, CaseIterable {
    case concat, sum, mul, ave
  }

  public let layer: any RecurrentLayer
  public let mergeMode: MergeMode
  public let name: String?
  /// What the two copies are called after.
  private let innerName: String

  /// - Parameter layer: without a name it is called as Keras would call it, counted with the network's layers of its kind.
  /// - Precondition: the layer does not go backwards.
  public init(_ layer: any RecurrentLayer, mergeMode: MergeMode = .concat, name: String? = nil) {
    precondition(!layer.settings.goBackwards, "the copy that goes backwards is the wrapper's to make")
    self.layer = layer
    self.mergeMode = mergeMode
    self.name = name
    innerName = layer.name ?? type(of: layer).kind
  }

  public var inner: (any Layer)? { layer }

  public func naming(inner: String) -> any Layer {
    Bidirectional(layer.with(layer.settings, name: inner), mergeMode: mergeMode, name: name)
  }

  public var arguments: [LayerArgument] {
    [
      LayerArgument("layer", .layer(direction(false))), LayerArgument("backward_layer", .layer(direction(true))),
      LayerArgument("merge_mode", .text(mergeMode.rawValue)),
    ]
  }

  public var traits: LayerTraits {
    var traits = layer.traits
    if mergeMode == .concat { traits.units = 2 * layer.settings.units }
    return traits
  }

  public var masking: Masking { layer.masking }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    guard inputs[0].extents.count == 2 else {
      throw NetworkError("bidirectional takes samples [time, features], found \(inputs[0])")
    }
    return BidirectionalOperation(
      mergeMode,
      plans: [false, true].map { RecurrentPlan(layer.form.cell, direction($0).settings, input: inputs[0]) },
      names: [false, true].map { direction($0).name ?? "" })
  }

  /// A copy of the layer, under Keras' name.
  private func direction(_ isBackwards: Bool) -> any RecurrentLayer {
    var settings = layer.settings
    settings.goBackwards = isBackwards
    return layer.with(settings, name: (isBackwards ? "backward_" : "forward_") + innerName)
  }
}
