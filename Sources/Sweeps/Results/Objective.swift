/// What draws are compared by.
public struct Objective: Sendable, Hashable {
  /// `validation_loss`, `loss`, `validation_<metric>`.
  public let monitor: String
  public let lowerIsBetter: Bool

  public init(monitor: String, lowerIsBetter: Bool) {
    self.monitor = monitor
    self.lowerIsBetter = lowerIsBetter
  }

  /// The figure turned so that lower is better; NaN is worst of all.
  func badness(_ value: Double) -> Double { value.isNaN ? .infinity : lowerIsBetter ? value : -value }
}
