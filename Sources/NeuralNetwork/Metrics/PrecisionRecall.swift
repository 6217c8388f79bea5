public import Kernels

/// Precision, recall or F1 of answers above 0.5, all outputs counted together.
///
/// Precision TP / (TP + FP), recall TP / (TP + FN), F1 their harmonic mean 2TP / (2TP + FP + FN); 0 where the
/// denominator is 0, as in Keras. With class numbers and several outputs the answer is the largest output, one against
/// the rest, and the figure is the mean over the classes ("macro").
public struct PrecisionRecall: Metric {
  public enum Figure: String, Sendable, CaseIterable {
    case precision
    case recall
    case f1Score = "f1_score"
  }

  public let figure: Figure

  public init(_ figure: Figure) { self.figure = figure }

  public var name: String { figure.rawValue }
  public var targets: TargetRequirement { .probabilities }

  /// True positives, false positives, false negatives: once, and once a class.
  public func sumCount(outputs: Int) -> Int { 3 + 3 * outputs }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    let multiclass = outputs.columns > 1 && targets.columns == 1
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if multiclass {
        let answer = largest(outputs.row(row))
        let truth = Int(targets[row, 0])
        if answer == truth {
          sums[3 + 3 * truth] += weight
        } else {
          sums[3 + 3 * answer + 1] += weight
          sums[3 + 3 * truth + 2] += weight
        }
        continue
      }
      for column in 0..<outputs.columns {
        let positive = outputs[row, column] > 0.5
        let truth = targets[row, column] > 0.5
        if positive && truth { sums[0] += weight }
        if positive && !truth { sums[1] += weight }
        if !positive && truth { sums[2] += weight }
      }
    }
  }

  public func result(_ sums: [Double], outputs: Int) -> Double {
    var classes: [Double] = []
    for number in 0..<outputs {
      let start = 3 + 3 * number
      guard sums[start] + sums[start + 1] + sums[start + 2] > 0 else { continue }
      classes.append(value(sums[start], sums[start + 1], sums[start + 2]))
    }
    if !classes.isEmpty { return classes.reduce(0, +) / Double(classes.count) }
    return value(sums[0], sums[1], sums[2])
  }

  private func value(_ truePositives: Double, _ falsePositives: Double, _ falseNegatives: Double) -> Double {
    let (above, below) =
      switch figure {
      case .precision: (truePositives, truePositives + falsePositives)
      case .recall: (truePositives, truePositives + falseNegatives)
      case .f1Score: (2 * truePositives, 2 * truePositives + falsePositives + falseNegatives)
      }
    return below > 0 ? above / below : 0
  }
}
