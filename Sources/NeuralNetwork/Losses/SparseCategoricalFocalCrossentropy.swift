public import Kernels

/// `CategoricalFocalCrossentropy` for targets that are class numbers. (Keras has it for one probability a class alone.)
public struct SparseCategoricalFocalCrossentropy: ClassLoss, OutputCountingLoss {
  public static let name = "sparse_categorical_focal_crossentropy"
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

  public var targets: TargetRequirement { .classes }
  public var fromLogitsTwin: any Loss {
    SparseCategoricalFocalCrossentropy(alpha: alpha, gamma: gamma, fromLogits: true, labelSmoothing: labelSmoothing)
  }
  public var requiredOutputs: (count: Int, reason: String)? {
    alpha.count == 1 ? nil : (alpha.count, "`alpha` lists \(alpha.count) weights, one a class")
  }

  private var term: FocalTerm { FocalTerm(alpha: alpha, gamma: Double(gamma)) }

  /// That of the best distribution for the classes' shares; smoothed over as many classes as the largest number says.
  public func constantLoss(targets: Matrix) -> Double {
    term.best(ClassShares.smoothed(ClassShares.counted(targets), by: labelSmoothing))
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && targets.columns == 1)
    let smoothing = Double(labelSmoothing)
    return term.sum(outputs, fromLogits: fromLogits, gradient: gradient) { row, column in
      (column == Int(targets[row, 0]) ? 1 - smoothing : 0) + smoothing / Double(outputs.columns)
    }
  }
}
