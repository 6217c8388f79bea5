import CKernels

/// The gradient transforms of optimizers on one tile, with Keras 3's formulas.
///
/// `update` is what the transforms before have made of the gradient: read and overwritten. Slots (momentum, velocity,
/// ...) are accumulated. A result does not depend on how a vector is cut into tiles.
///
/// Decay rates come as `Double` because the kernels need 1 - rate: from a `Float`, 1 - 0.999 is 1.3e-5 off.
///
/// - Precondition: all vectors of a call have one length and do not overlap.
public enum Updates {
  /// update = gradient * factor, overwritten.
  public static func copy(_ gradient: Vector, scaledBy factor: Float, into update: MutableVector) {
    require(gradient.count == update.count)
    cairn_copy_scaled(gradient.base, factor, update.base, update.count)
  }

  /// update = min(max(gradient, -limit), limit), overwritten. NaN stays; Inf becomes the limit.
  public static func copy(_ gradient: Vector, clippedTo limit: Float, into update: MutableVector) {
    require(gradient.count == update.count)
    cairn_copy_clipped(gradient.base, limit, update.base, update.count)
  }

  /// m = mu m + u; u = m, or mu m + u for Nesterov's.
  public static func trace(_ update: MutableVector, momentum: MutableVector, mu: Float, nesterov: Bool) {
    require(momentum.count == update.count)
    cairn_trace(update.base, momentum.base, mu, nesterov ? 1 : 0, update.count)
  }

  /// v = rho v + (1-rho) u^2; u = u / sqrt(v + epsilon).
  ///
  /// Centered, where `average` is given: a = rho a + (1-rho) u; u = u / sqrt(max(v - a^2, 0) + epsilon). Keras lets the
  /// difference fall below 0 by rounding, and gives NaN there.
  public static func scaleByRMS(
    _ update: MutableVector, velocity: MutableVector, average: MutableVector?, rho: Double, epsilon: Float
  ) {
    require(velocity.count == update.count && average?.count ?? update.count == update.count)
    cairn_scale_by_rms(update.base, velocity.base, average?.base, rho, epsilon, update.count)
  }

  /// s += u^2; u = u / sqrt(s + epsilon).
  public static func scaleByAdagrad(_ update: MutableVector, accumulator: MutableVector, epsilon: Float) {
    require(accumulator.count == update.count)
    cairn_scale_by_adagrad(update.base, accumulator.base, epsilon, update.count)
  }

  /// m += (u-m)(1-beta1); v += (u^2-v)(1-beta2); u = correction m / (sqrt(v) + epsilon).
  ///
  /// AMSGrad, where `velocityHat` is given: vhat = max(vhat, v) stands below the root.
  ///
  /// - Parameter correction: sqrt(1 - beta2^t) / (1 - beta1^t).
  public static func scaleByAdam(
    _ update: MutableVector, momentum: MutableVector, velocity: MutableVector, velocityHat: MutableVector?,
    beta1: Double, beta2: Double, epsilon: Float, correction: Float
  ) {
    require(momentum.count == update.count && velocity.count == update.count)
    require(velocityHat?.count ?? update.count == update.count)
    cairn_scale_by_adam(
      update.base, momentum.base, velocity.base, velocityHat?.base, beta1, beta2, epsilon, correction, update.count)
  }

  /// m, v as in Adam; u = (m momentumFactor + u gradientFactor) / (sqrt(v varianceFactor) + epsilon).
  public static func scaleByNadam(
    _ update: MutableVector, momentum: MutableVector, velocity: MutableVector, beta1: Double, beta2: Double,
    epsilon: Float, momentumFactor: Float, gradientFactor: Float, varianceFactor: Float
  ) {
    require(momentum.count == update.count && velocity.count == update.count)
    cairn_scale_by_nadam(
      update.base, momentum.base, velocity.base, beta1, beta2, epsilon, momentumFactor, gradientFactor, varianceFactor,
      update.count)
  }

  /// u' = sign(beta1 m + (1-beta1) u); m = beta2 m + (1-beta2) u. The sign of 0 is 0, that of NaN is NaN.
  public static func scaleByLion(_ update: MutableVector, momentum: MutableVector, beta1: Double, beta2: Double) {
    require(momentum.count == update.count)
    cairn_scale_by_lion(update.base, momentum.base, beta1, beta2, update.count)
  }

  /// average = momentum average + (1 - momentum) weights.
  public static func average(_ average: MutableVector, weights: Vector, momentum: Float) {
    require(weights.count == average.count)
    cairn_average(average.base, weights.base, momentum, average.count)
  }

  /// weights += update; the sums are taken only where `statistics` says so, and are 0 otherwise.
  public static func apply(_ update: Vector, to weights: MutableVector, statistics: Bool) -> UpdateStatistics {
    require(update.count == weights.count)
    guard statistics else {
      cairn_apply_update(update.base, weights.base, weights.count, nil)
      return UpdateStatistics()
    }
    var found = cairn_update_statistics()
    cairn_apply_update(update.base, weights.base, weights.count, &found)
    return UpdateStatistics(found)
  }

  /// The whole of Adam in one pass over a tile, to the bits of `copy(scaledBy:)`, `scaleByAdam`, scaling by `rate`, adding
  /// the weights scaled by `decay`, and `apply` one after another.
  ///
  /// - Parameters:
  ///   - gradient: read; `scale`: what clipping multiplies it with.
  ///   - rate: minus the learning rate.
  ///   - decay: minus the learning rate times the weight decay; nil: none.
  ///   - update: overwritten with what is added to the weights.
  ///   - weights: accumulated.
  public static func adam(
    _ gradient: Vector, scale: Float, momentum: MutableVector, velocity: MutableVector, velocityHat: MutableVector?,
    beta1: Double, beta2: Double, epsilon: Float, correction: Float, rate: Float, decay: Float?,
    update: MutableVector, weights: MutableVector
  ) -> UpdateStatistics {
    let count = weights.count
    require(gradient.count == count && momentum.count == count && velocity.count == count && update.count == count)
    require(velocityHat?.count ?? count == count)
    var found = cairn_update_statistics()
    let (decays, decay): (Int32, Float) = decay.map { (1, $0) } ?? (0, 0)
    cairn_adam_update(
      gradient.base, scale, momentum.base, velocity.base, velocityHat?.base, beta1, beta2, epsilon, correction, rate,
      decays, decay, update.base, weights.base, count, &found)
    return UpdateStatistics(found)
  }

  private static func require(_ condition: Bool) { precondition(condition, "vectors of different lengths") }
}

extension UpdateStatistics {
  fileprivate init(_ found: cairn_update_statistics) {
    self.init()
    updateSquareSum = found.update_square_sum
    weightSum = found.weight_sum
    weightSquareSum = found.weight_square_sum
  }
}
