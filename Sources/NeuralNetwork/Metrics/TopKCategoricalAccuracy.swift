public import Kernels

/// Share of rows whose class is among the k largest outputs, an output a class: Keras' `TopKCategoricalAccuracy`, and its
/// sparse twin where targets are class numbers.
///
/// As in Keras a class is among them if fewer than k outputs are larger, so all of those that tie for the last place are, and
/// none is in a row with an output that is not finite. With k classes or fewer every answer is right.
public struct TopKCategoricalAccuracy: Metric {
  public let name = "top_k_categorical_accuracy"
  public let k: Int

  /// - Precondition: `k >= 1`.
  public init(k: Int = 5) {
    precondition(k >= 1, "the largest \(k) outputs")
    self.k = k
  }

  public var targets: TargetRequirement { .probabilities }

  public func problem(outputs: Int, under loss: any Loss) -> String? {
    if outputs == 1 { return "\(name) needs an output for each class, the last layer has 1: leave it out" }
    return labelsProblem(outputs: outputs, under: loss)
  }

  /// Right answers, answers.
  public func sumCount(outputs: Int) -> Int { 2 }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      let truth = trueClass(targets.row(row))
      sums[0] += isAmongLargest(truth, of: outputs.row(row)) ? weight : 0
      sums[1] += weight
    }
  }

  private func isAmongLargest(_ truth: Int, of outputs: Vector) -> Bool {
    var larger = 0
    for index in 0..<outputs.count {
      guard outputs[index].isFinite else { return false }
      if outputs[index] > outputs[truth] { larger += 1 }
    }
    return larger < k
  }

  public func result(_ sums: [Double], outputs: Int) -> Double { sums[1] > 0 ? sums[0] / sums[1] : .nan }
}
