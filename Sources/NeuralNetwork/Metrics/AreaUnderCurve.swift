public import Kernels

/// Area under the ROC curve from 200 thresholds, trapezoidal between them: Keras' `AUC` with its defaults.
///
/// Thresholds: -1e-7, then i / 199 for i in 1..<199, then 1 + 1e-7; an answer is positive above its threshold.
public struct AreaUnderCurve: Metric {
  public let name = "auc"

  private static let thresholds = 200

  public init() {}

  public var targets: TargetRequirement { .probabilities }

  /// A histogram of the outputs by the highest threshold below them, of negatives and of positives.
  public func sumCount(outputs: Int) -> Int { 2 * AreaUnderCurve.thresholds + 1 }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    let last = AreaUnderCurve.thresholds - 1
    for index in 0..<outputs.count {
      let output = outputs.base[index]
      let weight = weights.weight(index / outputs.columns)
      if weight == 0 { continue }
      guard !output.isNaN else {
        sums[2 * AreaUnderCurve.thresholds] += 1
        continue
      }
      // The thresholds below `output` are 0...bin.
      var bin = Int(max(0, min(1, output)) * Float(last))
      bin = min(bin, last - 1)
      while bin > 0 && !(output > Float(Double(bin) / Double(last))) { bin -= 1 }
      while bin + 1 < last && output > Float(Double(bin + 1) / Double(last)) { bin += 1 }
      sums[targets.base[index] > 0.5 ? AreaUnderCurve.thresholds + bin : bin] += weight
    }
  }

  public func result(_ sums: [Double], outputs: Int) -> Double {
    let count = AreaUnderCurve.thresholds
    if sums[2 * count] > 0 { return .nan }
    let negatives = sums[0..<count].reduce(0, +)
    let positives = sums[count..<2 * count].reduce(0, +)
    guard negatives > 0, positives > 0 else { return 0 }
    // From the highest threshold (nothing positive) to the lowest (all positive).
    var (falsePositives, truePositives, area) = (0.0, 0.0, 0.0)
    for bin in (0..<count).reversed() {
      let before = truePositives
      falsePositives += sums[bin]
      truePositives += sums[count + bin]
      area += sums[bin] * (before + truePositives) / 2
    }
    return area / (negatives * positives)
  }
}
