internal import Kernels

/// s += u^2; u = u / sqrt(s + epsilon).
///
/// Duchi, Hazan, Singer: Adaptive subgradient methods, 2011.
public struct ScaleByAdagrad: GradientTransform {
  public let initialAccumulator: Double
  public let epsilon: Double
  public let slots = ["accumulator"]

  public init(initialAccumulator: Double, epsilon: Double) {
    self.initialAccumulator = initialAccumulator
    self.epsilon = epsilon
  }

  public var initialSlotValue: Float { Float(initialAccumulator) }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Updates.scaleByAdagrad(tile.update, accumulator: tile.slot(0), epsilon: Float(epsilon))
  }
}
