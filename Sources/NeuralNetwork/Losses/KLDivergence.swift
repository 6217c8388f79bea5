public import Kernels
internal import Glibc

/// sum_k t_k log(t_k / y_k), the Kullback-Leibler divergence of the outputs from targets that are one probability a class.
///
/// Targets and outputs are cut to [1e-7, 1] first, as in Keras.
public struct KLDivergence: Loss {
  public static let name = "kl_divergence"

  public init() {}

  public var targets: TargetRequirement { .probabilities }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == targets.columns)
    let epsilon: Float = 1e-7
    var sum = 0.0
    for index in 0..<outputs.count {
      let output = outputs.base[index]
      let y = output < epsilon ? epsilon : output > 1 ? 1 : output
      let t = min(max(targets.base[index], epsilon), 1)
      sum += Double(t * logf(t / y))
      if let gradient { gradient.base[index] = output < epsilon || output > 1 ? 0 : -t / y }
    }
    return sum
  }

  /// The divergence of the targets' mean, the best distribution. (Outputs that need not sum to 1 could go below.)
  public func constantLoss(targets: Matrix) -> Double {
    guard targets.rows > 0 else { return .nan }
    func cut(_ value: Double) -> Double { min(max(value, 1e-7), 1) }
    let means = ClassShares.means(of: targets)
    let total = means.reduce(0, +)
    var sum = 0.0
    for row in 0..<targets.rows {
      for column in 0..<targets.columns {
        let t = cut(Double(targets[row, column]))
        sum += t * log(t / cut(means[column] / total))
      }
    }
    return sum / Double(targets.rows)
  }
}
