internal import CKernels

/// Loops of batch normalization (along columns) and layer normalization (along rows). x, dy, dx, y: `[rows, columns]`.
public enum Normalization {
  /// Mean and biased variance of each column; overwritten, `[columns]`.
  public static func columnMoments(of x: Matrix, mean: MutableVector, variance: MutableVector) {
    precondition(mean.count == x.columns && variance.count == x.columns)
    cairn_column_moments(x.rows, x.columns, x.packed, mean.base, variance.base)
  }

  /// 1 / sqrt(variance + epsilon), overwritten.
  public static func inverseDeviation(_ variance: Vector, epsilon: Float, into inverse: MutableVector) {
    precondition(variance.count == inverse.count)
    cairn_inverse_deviation(variance.base, epsilon, inverse.base, variance.count)
  }

  /// y = gamma (x - mean) inverse + beta with one mean, inverse, gamma, beta a column.
  public static func normalizeColumns(
    _ x: Matrix, mean: Vector, inverse: Vector, gamma: Vector, beta: Vector, into y: MutableMatrix
  ) {
    precondition(y.rows == x.rows && y.columns == x.columns && gamma.count == x.columns && beta.count == x.columns)
    cairn_normalize_columns(x.rows, x.columns, x.packed, mean.base, inverse.base, gamma.base, beta.base, y.packed)
  }

  /// Overwrites the gradients of gamma, beta (`[columns]`) and, unless nil, of x.
  public static func normalizeColumnsBackward(
    _ x: Matrix, outputGradient dy: Matrix, mean: Vector, inverse: Vector, gamma: Vector,
    gammaGradient: MutableVector, betaGradient: MutableVector, inputGradient: MutableMatrix?
  ) {
    precondition(dy.rows == x.rows && dy.columns == x.columns && gamma.count == x.columns)
    cairn_normalize_columns_backward(
      x.rows, x.columns, x.packed, dy.packed, mean.base, inverse.base, gamma.base, gammaGradient.base,
      betaGradient.base, inputGradient?.packed)
  }

  /// y = gamma (x - mean) inverse + beta with each row's own mean and inverse deviation (overwritten, `[rows]`).
  public static func normalizeRows(
    _ x: Matrix, epsilon: Float, gamma: Vector, beta: Vector, mean: MutableVector, inverse: MutableVector,
    into y: MutableMatrix
  ) {
    precondition(y.rows == x.rows && y.columns == x.columns && gamma.count == x.columns && beta.count == x.columns)
    cairn_normalize_rows(
      x.rows, x.columns, x.packed, epsilon, gamma.base, beta.base, mean.base, inverse.base, y.packed)
  }

  /// Overwrites the gradients of gamma, beta (`[columns]`) and, unless nil, of x.
  public static func normalizeRowsBackward(
    _ x: Matrix, outputGradient dy: Matrix, mean: Vector, inverse: Vector, gamma: Vector,
    gammaGradient: MutableVector, betaGradient: MutableVector, inputGradient: MutableMatrix?
  ) {
    precondition(dy.rows == x.rows && dy.columns == x.columns && gamma.count == x.columns)
    cairn_normalize_rows_backward(
      x.rows, x.columns, x.packed, dy.packed, mean.base, inverse.base, gamma.base, gammaGradient.base,
      betaGradient.base, inputGradient?.packed)
  }
}

/// What is looked at in a layer's outputs while they are at hand.
public enum ActivationProbes {
  /// Elements with |y - centre| > reach.
  public static func flatCount(_ y: Vector, centre: Float, reach: Float) -> Int {
    cairn_count_flat(y.base, y.count, centre, reach)
  }

  /// Sets `alive[c]` to 1 where any row is not <= 0 in column c; else leaves it alone.
  public static func markAlive(_ y: Matrix, alive: MutableVector) {
    precondition(alive.count == y.columns)
    cairn_mark_alive(y.rows, y.columns, y.packed, alive.base)
  }
}
