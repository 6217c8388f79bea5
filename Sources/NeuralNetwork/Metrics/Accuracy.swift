public import Kernels

/// Share of right answers; which comparison that is follows from outputs and targets as in Keras.
public struct Accuracy: Metric {
  public enum Comparison: String, Sendable, CaseIterable {
    /// Sparse, categorical or binary, whichever suits.
    case automatic = "accuracy"
    /// Outputs above 0.5 against 0/1 targets, every output counted.
    case binary = "binary_accuracy"
    /// The largest output against the largest target.
    case categorical = "categorical_accuracy"
    /// The largest output against the class number.
    case sparseCategorical = "sparse_categorical_accuracy"
  }

  public let comparison: Comparison

  public init(_ comparison: Comparison = .automatic) { self.comparison = comparison }

  public var name: String { comparison.rawValue }
  public var targets: TargetRequirement {
    switch comparison {
    case .automatic, .binary, .categorical: .probabilities
    case .sparseCategorical: .classes
    }
  }

  /// Right answers, answers.
  public func sumCount(outputs: Int) -> Int { 2 }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    var effective = comparison
    if effective == .automatic {
      effective = outputs.columns == 1 ? .binary : targets.columns == 1 ? .sparseCategorical : .categorical
    }
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      switch effective {
      case .binary:
        for column in 0..<outputs.columns {
          let answer: Float = outputs[row, column] > 0.5 ? 1 : 0
          sums[0] += answer == targets[row, column] ? weight : 0
          sums[1] += weight
        }
      case .categorical, .automatic:
        sums[0] += largest(outputs.row(row)) == largest(targets.row(row)) ? weight : 0
        sums[1] += weight
      case .sparseCategorical:
        sums[0] += Float(largest(outputs.row(row))) == targets[row, 0] ? weight : 0
        sums[1] += weight
      }
    }
  }

  public func result(_ sums: [Double], outputs: Int) -> Double { sums[1] > 0 ? sums[0] / sums[1] : .nan }
}

/// Index of the largest element, the first of equals.
func largest(_ row: Vector) -> Int {
  var best = 0
  for index in 1..<max(row.count, 1) where row[index] > row[best] { best = index }
  return best
}
