public import Kernels

/// sum_k alpha_k t_k (1 - p_k)^gamma (-log p_k), for targets that are one probability a class: rows that are right already
/// count little.
///
/// From probabilities, each row is divided by its sum and cut to [1e-7, 1 - 1e-7] first, as in Keras. From logits
/// p = softmax(z), and nothing is cut: Keras takes the softmax and cuts it, by which rows that are very wrong lose their gradient.
///
/// Lin, Goyal, Girshick, He, Dollár: Focal loss for dense object detection, 2017.
public struct CategoricalFocalCrossentropy: ClassLoss, OutputCountingLoss {
  public static let name = "categorical_focal_crossentropy"
  public static let classActivation = ActivationFunction.softmax

  /// One for all classes, or one each.
  public let alpha: [Float]
  public let gamma: Float
  public let fromLogits: Bool
  public let labelSmoothing: Float

  public init(alpha: [Float] = [0.25], gamma: Float = 2, fromLogits: Bool = false, labelSmoothing: Float = 0) {
    self.alpha = alpha
    self.gamma = gamma
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  public var targets: TargetRequirement { .probabilities }
  public var fromLogitsTwin: any Loss {
    CategoricalFocalCrossentropy(alpha: alpha, gamma: gamma, fromLogits: true, labelSmoothing: labelSmoothing)
  }
  public var requiredOutputs: (count: Int, reason: String)? {
    alpha.count == 1 ? nil : (alpha.count, "`alpha` lists \(alpha.count) weights, one a class")
  }

  private var term: FocalTerm { FocalTerm(alpha: alpha, gamma: Double(gamma)) }

  /// That of the best distribution for the classes' shares.
  public func constantLoss(targets: Matrix) -> Double {
    term.best(ClassShares.smoothed(ClassShares.means(of: targets), by: labelSmoothing))
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && targets.columns == outputs.columns)
    let smoothing = Double(labelSmoothing)
    return term.sum(outputs, fromLogits: fromLogits, gradient: gradient) { row, column in
      (1 - smoothing) * Double(targets[row, column]) + smoothing / Double(outputs.columns)
    }
  }
}
