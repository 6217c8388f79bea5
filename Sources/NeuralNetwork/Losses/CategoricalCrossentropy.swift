public import Kernels
internal import Glibc

/// -sum_k t_k log p_k, for targets that are one probability a class.
///
/// From logits: p = softmax(z), with gradient p - t. From probabilities, each row is divided by its sum and cut
/// to [1e-7, 1 - 1e-7] first, as in Keras. `labelSmoothing` s takes (1 - s) t + s / outputs in the place of t.
public struct CategoricalCrossentropy: ClassLoss {
  public static let name = "categorical_crossentropy"
  public static let classActivation = ActivationFunction.softmax

  public let fromLogits: Bool
  public let labelSmoothing: Float

  public init(fromLogits: Bool = false, labelSmoothing: Float = 0) {
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  public var targets: TargetRequirement { .probabilities }
  public var fromLogitsTwin: any Loss { CategoricalCrossentropy(fromLogits: true, labelSmoothing: labelSmoothing) }

  /// The entropy of the classes' shares.
  public func constantLoss(targets: Matrix) -> Double {
    ClassShares.entropy(ClassShares.smoothed(ClassShares.means(of: targets), by: labelSmoothing))
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == targets.columns)
    if fromLogits {
      return CrossEntropy.softmax(logits: outputs, targets: targets, smoothing: labelSmoothing, gradient: gradient)
    }
    let epsilon: Float = 1e-7
    let spread = labelSmoothing / Float(outputs.columns)
    var sum = 0.0
    for row in 0..<outputs.rows {
      var total: Float = 0
      for column in 0..<outputs.columns { total += outputs[row, column] }
      var weighted: Float = 0  // sum_j dL/dshare_j share_j, for the division by the row's sum
      for column in 0..<outputs.columns {
        let share = outputs[row, column] / total
        let p = share < epsilon ? epsilon : share > 1 - epsilon ? 1 - epsilon : share
        let target = (1 - labelSmoothing) * targets[row, column] + spread
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
