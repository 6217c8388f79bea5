internal import Glibc
public import Kernels

/// -log p_k for targets that are class numbers k.
///
/// From logits: log(sum_j exp(z_j)) - z_k, with gradient softmax(z) - onehot(k). From probabilities, they are cut to
/// [1e-7, 1 - 1e-7] first and the row is then divided by its sum, as in Keras.
public struct SparseCategoricalCrossentropy: Loss {
  public static let name = "sparse_categorical_crossentropy"

  public let fromLogits: Bool

  public init(fromLogits: Bool = false) { self.fromLogits = fromLogits }

  public var targets: TargetRequirement { .classes }
  public var fusedActivation: ActivationFunction? { fromLogits ? nil : .softmax }
  public var fromLogitsTwin: any Loss { SparseCategoricalCrossentropy(fromLogits: true) }

  /// The entropy of the classes' shares.
  public func constantLoss(targets: Matrix) -> Double {
    var counts: [Float: Int] = [:]
    for row in 0..<targets.rows { counts[targets[row, 0], default: 0] += 1 }
    return ClassShares.entropy(counts.sorted { $0.key < $1.key }.map { Double($0.value) / Double(targets.rows) })
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && targets.columns == 1)
    if fromLogits { return CrossEntropy.softmax(logits: outputs, classes: targets.vector, gradient: gradient) }
    let epsilon: Float = 1e-7
    func cut(_ value: Float) -> Float { value < epsilon ? epsilon : value > 1 - epsilon ? 1 - epsilon : value }
    var sum = 0.0
    for row in 0..<outputs.rows {
      let number = Int(targets[row, 0])
      var total: Float = 0
      for column in 0..<outputs.columns { total += cut(outputs[row, column]) }
      let p = cut(outputs[row, number])
      sum -= Double(logf(p / total))
      guard let gradient else { continue }
      for column in 0..<outputs.columns {
        let output = outputs[row, column]
        let inside: Float = output < epsilon || output > 1 - epsilon ? 0 : 1
        gradient[row, column] = inside * (1 / total - (column == number ? 1 / p : 0))
      }
    }
    return sum
  }
}
