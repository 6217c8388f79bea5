internal import Glibc

/// log(cosh(e)), as |e| + log1p(exp(-2|e|)) - log 2, which does not overflow; mean over the outputs.
public struct LogCosh: Loss, ElementwiseLoss {
  public static let name = "log_cosh"

  public init() {}

  func valueAndDerivative(_ error: Float) -> (Float, Float) {
    let magnitude = abs(error)
    // Below 0.1 the sum cancels: the series e^2/2 - e^4/12 + e^6/45 takes over.
    let square = error * error
    let value =
      magnitude < 0.1
      ? square * (0.5 - square * (1 / 12 - square / 45)) : magnitude + log1pf(expf(-2 * magnitude)) - Float(M_LN2)
    return (value, tanhf(error))
  }
}
