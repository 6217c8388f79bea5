internal import Kernels

/// Keras' L1L2 penalty: `l1 * sum|w| + l2 * sum(w^2)`, part of the objective.
public struct Regularizer: Sendable, Hashable {
  public let l1: Float
  public let l2: Float

  public init(l1: Float = 0, l2: Float = 0) {
    self.l1 = l1
    self.l2 = l2
  }

  /// The penalty of `values`.
  func penalty(of values: Vector) -> Double {
    var magnitudes = 0.0
    var squares = 0.0
    for index in 0..<values.count {
      let value = Double(values.base[index])
      magnitudes += abs(value)
      squares += value * value
    }
    return Double(l1) * magnitudes + Double(l2) * squares
  }

  /// gradient += l1 * sign(values) + 2 * l2 * values.
  func addGradient(of values: Vector, to gradient: MutableVector) {
    precondition(values.count == gradient.count)
    for index in 0..<values.count {
      let value = values.base[index]
      let sign: Float = value > 0 ? 1 : value < 0 ? -1 : value  // 0 stays 0, NaN stays NaN
      gradient.base[index] += l1 * sign + 2 * l2 * value
    }
  }
}
