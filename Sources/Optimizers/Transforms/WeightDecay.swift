internal import Kernels

/// u -= rate * decay * w: decoupled weight decay, neither clipped nor scaled by the transforms before it.
///
/// Loshchilov, Hutter: Decoupled weight decay regularization, 2019. Stands last, as in Keras.
public struct DecayWeights: GradientTransform {
  public let decay: Double
  /// Weights whose name contains one of these words do not decay: Keras' `exclude_from_weight_decay(var_names:)`.
  public let excluded: [String]
  public let part: FusiblePart? = .decay

  public init(_ decay: Double, excluding words: [String] = []) {
    self.decay = decay
    excluded = words
  }

  public func applies(to weight: String) -> Bool { !excluded.contains { weight.contains($0) } }

  public func prepare(step: Int, learningRate: Double, scalar: inout Double) -> SIMD4<Float> {
    SIMD4(Float(-learningRate * decay), 0, 0, 0)
  }

  public func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>) {
    Elementwise.add(tile.weights, scaledBy: prepared[0], to: tile.update)
  }
}
