public import Kernels
internal import Glibc

/// -t log p - (1 - t) log(1 - p), mean over the outputs.
///
/// From logits z: max(z, 0) - z t + log1p(exp(-|z|)), with gradient sigmoid(z) - t. From probabilities, they are cut to
/// [1e-7, 1 - 1e-7] first, as in Keras. `labelSmoothing` s takes (1 - s) t + s / 2 in the place of t.
public struct BinaryCrossentropy: ClassLoss {
  public static let name = "binary_crossentropy"
  public static let classActivation = ActivationFunction.sigmoid

  public let fromLogits: Bool
  public let labelSmoothing: Float

  public init(fromLogits: Bool = false, labelSmoothing: Float = 0) {
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  public var targets: TargetRequirement { .probabilities }
  public var fromLogitsTwin: any Loss { BinaryCrossentropy(fromLogits: true, labelSmoothing: labelSmoothing) }

  /// The entropy of each output's share, mean over the outputs.
  public func constantLoss(targets: Matrix) -> Double {
    meanOverColumns(targets) { column in
      let share = column.reduce(0.0) { $0 + Double($1) } / Double(column.count)
      let smoothed = (1 - Double(labelSmoothing)) * share + Double(labelSmoothing) / 2
      return ClassShares.entropy([smoothed, 1 - smoothed])
    }
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == targets.columns)
    let scale = 1 / Float(outputs.columns)
    if fromLogits {
      return CrossEntropy.sigmoid(
        logits: outputs, targets: targets, smoothing: labelSmoothing, scale: scale, gradient: gradient)
        / Double(outputs.columns)
    }
    let epsilon: Float = 1e-7
    var sum = 0.0
    for index in 0..<outputs.count {
      let output = outputs.base[index]
      let target = (1 - labelSmoothing) * targets.base[index] + labelSmoothing / 2
      let p = output < epsilon ? epsilon : output > 1 - epsilon ? 1 - epsilon : output
      sum -= Double(target * logf(p) + (1 - target) * logf(1 - p))
      if let gradient {
        let inside: Float = output < epsilon || output > 1 - epsilon ? 0 : 1
        gradient.base[index] = inside * scale * ((1 - target) / (1 - p) - target / p)
      }
    }
    return sum / Double(outputs.columns)
  }
}
