internal import Glibc
internal import Kernels

/// Adam with Nesterov momentum. With mu_t = beta1 (1 - 0.96^t / 2) and P_t the product of mu_1 ... mu_t:
/// u = (mu_(t+1) m / (1 - P_(t+1)) + (1 - mu_t) u / (1 - P_t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
///
/// Dozat: Incorporating Nesterov momentum into Adam, 2016, as Keras 3 computes it.
public struct ScaleByNadam: GradientTransform {
  public let beta1: Double
  public let beta2: Double
  public let epsilon: Double
  public let slots = ["momentum", "velocity"]
  public let scalar: String? = "momentum_product"

  public init(beta1: Double, beta2: Double, epsilon: Double) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  public func prepare(step: Int, learningRate: Double, scalar: inout Double) -> SIMD4<Float> {
    let t = Double(step)
    let now = beta1 * (1 - 0.5 * pow(0.96, t))
    let next = beta1 * (1 - 0.5 * pow(0.96, t + 1))
    let product = scalar * now
    scalar = product
    return SIMD4(
      Float(next / (1 - product * next)), Float((1 - now) / (1 - product)), Float(1 / (1 - pow(beta2, t))), 0)
  }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Updates.scaleByNadam(
      tile.update, momentum: tile.slot(0), velocity: tile.slot(1), beta1: beta1, beta2: beta2,
      epsilon: Float(epsilon), momentumFactor: prepared[0], gradientFactor: prepared[1],
      varianceFactor: prepared[2])
  }
}
