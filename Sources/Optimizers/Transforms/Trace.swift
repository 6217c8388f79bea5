internal import Kernels

/// m = mu m + u; u = m, or mu m + u (Nesterov): momentum.
///
/// Stands after the learning rate, so that m sums scaled steps as in Keras. Polyak, 1964; Sutskever et al.: On the
/// importance of initialization and momentum in deep learning, 2013.
public struct Trace: GradientTransform {
  public let mu: Double
  public let nesterov: Bool
  public let slots = ["momentum"]

  public init(mu: Double, nesterov: Bool = false) {
    self.mu = mu
    self.nesterov = nesterov
  }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Updates.trace(tile.update, momentum: tile.slot(0), mu: Float(mu), nesterov: nesterov)
  }
}
