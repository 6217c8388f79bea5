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

  /// Sum of the rows' losses; dL/d outputs is overwritten unless nil. Where samples have an output for each of several
  /// positions, each position is a row here.
  ///
  /// - Parameters:
  ///   - outputs: read, `[rows, outputs]`.
  ///   - targets: read, `[rows, outputs]`, or `[rows, 1]` class numbers.
  ///   - gradient: overwritten, `[rows, outputs]`; may not be `outputs`' memory.
  func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double

  /// The mean loss of the best outputs that are the same for every row.
  ///
  /// - Parameter targets: read, `[rows, outputs]`, or `[rows, 1]` class numbers, packed.
  func constantLoss(targets: Matrix) -> Double
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

  /// By bisection of the derivative: the losses are convex.
  public func constantLoss(targets: Matrix) -> Double {
    meanOverColumns(targets) { column in
      guard var low = column.min(), var high = column.max() else { return .nan }
      for _ in 0..<48 where low < high {
        let middle = low + (high - low) / 2
        let slope = column.reduce(0.0) { $0 + Double(valueAndDerivative(middle - $1).1) }
        if slope > 0 { high = middle } else { low = middle }
      }
      return column.reduce(0.0) { $0 + Double(valueAndDerivative(high - $1).0) } / Double(column.count)
    }
  }
}

extension Loss {
  /// The mean of a figure of each column.
  func meanOverColumns(_ targets: Matrix, _ figure: (_ column: [Float]) -> Double) -> Double {
    let sum = (0..<targets.columns).reduce(0.0) { sum, column in
      sum + figure((0..<targets.rows).map { targets[$0, column] })
    }
    return sum / Double(targets.columns)
  }
}
