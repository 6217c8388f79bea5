internal import Glibc

/// y - t log(y + 1e-7), mean over the outputs: outputs are the expected counts, and must not be negative.
///
/// The last layer's activation should be `exponential` or `softplus`.
public struct Poisson: Loss, OutputwiseLoss {
  public static let name = "poisson"

  public init() {}

  public var targets: TargetRequirement { .counts }

  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float) {
    let shifted = output + 1e-7
    return (output - target * logf(shifted), 1 - target / shifted)
  }
}
