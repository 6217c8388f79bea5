/// 100 |y - t| / max(|t|, 1e-7), mean over the outputs. The derivative at y = t is 0, as in TensorFlow.
public struct MeanAbsolutePercentageError: Loss, OutputwiseLoss {
  public static let name = "mean_absolute_percentage_error"

  public init() {}

  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float) {
    let error = output - target
    let divisor = max(abs(target), 1e-7)
    return (100 * (abs(error) / divisor), error > 0 ? 100 / divisor : error < 0 ? -100 / divisor : error)
  }
}
