public import Kernels

/// Area under the curve of precision over recall in steps, sum over the ranks n of (R_n - R_n-1) P_n: scikit-learn's
/// `average_precision_score` of two classes.
///
/// Exact: the scores of all rows are held, 16 bytes a row, and ranked at the end; equal scores are one rank. One output is
/// the score of class 1; of two outputs the second is. 0 where no row is of class 1.
public struct AveragePrecision: Metric {
  public let name = "average_precision"

  public init() {}

  public var targets: TargetRequirement { .probabilities }

  public func adapted(to loss: any Loss) -> any Metric { ofProbabilities(under: loss) }

  public func problem(outputs: Int, under loss: any Loss) -> String? {
    if outputs > 2 {
      return "\(name) is of two classes, the last layer has \(outputs) outputs: leave it out"
    }
    return labelsProblem(outputs: outputs, under: loss)
  }

  /// A block holds its number of rows, then of each its score and its weight, which is negative in class 0; joined, blocks
  /// are these pairs alone.
  public func sumCount(outputs: Int) -> Int { 0 }
  public func sumCount(outputs: Int, rows: Int) -> Int { 1 + 2 * rows }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      let isPositive =
        targets.columns == 2 ? trueClass(targets.row(row)) == 1 : targets[row, 0] > 0.5
      let place = 1 + 2 * Int(sums[0])
      sums[place] = Double(outputs[row, outputs.columns - 1])
      sums[place + 1] = isPositive ? weight : -weight
      sums[0] += 1
    }
  }

  public func join(_ block: UnsafeBufferPointer<Double>, to total: inout [Double]) {
    total += block[1..<1 + 2 * Int(block[0])]
  }

  public func result(_ sums: [Double], outputs: Int) -> Double {
    guard !sums.isEmpty else { return .nan }
    var ranked = stride(from: 0, to: sums.count, by: 2).map { (score: sums[$0], weight: sums[$0 + 1]) }
    if ranked.contains(where: { $0.score.isNaN }) { return .nan }
    // Within a rank by weight, so that the order of the rows does not show.
    ranked.sort { $0.score == $1.score ? $0.weight > $1.weight : $0.score > $1.score }
    let positives = ranked.reduce(0) { $0 + max($1.weight, 0) }
    guard positives > 0 else { return 0 }
    var (found, taken, before, area) = (0.0, 0.0, 0.0, 0.0)
    for (place, row) in ranked.enumerated() {
      found += max(row.weight, 0)
      taken += abs(row.weight)
      if place + 1 < ranked.count, ranked[place + 1].score == row.score { continue }
      area += (found - before) * (found / taken)
      before = found
    }
    return area / positives
  }
}
