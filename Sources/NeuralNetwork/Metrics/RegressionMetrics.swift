public import Kernels

/// Mean of |y - t| over rows and outputs.
public struct MeanAbsoluteErrorMetric: Metric {
  public let name = "mean_absolute_error"
  public init() {}
  public func sumCount(outputs: Int) -> Int { 2 }
  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      for column in 0..<outputs.columns {
        sums[0] += weight * Double(abs(outputs[row, column] - targets[row, column]))
        sums[1] += weight
      }
    }
  }
  public func result(_ sums: [Double], outputs: Int) -> Double { sums[0] / sums[1] }
}

/// Mean of (y - t)^2 over rows and outputs, or its root.
public struct MeanSquaredErrorMetric: Metric {
  public let root: Bool
  public var name: String { root ? "root_mean_squared_error" : "mean_squared_error" }
  public init(root: Bool = false) { self.root = root }
  public func sumCount(outputs: Int) -> Int { 2 }
  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      for column in 0..<outputs.columns {
        let error = Double(outputs[row, column] - targets[row, column])
        sums[0] += weight * (error * error)
        sums[1] += weight
      }
    }
  }
  public func result(_ sums: [Double], outputs: Int) -> Double {
    let mean = sums[0] / sums[1]
    return root ? mean.squareRoot() : mean
  }
}

/// Coefficient of determination, 1 - sum (t - y)^2 / sum (t - mean t)^2, mean over the outputs (Keras' `uniform_average`).
///
/// As in Keras, an output whose targets are all alike counts as 0 if missed, and makes the figure NaN if hit.
public struct R2Score: Metric {
  public let name = "r2_score"
  public init() {}
  /// Rows; then per output: squares of residuals, targets, squares of targets.
  public func sumCount(outputs: Int) -> Int { 1 + 3 * outputs }
  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      sums[0] += weight
      for column in 0..<outputs.columns {
        let target = Double(targets[row, column])
        let residual = target - Double(outputs[row, column])
        sums[1 + 3 * column] += weight * (residual * residual)
        sums[2 + 3 * column] += weight * target
        sums[3 + 3 * column] += weight * (target * target)
      }
    }
  }
  public func result(_ sums: [Double], outputs: Int) -> Double {
    var total = 0.0
    for column in 0..<outputs {
      let spread = sums[3 + 3 * column] - sums[2 + 3 * column] * sums[2 + 3 * column] / sums[0]
      let score = 1 - sums[1 + 3 * column] / spread
      total += score == -.infinity ? 0 : score
    }
    return total / Double(outputs)
  }
}
