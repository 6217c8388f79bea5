public import Kernels

/// Correlation of answers and classes, -1...1: scikit-learn's `matthews_corrcoef`, of two classes and of more.
///
/// One output answers class 1 above 0.5, several the class of the largest. 0 where all answers, or all rows, are of one
/// class. Gorodkin: Comparing two K-category assignments by a K-category correlation coefficient, 2004.
public struct MatthewsCorrelation: Metric {
  public let name = "matthews_correlation"

  public init() {}

  public var targets: TargetRequirement { .probabilities }

  public func adapted(to loss: any Loss) -> any Metric { ofProbabilities(under: loss) }

  public func problem(outputs: Int, under loss: any Loss) -> String? { labelsProblem(outputs: outputs, under: loss) }

  /// Right answers; rows of each class; answers of each class.
  public func sumCount(outputs: Int) -> Int { 1 + 2 * max(outputs, 2) }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    let classes = max(outputs.columns, 2)
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      let (answer, truth) =
        outputs.columns == 1
        ? (outputs[row, 0] > 0.5 ? 1 : 0, targets[row, 0] > 0.5 ? 1 : 0)
        : (largest(outputs.row(row)), trueClass(targets.row(row)))
      if answer == truth { sums[0] += weight }
      sums[1 + truth] += weight
      sums[1 + classes + answer] += weight
    }
  }

  public func result(_ sums: [Double], outputs: Int) -> Double {
    let classes = max(outputs, 2)
    let truths = sums[1..<1 + classes]
    let answers = sums[(1 + classes)...]
    // The same number; each is exact against its own parts.
    let (rows, answered) = (truths.reduce(0, +), answers.reduce(0, +))
    guard rows > 0 else { return .nan }
    let covariance = sums[0] * rows - zip(truths, answers).reduce(0) { $0 + $1.0 * $1.1 }
    let ofTruths = rows * rows - truths.reduce(0) { $0 + $1 * $1 }
    let ofAnswers = answered * answered - answers.reduce(0) { $0 + $1 * $1 }
    let product = ofTruths * ofAnswers
    return product > 0 ? covariance / product.squareRoot() : 0
  }
}
