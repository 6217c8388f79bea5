/// (y - t)^2, mean over the outputs.
public struct MeanSquaredError: Loss, ElementwiseLoss {
  public static let name = "mean_squared_error"

  public init() {}

  func valueAndDerivative(_ error: Float) -> (Float, Float) { (error * error, 2 * error) }
}
