/// How often something that costs room is to be done in a run of any length: at first always, then at intervals that grow
/// with the run's age. Of a week it keeps some more than of an hour, and not 168 times as much.
public struct Pace: Sendable {
  private let unhurried: Int
  private let shortest: Double
  private let perAge: Double
  private var began = ContinuousClock.now
  private var last = ContinuousClock.now
  private var count = 0

  /// - Parameters:
  ///   - unhurried: how many times at first, without a look at the clock.
  ///   - shortest: seconds between two times after that, at least.
  ///   - perAge: and at least the age of the process over this.
  public init(unhurried: Int, shortest: Double, perAge: Double) {
    self.unhurried = unhurried
    self.shortest = shortest
    self.perAge = perAge
  }

  /// Starts again at a start of the run.
  public mutating func start() { self = Pace(unhurried: unhurried, shortest: shortest, perAge: perAge) }

  /// Whether it is to be done now; if so, it counts as done.
  public mutating func isDue() -> Bool {
    if count >= unhurried {
      let now = ContinuousClock.now
      let interval = max(shortest, began.duration(to: now) / .seconds(1) / perAge)
      guard last.duration(to: now) / .seconds(1) >= interval else { return false }
    }
    count += 1
    last = .now
    return true
  }
}
