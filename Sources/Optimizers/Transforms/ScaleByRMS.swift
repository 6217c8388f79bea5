internal import Kernels

/// v = rho v + (1 - rho) u^2; u = u / sqrt(v + epsilon); centered: the root of v - a^2 + epsilon with
/// a = rho a + (1 - rho) u.
///
/// Tieleman, Hinton: Lecture 6.5, RMSProp, 2012. Epsilon inside the root, as in Keras 3.
public struct ScaleByRMS: GradientTransform {
  public let rho: Double
  public let epsilon: Double
  public let centered: Bool

  public init(rho: Double, epsilon: Double, centered: Bool) {
    self.rho = rho
    self.epsilon = epsilon
    self.centered = centered
  }

  public var slots: [String] { centered ? ["velocity", "average_gradient"] : ["velocity"] }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Updates.scaleByRMS(
      tile.update, velocity: tile.slot(0), average: centered ? tile.slot(1) : nil, rho: rho,
      epsilon: Float(epsilon))
  }
}
