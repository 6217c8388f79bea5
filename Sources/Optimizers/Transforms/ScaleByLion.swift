internal import Kernels

/// u' = sign(beta1 m + (1 - beta1) u); m = beta2 m + (1 - beta2) u.
///
/// Chen et al.: Symbolic discovery of optimization algorithms, 2023.
public struct ScaleByLion: GradientTransform {
  public let beta1: Double
  public let beta2: Double
  public let slots = ["momentum"]

  public init(beta1: Double, beta2: Double) {
    self.beta1 = beta1
    self.beta2 = beta2
  }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Updates.scaleByLion(tile.update, momentum: tile.slot(0), beta1: beta1, beta2: beta2)
  }
}
