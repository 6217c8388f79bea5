internal import Glibc

/// (log(1 + y) - log(1 + t))^2, mean over the outputs; outputs and targets below 1e-7 are taken as 1e-7, as in Keras.
public struct MeanSquaredLogarithmicError: Loss, OutputwiseLoss {
  public static let name = "mean_squared_logarithmic_error"

  public init() {}

  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float) {
    let epsilon: Float = 1e-7
    let cut = output < epsilon ? epsilon : output
    let error = log1pf(cut) - log1pf(target < epsilon ? epsilon : target)
    return (error * error, output < epsilon ? 0 : 2 * error / (1 + cut))
  }
}
