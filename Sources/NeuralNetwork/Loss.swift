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
  /// As many columns as outputs, each 0 or 1, or each -1 or 1.
  case signs
  /// As many columns as outputs, none below 0.
  case counts
  /// One column of values, whatever the number of outputs.
  case oneValue

  /// Whether one column is enough for any number of outputs.
  public var takesOneColumn: Bool { self == .classes || self == .oneValue }
  /// Whether targets are quantities, with a mean and a deviation.
  public var areQuantities: Bool { self == .values || self == .counts || self == .oneValue }
}

/// A loss whose outputs say which class a row is: by `classActivation`, or as its logits.
public protocol ClassLoss: Loss {
  /// Sigmoid or softmax.
  static var classActivation: ActivationFunction { get }
  /// Whether outputs are logits.
  var fromLogits: Bool { get }
}

extension ClassLoss {
  public var fusedActivation: ActivationFunction? { fromLogits ? nil : Self.classActivation }
}

/// A loss whose arguments say how many outputs there are.
public protocol OutputCountingLoss: Loss {
  /// The number of outputs, and what says so; nil: any will do.
  var requiredOutputs: (count: Int, reason: String)? { get }
}

extension Loss {
  public var targets: TargetRequirement { .values }
  public var fusedActivation: ActivationFunction? { nil }
  public var fromLogitsTwin: any Loss { self }
}

/// Losses in which each output counts by itself: mean over a row's outputs of `value(output, target)`.
protocol OutputwiseLoss: Loss {
  /// The loss at one output, and its derivative by that output.
  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float)

  /// Where the best constant for these targets of one output is looked for.
  func constants(for column: [Float]) -> ClosedRange<Float>?
}

/// Elementwise regression losses: mean over a row's outputs of `value(output - target)`.
protocol ElementwiseLoss: OutputwiseLoss {
  /// The loss and its derivative at one error (output - target).
  func valueAndDerivative(_ error: Float) -> (Float, Float)
}

extension ElementwiseLoss {
  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float) { valueAndDerivative(output - target) }
}

extension OutputwiseLoss {
  /// From the smallest target to the largest; nil: there are none.
  func constants(for column: [Float]) -> ClosedRange<Float>? {
    guard let low = column.min(), let high = column.max(), low <= high else { return nil }
    return low...high
  }

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == targets.columns)
    let scale = 1 / Float(outputs.columns)
    var sum = 0.0
    for index in 0..<outputs.count {
      let (value, derivative) = valueAndDerivative(outputs.base[index], targets.base[index])
      sum += Double(value)
      if let gradient { gradient.base[index] = derivative * scale }
    }
    return sum / Double(outputs.columns)
  }

  /// By bisection of the derivative, which changes its sign once.
  public func constantLoss(targets: Matrix) -> Double {
    meanOverColumns(targets) { column in
      guard let range = constants(for: column) else { return .nan }
      var (low, high) = (range.lowerBound, range.upperBound)
      for _ in 0..<48 where low < high {
        let middle = low + (high - low) / 2
        let slope = column.reduce(0.0) { $0 + Double(valueAndDerivative(middle, $1).1) }
        if slope > 0 { high = middle } else { low = middle }
      }
      return column.reduce(0.0) { $0 + Double(valueAndDerivative(high, $1).0) } / Double(column.count)
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
