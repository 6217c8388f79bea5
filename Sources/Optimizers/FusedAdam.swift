internal import Kernels

/// What a transform is in a chain that one kernel computes in a single pass over a tile.
public enum FusiblePart: Sendable {
  case adam(ScaleByAdam)
  case learningRate
  case decay
}

/// Adam, the learning rate and perhaps weight decay at once: what the transforms do in a row, then the addition to the
/// weights, to the same bits, in one pass over the tile instead of four or five.
struct FusedAdam: Sendable {
  let adam: ScaleByAdam
  /// Whether the chain's third and last transform is weight decay.
  let decays: Bool

  /// nil if the chain is any other.
  init?(_ transforms: [any GradientTransform]) {
    let parts = transforms.compactMap(\.part)
    guard parts.count == transforms.count, parts.count == 2 || parts.count == 3, case .adam(let adam) = parts[0],
      case .learningRate = parts[1]
    else { return nil }
    if parts.count == 3 {
      guard case .decay = parts[2] else { return nil }
    }
    self.adam = adam
    decays = parts.count == 3
  }

  /// - Parameters:
  ///   - prepared: of all transforms, in order.
  ///   - decays: whether the tile's weights decay; only where the chain does.
  ///   - weights: read and overwritten.
  func apply(
    _ tile: OptimizerTile, gradient: Vector, scale: Float, prepared: [SIMD4<Float>], decays: Bool,
    weights: MutableVector
  ) -> UpdateStatistics {
    Updates.adam(
      gradient, scale: scale, momentum: tile.slot(0), velocity: tile.slot(1),
      velocityHat: adam.amsgrad ? tile.slot(2) : nil, beta1: adam.beta1, beta2: adam.beta2,
      epsilon: Float(adam.epsilon), correction: prepared[0][0], rate: prepared[1][0],
      decay: decays ? prepared[2][0] : nil, update: tile.update, weights: weights)
  }
}
