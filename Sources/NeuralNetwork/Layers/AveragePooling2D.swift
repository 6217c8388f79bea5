/// The mean of each window, channel by channel; padding does not count.
///
/// x: `[height, width, channels]`, y: `[windows, windows, channels]`. Keras' layer of that name.
public struct AveragePooling2D: Layer {
  public static let className = "AveragePooling2D"
  public static let kind = "average_pooling2d"

  public let plan: PoolingPlan
  public let name: String?

  /// - Parameters:
  ///   - poolSize: the window's extents, or one for both axes.
  ///   - strides: from window to window; nil: the window's own.
  public init(
    poolSize: [Int] = [2], strides: [Int]? = nil, padding: PoolingPadding = .valid, name: String? = nil
  ) {
    plan = PoolingPlan(poolSize: poolSize, strides: strides, padding: padding)
    self.name = name
  }

  public var arguments: [LayerArgument] { plan.arguments(axes: 2) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let (windows, output) = try plan.windows(over: inputs[0], axes: 2, of: Self.kind)
    return AveragePoolingOperation(windows: windows, outputs: [output])
  }
}
