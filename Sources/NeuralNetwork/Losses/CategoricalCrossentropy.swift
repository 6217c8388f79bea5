public import Kernels
internal import Glibc

/// -sum_k t_k log p_k, for targets that are one probability a class.
///
/// From logits: p = softmax(z), with gradient p - t. From probabilities, each row is divided by its sum and cut
/// to [1e-7, 1 - 1e-7] first, as in Keras.
public struct CategoricalCrossentropy: Loss {
  public static let name = "categorical_crossentropy"

  public let fromLogits: Bool

  public init(fromLogits: Bool = false) { self.fromLogits = fromLogits }

  public var targets: TargetRequirement { .probabilities }
  public var fusedActivation: ActivationFunction? { fromLogits ? nil : .softmax }
  public var fromLogitsTwin: any Loss { CategoricalCrossentropy(fromLogits: true) }

  /// The entropy of the classes' shares.
  public func constantLoss(targets: Matrix) -> Double {
    ClassShares.entropy(
      (0..<targets.columns).map { column in
        (0..<targets.rows).reduce(0.0) { $0 + Double(targets[$1, column]) } / Double(targets.rows)
      })
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == targets.columns)
    if fromLogits { return CrossEntropy.softmax(logits: outputs, targets: targets, gradient: gradient) }
    let epsilon: Float = 1e-7
    var sum = 0.0
    for row in 0..<outputs.rows {
      var total: Float = 0
      for column in 0..<outputs.columns { total += outputs[row, column] }
      var weighted: Float = 0  // sum_j dL/dshare_j share_j, for the division by the row's sum
      for column in 0..<outputs.columns {
        let share = outputs[row, column] / total
        let p = share < epsilon ? epsilon : share > 1 - epsilon ? 1 - epsilon : share
        let target = targets[row, column]
        if target != 0 { sum -= Double(target * logf(p)) }
        let slope = share < epsilon || share > 1 - epsilon ? 0 : -target / p
        weighted += slope * share
        if let gradient { gradient[row, column] = slope }
      }
      guard let gradient else { continue }
      for column in 0..<outputs.columns { gradient[row, column] = (gradient[row, column] - weighted) / total }
    }
    return sum
  }
}
