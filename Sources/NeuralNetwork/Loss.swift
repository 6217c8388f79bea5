public import Kernels

/// What training minimizes.
///
/// A loss returns the **sum** over the rows, and its gradient is that of the sum: the engine divides once by the rows of
/// the whole batch, so uneven shards weigh right.
public protocol Loss: Sendable {
  /// Keras' name, also the recipe's.
  static var name: String { get }

  /// What the targets must be, for `outputs` outputs; nil if anything will do.
  var targets: TargetRequirement { get }

  /// The last activation under which this loss is computed from logits, fused: sigmoid or softmax.
  var fusedActivation: ActivationFunction? { get }

  /// The same loss on logits.
  var fromLogitsTwin: any Loss { get }

  /// Sum of the rows' losses; dL/d outputs is overwritten unless nil.
  ///
  /// - Parameters:
  ///   - outputs: read, `[rows, outputs]`.
  ///   - targets: read, `[rows, outputs]`, or `[rows, 1]` class numbers.
  ///   - gradient: overwritten, `[rows, outputs]`; may not be `outputs`' memory.
  func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double
}

/// What a loss or metric needs of the targets.
public enum TargetRequirement: Sendable, Hashable {
  /// As many columns as the network has outputs.
  case values
  /// As many columns as outputs, each 0...1.
  case probabilities
  /// One column of class numbers below the number of outputs.
  case classes
}

extension Loss {
  public var targets: TargetRequirement { .values }
  public var fusedActivation: ActivationFunction? { nil }
  public var fromLogitsTwin: any Loss { self }
}

/// Elementwise regression losses: mean over a row's outputs of `value(output - target)`.
protocol ElementwiseLoss: Loss {
  /// The loss and its derivative at one error (output - target).
  func valueAndDerivative(_ error: Float) -> (Float, Float)
}

extension ElementwiseLoss {
  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == targets.columns)
    let scale = 1 / Float(outputs.columns)
    var sum = 0.0
    for index in 0..<outputs.count {
      let (value, derivative) = valueAndDerivative(outputs.base[index] - targets.base[index])
      sum += Double(value)
      if let gradient { gradient.base[index] = derivative * scale }
    }
    return sum / Double(outputs.columns)
  }
}
