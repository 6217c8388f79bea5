internal import Kernels

/// u -= rate * decay * w: decoupled weight decay, neither clipped nor scaled by the transforms before it.
///
/// Loshchilov, Hutter: Decoupled weight decay regularization, 2019. Stands last, on every weight, as in Keras.
public struct DecayWeights: GradientTransform {
  public let decay: Double

  public init(_ decay: Double) { self.decay = decay }

  public func prepare(step: Int, learningRate: Double, scalar: inout Double) -> SIMD4<Float> {
    SIMD4(Float(-learningRate * decay), 0, 0, 0)
  }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Elementwise.add(tile.weights, scaledBy: prepared[0], to: tile.update)
  }
}
