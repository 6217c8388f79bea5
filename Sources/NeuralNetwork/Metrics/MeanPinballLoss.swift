public import Kernels

/// Mean of max(q (t - y), (q - 1) (t - y)) over rows and outputs: scikit-learn's `mean_pinball_loss` of level q, its mean over
/// the levels where each output is the quantile of a level of its own.
public struct MeanPinballLoss: Metric {
  public let name = "mean_pinball_loss"

  /// The level of all outputs; nil: those of the loss `quantile`, 0.5 under any other.
  public let alpha: Float?
  /// Of each output, where each has its own.
  private let levels: [Float]

  /// - Parameter alpha: within 0...1.
  public init(alpha: Float? = nil) {
    self.alpha = alpha
    levels = []
  }

  /// - Parameter levels: one an output, all of the one target.
  public init(levels: [Float]) {
    alpha = nil
    self.levels = levels
  }

  public var targets: TargetRequirement { levels.isEmpty ? .values : .oneValue }

  public func adapted(to loss: any Loss) -> any Metric {
    guard alpha == nil, levels.isEmpty, let loss = loss as? Quantile else { return self }
    return MeanPinballLoss(levels: loss.levels)
  }

  public func problem(outputs: Int, under loss: any Loss) -> String? {
    if let loss = loss as? Quantile, levels.isEmpty, outputs > 1 {
      return "\(name): the \(loss.levels.count) outputs are the quantiles that the loss lists: leave `alpha` out"
    }
    guard !levels.isEmpty, levels.count != outputs else { return nil }
    return "\(name): there are \(levels.count) levels and \(outputs) outputs: make them as many"
  }

  /// Losses, rows.
  public func sumCount(outputs: Int) -> Int { 2 }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      for column in 0..<outputs.columns {
        let level = Double(levels.isEmpty ? alpha ?? 0.5 : levels[column])
        let error = Double(targets[row, levels.isEmpty ? column : 0]) - Double(outputs[row, column])
        sums[0] += weight * (error > 0 ? level * error : (level - 1) * error)
        sums[1] += weight
      }
    }
  }

  public func result(_ sums: [Double], outputs: Int) -> Double { sums[1] > 0 ? sums[0] / sums[1] : .nan }
}
