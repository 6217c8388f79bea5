internal import Kernels

/// u = -rate * u: the only place where the minus sign stands.
public struct ScaleByLearningRate: GradientTransform {
  public let part: FusiblePart? = .learningRate

  public init() {}

  public func prepare(step: Int, learningRate: Double, scalar: inout Double) -> SIMD4<Float> {
    SIMD4(Float(-learningRate), 0, 0, 0)
  }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Elementwise.scale(tile.update, by: prepared[0])
  }
}
