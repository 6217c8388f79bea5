/// Zeroes whole channels of a sample with probability `rate` in training and scales the others by 1 / (1 - rate).
///
/// x: `[time, channels]`. Tompson et al.: Efficient object localization using convolutional networks, 2015.
public struct SpatialDropout1D: Layer {
  public static let className = "SpatialDropout1D"
  public static let kind = "spatial_dropout1d"

  public let rate: Float
  public let name: String?

  /// - Precondition: `0 <= rate < 1`.
  public init(rate: Float, name: String? = nil) {
    precondition(rate >= 0 && rate < 1, "a dropout rate of \(rate)")
    self.rate = rate
    self.name = name
  }

  public var arguments: [LayerArgument] { [LayerArgument("rate", .number(Double(rate)))] }
  public var traits: LayerTraits { LayerTraits(role: .noise, dropped: rate) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { true }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    guard inputs[0].extents.count == 2 else { throw PoolingPlan.wrongAxes(inputs[0], axes: 1, Self.kind) }
    return SpatialDropoutOperation(rate: rate, shape: inputs[0])
  }
}
