internal import Foundation
public import Kernels

/// Minus the mean log of the probability of what is true: scikit-learn's `log_loss`.
///
/// Probabilities are cut to eps...1 - eps, where eps = 2^-23 is single precision's, as scikit-learn does with
/// probabilities in that precision. One output is the probability of class 1; targets between 0 and 1 count for both
/// classes in proportion.
public struct LogLoss: Metric {
  public let name = "log_loss"

  public init() {}

  public var targets: TargetRequirement { .probabilities }

  public func adapted(to loss: any Loss) -> any Metric { ofProbabilities(under: loss) }

  public func problem(outputs: Int, under loss: any Loss) -> String? {
    if loss.targets == .signs {
      return "\(name) needs probabilities, and \(type(of: loss).name) makes outputs of any sign: leave it out"
    }
    return labelsProblem(outputs: outputs, under: loss)
  }

  /// Minus the logs, rows.
  public func sumCount(outputs: Int) -> Int { 2 }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    for row in 0..<outputs.rows {
      let weight = weights.weight(row)
      if weight == 0 { continue }
      sums[0] += weight * loss(outputs.row(row), targets.row(row))
      sums[1] += weight
    }
  }

  private func loss(_ outputs: Vector, _ targets: Vector) -> Double {
    if outputs.count == 1 {
      let target = Double(targets[0])
      // Whatever it is multiplied by, what is not a number shows.
      return -(target * LogLoss.logarithm(outputs[0]) + (1 - target) * LogLoss.logarithm(1 - outputs[0]))
    }
    if targets.count == 1 { return -LogLoss.logarithm(outputs[Int(targets[0])]) }
    var sum = 0.0
    for index in 0..<outputs.count where targets[index] != 0 {
      sum -= Double(targets[index]) * LogLoss.logarithm(outputs[index])
    }
    return sum
  }

  private static func logarithm(_ probability: Float) -> Double {
    if probability.isNaN { return .nan }
    return log(Double(min(max(probability, Float.ulpOfOne), 1 - Float.ulpOfOne)))
  }

  public func result(_ sums: [Double], outputs: Int) -> Double { sums[1] > 0 ? sums[0] / sums[1] : .nan }
}
