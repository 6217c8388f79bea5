/// How two values of a column become one that stands for the steps of both.
public enum MergeRule: Sendable {
  case mean
  /// Root of the mean square.
  case rootMeanSquare
  case minimum
  case maximum
  case sum
  /// The later one.
  case last

  /// Of values that stand for equally many steps, as neighbours of one level of the history do.
  @inline(__always)
  func merge(_ first: Double, _ second: Double) -> Double {
    switch self {
    case .mean: return (first + second) / 2
    case .rootMeanSquare: return ((first * first + second * second) / 2).squareRoot()
    // NaN stays NaN.
    case .minimum: return first.isNaN || second.isNaN ? .nan : min(first, second)
    case .maximum: return first.isNaN || second.isNaN ? .nan : max(first, second)
    case .sum: return first + second
    case .last: return second
    }
  }

  /// Of values that stand for `firstSteps` and `secondSteps` steps: means are weighted by them.
  public func merge(_ first: Double, _ firstSteps: Double, _ second: Double, _ secondSteps: Double) -> Double {
    let total = firstSteps + secondSteps
    switch self {
    case .mean: return (first * firstSteps + second * secondSteps) / total
    case .rootMeanSquare: return ((first * first * firstSteps + second * second * secondSteps) / total).squareRoot()
    case .minimum, .maximum, .sum, .last: return merge(first, second)
    }
  }
}
