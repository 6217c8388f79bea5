/// The largest over all positions of a sample, channel by channel; its gradient goes to the first of equals.
///
/// x: `[time, channels]`, y: `[channels]`. Keras' layer of that name.
public struct GlobalMaxPooling1D: Layer {
  public static let className = "GlobalMaxPooling1D"
  public static let kind = "global_max_pooling1d"

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    guard inputs[0].extents.count == 2 else { throw PoolingPlan.wrongAxes(inputs[0], axes: 1, Self.kind) }
    return GlobalMaxPoolingOperation(shape: inputs[0])
  }
}
