internal import Glibc
internal import Kernels

/// m += (u - m)(1 - beta1); v += (u^2 - v)(1 - beta2); u = c m / (sqrt(v) + epsilon),
/// c = sqrt(1 - beta2^t) / (1 - beta1^t); AMSGrad: the largest v so far takes v's place.
///
/// Kingma, Ba: Adam, 2015; Reddi et al.: On the convergence of Adam and beyond, 2018. Epsilon outside the root and not
/// bias-corrected, as in Keras 3 ("epsilon hat"), which also rounds the betas of c to float32: 1 - 0.999 is off by 1e-5.
public struct ScaleByAdam: GradientTransform {
  public let beta1: Double
  public let beta2: Double
  public let epsilon: Double
  public let amsgrad: Bool

  public init(beta1: Double, beta2: Double, epsilon: Double, amsgrad: Bool) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.amsgrad = amsgrad
  }

  public var slots: [String] { amsgrad ? ["momentum", "velocity", "velocity_hat"] : ["momentum", "velocity"] }

  public var part: FusiblePart? { .adam(self) }

  public func prepare(step: Int, learningRate: Double, scalar: inout Double) -> SIMD4<Float> {
    let t = Double(step)
    let (power1, power2) = (pow(Double(Float(beta1)), t), pow(Double(Float(beta2)), t))
    return SIMD4(Float((1 - power2).squareRoot() / (1 - power1)), 0, 0, 0)
  }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Updates.scaleByAdam(
      tile.update, momentum: tile.slot(0), velocity: tile.slot(1), velocityHat: amsgrad ? tile.slot(2) : nil,
      beta1: beta1, beta2: beta2, epsilon: Float(epsilon), correction: prepared[0])
  }
}
