public import Kernels

/// The pinball loss, max(q (t - y), (q - 1) (t - y)), mean over the levels q: output k is the quantile of level q_k of the
/// one target.
///
/// The derivative at y = t is 0. Koenker, Bassett: Regression quantiles, 1978.
public struct Quantile: Loss, OutputCountingLoss {
  public static let name = "quantile"

  /// Each inside 0...1, one an output.
  public let levels: [Float]

  public init(levels: [Float] = [0.1, 0.5, 0.9]) { self.levels = levels }

  public var targets: TargetRequirement { .oneValue }
  public var requiredOutputs: (count: Int, reason: String)? {
    (levels.count, "`levels` lists \(levels.count) quantile\(levels.count == 1 ? "" : "s"), one an output")
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == levels.count && targets.columns == 1)
    let scale = 1 / Float(levels.count)
    var sum = 0.0
    for row in 0..<outputs.rows {
      let target = targets[row, 0]
      for (column, level) in levels.enumerated() {
        let error = outputs[row, column] - target
        let slope = error > 0 ? 1 - level : error < 0 ? -level : error
        sum += Double(slope * error)
        if let gradient { gradient[row, column] = scale * slope }
      }
    }
    return sum / Double(levels.count)
  }

  /// That of the targets' own quantiles.
  public func constantLoss(targets: Matrix) -> Double {
    guard targets.rows > 0 else { return .nan }
    let sorted = (0..<targets.rows).map { targets[$0, 0] }.sorted()
    let total = levels.reduce(0.0) { total, level in
      let place = Int((Double(level) * Double(sorted.count)).rounded(.up)) - 1
      let constant = Double(sorted[min(max(place, 0), sorted.count - 1)])
      return sorted.reduce(total) { sum, target in
        let error = constant - Double(target)
        return sum + (error > 0 ? 1 - Double(level) : -Double(level)) * error
      }
    }
    return total / Double(levels.count * sorted.count)
  }
}
