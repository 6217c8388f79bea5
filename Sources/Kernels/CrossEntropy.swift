internal import CKernels

/// Cross-entropies from logits, with their gradients. Sums, not means.
public enum CrossEntropy {
  /// Sum of max(z, 0) - z t + log1p(exp(-|z|)); `gradient` is overwritten with scale (sigmoid(z) - t) unless nil.
  public static func sigmoid(logits: Matrix, targets: Matrix, scale: Float, gradient: MutableMatrix?) -> Double {
    precondition(targets.count == logits.count && gradient.map { $0.count == logits.count } ?? true)
    return cairn_sigmoid_crossentropy(logits.count, logits.packed, targets.packed, scale, gradient?.packed)
  }

  /// Sum over rows of -sum_k t_k log softmax(z)_k; targets: `[rows, columns]`.
  public static func softmax(logits: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(targets.count == logits.count && gradient.map { $0.count == logits.count } ?? true)
    return cairn_softmax_crossentropy(logits.rows, logits.columns, logits.packed, targets.packed, nil, gradient?.packed)
  }

  /// The same for class numbers: `[rows]`, each below `logits.columns`.
  public static func softmax(logits: Matrix, classes: Vector, gradient: MutableMatrix?) -> Double {
    precondition(classes.count == logits.rows && gradient.map { $0.count == logits.count } ?? true)
    return cairn_softmax_crossentropy(logits.rows, logits.columns, logits.packed, nil, classes.base, gradient?.packed)
  }
}
