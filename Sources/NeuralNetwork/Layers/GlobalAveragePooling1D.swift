/// The mean over all positions of a sample, channel by channel.
///
/// x: `[time, channels]`, y: `[channels]`. Where x has a mask, the mean over the positions that count: 0 of a sample without
/// any. Keras' layer of that name.
public struct GlobalAveragePooling1D: Layer {
  public static let className = "GlobalAveragePooling1D"
  public static let kind = "global_average_pooling1d"

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    guard inputs[0].extents.count == 2 else { throw PoolingPlan.wrongAxes(inputs[0], axes: 1, Self.kind) }
    return GlobalAveragePoolingOperation(shape: inputs[0])
  }
}
