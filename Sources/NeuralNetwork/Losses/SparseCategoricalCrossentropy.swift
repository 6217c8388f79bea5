internal import Glibc
public import Kernels

/// -log p_k for targets that are class numbers k.
///
/// From logits: log(sum_j exp(z_j)) - z_k, with gradient softmax(z) - onehot(k). From probabilities, they are cut to
/// [1e-7, 1 - 1e-7] first and the row is then divided by its sum, as in Keras.
///
/// `labelSmoothing` s takes (1 - s) onehot(k) + s / outputs in the place of onehot(k), as `CategoricalCrossentropy` does; Keras
/// has it there alone.
public struct SparseCategoricalCrossentropy: ClassLoss {
  public static let name = "sparse_categorical_crossentropy"
  public static let classActivation = ActivationFunction.softmax

  public let fromLogits: Bool
  public let labelSmoothing: Float

  public init(fromLogits: Bool = false, labelSmoothing: Float = 0) {
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  public var targets: TargetRequirement { .classes }
  public var fromLogitsTwin: any Loss {
    SparseCategoricalCrossentropy(fromLogits: true, labelSmoothing: labelSmoothing)
  }

  /// The entropy of the classes' shares; smoothed over as many classes as the largest number says.
  public func constantLoss(targets: Matrix) -> Double {
    ClassShares.entropy(ClassShares.smoothed(ClassShares.counted(targets), by: labelSmoothing))
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && targets.columns == 1)
    if fromLogits {
      return CrossEntropy.softmax(
        logits: outputs, classes: targets.vector, smoothing: labelSmoothing, gradient: gradient)
    }
    let epsilon: Float = 1e-7
    let kept = 1 - labelSmoothing
    let spread = labelSmoothing / Float(outputs.columns)
    func cut(_ value: Float) -> Float { value < epsilon ? epsilon : value > 1 - epsilon ? 1 - epsilon : value }
    var sum = 0.0
    for row in 0..<outputs.rows {
      let number = Int(targets[row, 0])
      var total: Float = 0
      for column in 0..<outputs.columns { total += cut(outputs[row, column]) }
      sum -= Double(kept * logf(cut(outputs[row, number]) / total))
      if spread > 0 {
        for column in 0..<outputs.columns { sum -= Double(spread * logf(cut(outputs[row, column]) / total)) }
      }
      guard let gradient else { continue }
      for column in 0..<outputs.columns {
        let output = outputs[row, column]
        let inside: Float = output < epsilon || output > 1 - epsilon ? 0 : 1
        let target = column == number ? kept + spread : spread
        gradient[row, column] = inside * (1 / total - target / cut(output))
      }
    }
    return sum
  }
}
