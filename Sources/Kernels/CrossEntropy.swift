internal import CKernels

/// Cross-entropies from logits, with their gradients. Sums, not means.
///
/// `smoothing` s takes (1 - s) t + s / 2 in the place of a target t under `sigmoid`, (1 - s) t + s / columns under `softmax`.
public enum CrossEntropy {
  /// Sum of max(z, 0) - z t + log1p(exp(-|z|)); `gradient` is overwritten with scale (sigmoid(z) - t) unless nil.
  public static func sigmoid(
    logits: Matrix, targets: Matrix, smoothing: Float = 0, scale: Float, gradient: MutableMatrix?
  ) -> Double {
    precondition(targets.count == logits.count && gradient.map { $0.count == logits.count } ?? true)
    return cairn_sigmoid_crossentropy(logits.count, logits.packed, targets.packed, smoothing, scale, gradient?.packed)
  }

  /// Sum over rows of -sum_k t_k log softmax(z)_k; targets: `[rows, columns]`.
  public static func softmax(
    logits: Matrix, targets: Matrix, smoothing: Float = 0, gradient: MutableMatrix?
  ) -> Double {
    precondition(targets.count == logits.count && gradient.map { $0.count == logits.count } ?? true)
    return cairn_softmax_crossentropy(
      logits.rows, logits.columns, logits.packed, targets.packed, nil, smoothing, gradient?.packed)
  }

  /// The same for class numbers: `[rows]`, each below `logits.columns`.
  public static func softmax(
    logits: Matrix, classes: Vector, smoothing: Float = 0, gradient: MutableMatrix?
  ) -> Double {
    precondition(classes.count == logits.rows && gradient.map { $0.count == logits.count } ?? true)
    return cairn_softmax_crossentropy(
      logits.rows, logits.columns, logits.packed, nil, classes.base, smoothing, gradient?.packed)
  }
}
