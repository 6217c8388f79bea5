/// How long the short runs of a drill are, and at which of their steps faults are put in.
struct DrillPlan: Hashable {
  /// Updates of each run.
  let steps: Int
  /// Updates between checkpoints.
  let interval: Int

  static let fewest = 40
  static let usual = 120
  /// Updates of the trial that decides on `steps` where the user does not, and seconds that a run should take then.
  static let (trial, seconds) = (20, 3.0)

  init(steps: Int) {
    self.steps = steps
    interval = max(2, steps / 8)
  }

  /// - Parameter secondsPerStep: the start of a process divided among the steps of the trial included.
  init(secondsPerStep: Double) {
    let affordable = min(DrillPlan.seconds / max(secondsPerStep, 1e-9), Double(DrillPlan.usual))
    // In eighths, which is what checkpoints lie apart.
    self.init(steps: max(DrillPlan.fewest, Int(affordable) / 8 * 8))
  }

  /// A step right after a checkpoint: the state before it is known to the bit.
  var stepAfterCheckpoint: Int { 4 * interval + 1 }
  /// A step between two checkpoints: going back takes it to another state.
  var stepBetween: Int { 4 * interval + 1 + interval / 2 }
  /// With a checkpoint of this step there are some to damage.
  var half: Int { 5 * interval }

  /// Epochs that have so many steps.
  func epochs(stepsPerEpoch: Int) -> Int { (steps + stepsPerEpoch - 1) / max(stepsPerEpoch, 1) }
}
