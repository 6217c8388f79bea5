/// The largest of each window, channel by channel; its gradient goes to the first of equals.
///
/// x: `[time, channels]`, y: `[windows, channels]`. Keras' layer of that name.
public struct MaxPooling1D: Layer {
  public static let className = "MaxPooling1D"
  public static let kind = "max_pooling1d"

  public let plan: PoolingPlan
  public let name: String?

  /// - Parameters:
  ///   - poolSize: the window's extent.
  ///   - strides: from window to window; nil: the window's own.
  public init(
    poolSize: [Int] = [2], strides: [Int]? = nil, padding: PoolingPadding = .valid, name: String? = nil
  ) {
    plan = PoolingPlan(poolSize: poolSize, strides: strides, padding: padding)
    self.name = name
  }

  public var arguments: [LayerArgument] { plan.arguments(axes: 1) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let (windows, output) = try plan.windows(over: inputs[0], axes: 1, of: Self.kind)
    return MaxPoolingOperation(windows: windows, outputs: [output])
  }
}
