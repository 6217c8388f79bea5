/// e^2 / 2 where |e| <= delta, delta (|e| - delta / 2) beyond; mean over the outputs.
///
/// Huber: Robust estimation of a location parameter, 1964.
public struct Huber: Loss, ElementwiseLoss {
  public static let name = "huber"

  public let delta: Float

  public init(delta: Float = 1) { self.delta = delta }

  func valueAndDerivative(_ error: Float) -> (Float, Float) {
    let magnitude = abs(error)
    if magnitude > delta { return (delta * (magnitude - delta / 2), error > 0 ? delta : -delta) }
    return (error * error / 2, error)
  }
}
