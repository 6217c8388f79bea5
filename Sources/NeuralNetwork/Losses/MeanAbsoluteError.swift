/// |y - t|, mean over the outputs. The derivative at 0 is 0, as in TensorFlow.
public struct MeanAbsoluteError: Loss, ElementwiseLoss {
  public static let name = "mean_absolute_error"

  public init() {}

  func valueAndDerivative(_ error: Float) -> (Float, Float) {
    (abs(error), error > 0 ? 1 : error < 0 ? -1 : error)
  }
}
