/// What sums over samples are divided by to be means: the objective's, its gradient's, the penalties'.
///
/// The number of the samples; where they have weights, the sum of the weights, so that weight 0 equals a sample left out, unless
/// `LossDivisor` says otherwise; where single positions count, their number. `SampleSource.divisor(of:)` is the one place
/// that says which.
public struct Divisor: Sendable, Equatable {
  public let amount: Double
  /// 1 / amount: the factor that makes a gradient of a sum the gradient of the mean.
  public let scale: Float

  /// - Precondition: 0 <= amount; finite.
  public init(_ amount: Double) {
    precondition(amount >= 0 && amount.isFinite, "a divisor of \(amount)")
    self.amount = amount
    scale = 1 / Float(amount)
  }

  /// Not a number where nothing counts.
  public func mean(_ sum: Double) -> Double { sum / amount }

  /// Whether nothing counts: there is no mean, and no update is to be made.
  public var isZero: Bool { amount == 0 }
}

/// What the objective of samples that have weights is divided by.
public enum LossDivisor: String, Sendable, Hashable, CaseIterable {
  /// The sum of the weights.
  case weights
  /// The number of the samples, as Keras' `sum_over_batch_size` does.
  case rows
}
