internal import Checkpointing
internal import GradientHealth

/// A step that was not healthy, and what has been found out of it.
struct BadStep: Sendable, Hashable {
  /// What became of the update, of the last time that the step was run.
  var disposition: Disposition
  /// Whether it was run again after a loss or gradient that was not finite.
  var wasRunAgain = false
  /// Whether a number of the training data is not finite.
  var hasBadInput = false

  /// Whether it is a blow-up: not run again with success, and no mere spike.
  var isBlowup: Bool {
    switch disposition {
    case .withheldNonFinite, .appliedToPoisoned: true
    case .applied, .withheldSpike: false
    }
  }
}

/// What the recipe says of bad steps.
struct RecoverySettings: Sendable, Hashable {
  var health = HealthConfiguration()
  /// Whether a batch with a bad row is left out; else it ends the run as an error of the data.
  var skipsBadRows = false
}

/// What is done after a bad step: decisions alone, from values.
enum RecoveryPolicy {
  enum Action: Sendable, Hashable {
    /// The step is to be run again, and a culprit to be looked for; then ask again.
    case runAgain
    /// The fault has gone: the update has been applied after all.
    case accept
    /// The batch's update is left out; the epoch goes on.
    case leaveOut
    /// Training goes back to an earlier checkpoint, with this rung's remedies: see `restorePoint` and `remedies`.
    case goBack(HealthConfiguration.Rung)
    /// The training data are to blame.
    case refuseData
    case halt(Halt)
  }

  /// Why nothing is left to try, or nothing is to be tried.
  enum Halt: Sendable, Hashable {
    case asTheRecipeSays
    case alreadyApplied
    case skipsAreSpent(Int)
    case rollbacksAreSpent(Int)
    case noCheckpoint
    case nothingDifferent(step: Int)
  }

  static func decide(_ step: BadStep, _ remedies: RemedyState, _ settings: RecoverySettings) -> Action {
    let health = settings.health
    switch step.disposition {
    case .applied: return .accept
    case .withheldSpike: return health.onSpike == .rollback ? goBack(remedies, health) : leaveOut(remedies, health)
    case .withheldNonFinite where !step.wasRunAgain: return .runAgain
    case .withheldNonFinite, .appliedToPoisoned: break
    }
    if step.hasBadInput { return settings.skipsBadRows ? .leaveOut : .refuseData }
    switch health.onBlowup {
    case .halt: return .halt(.asTheRecipeSays)
    case .skip: return step.disposition == .appliedToPoisoned ? .halt(.alreadyApplied) : leaveOut(remedies, health)
    case .rollback: return goBack(remedies, health)
    }
  }

  /// Unless as many as the recipe allows have been left out just before.
  private static func leaveOut(_ remedies: RemedyState, _ health: HealthConfiguration) -> Action {
    remedies.skips < health.maxSkips ? .leaveOut : .halt(.skipsAreSpent(health.maxSkips))
  }

  /// With the next rung of the ladder; after the last, the last again.
  private static func goBack(_ remedies: RemedyState, _ health: HealthConfiguration) -> Action {
    guard remedies.rollbacks < health.maxRollbacks else { return .halt(.rollbacksAreSpent(health.maxRollbacks)) }
    return .goBack(health.ladder[min(remedies.rollbacks, health.ladder.count - 1)])
  }

  // MARK: Going back

  /// The checkpoint to go back to: the newest healthy one before the blow-up, or as many further back as the rung says.
  ///
  /// A blow-up within ten steps of the last restored checkpoint is a relapse: that one was sick already, and only older
  /// ones are looked at, unless there are none.
  /// - Parameters:
  ///   - steps: of the checkpoints that there are, ascending.
  ///   - open: a step's checkpoint and whether it is healthy; nil: it is damaged.
  static func restorePoint<Point>(
    among steps: [Int], blownStep: Int, remedies: RemedyState, rung: HealthConfiguration.Rung,
    open: (_ step: Int) -> (point: Point, isHealthy: Bool)?
  ) -> Point? {
    let last = remedies.restoredStep
    let isRelapse = last > 0 && blownStep - last <= 10
    var skip = rung.goBack
    var oldest: Point?
    for step in steps.reversed() where step < blownStep && !(isRelapse && step >= last) {
      guard let found = open(step), found.isHealthy else { continue }
      oldest = found.point
      if skip == 0 { break }
      skip -= 1
    }
    return oldest ?? (isRelapse ? open(last)?.point : nil)  // nothing older is left: the next remedy has to do
  }

  /// What is in effect after going back to step `restored` with this rung, on top of the remedies before.
  ///
  /// - Parameter automaticClip: limit for `clip: automatic`.
  /// - Returns: nil if that has been tried; `change` says in words what is different.
  static func remedies(
    _ rung: HealthConfiguration.Rung, after before: RemedyState, restored: Int, automaticClip: Double
  ) -> (remedies: RemedyState, change: String)? {
    var remedies = before
    var changes: [String] = []
    if let clip = rung.clip {
      var limit = automaticClip
      if case .norm(let given) = clip { limit = given }
      // On top of an earlier clip, a tighter one.
      if remedies.clip > 0 { limit = min(limit, remedies.clip / 10) }
      remedies.clip = limit
      changes.append("the gradient is clipped to global norm \(limit)")
    }
    if rung.learningRate != 1 {
      remedies.learningRateFactor *= rung.learningRate
      changes.append("the learning rate is \(Float(remedies.learningRateFactor)) times the recipe's")
    }
    if rung.resetMoments { changes.append("the optimizer's slots start anew") }
    if rung.skipBatches > 0 { changes.append("\(rung.skipBatches) batches are left out") }
    if rung.goBack > 0 { changes.append("\(counted(rung.goBack, "checkpoint")) further back") }
    guard remedies != before || rung.resetMoments || rung.skipBatches > 0 || restored != before.restoredStep else {
      return nil
    }
    remedies.rollbacks += 1
    remedies.restoredStep = restored
    remedies.skips = 0
    return (remedies, changes.joined(separator: ", "))
  }

  /// The norm that 90 % of the healthy steps before the growth began stayed under; 1 while there are fewer than 100.
  ///
  /// - Parameter norms: of the gradients, oldest first.
  static func automaticClip(_ norms: [Double]) -> Double {
    var norms = norms.filter(\.isFinite)
    // The growth: the steps at the end in which each norm is larger than the one before.
    while norms.count > 1, norms[norms.count - 1] > norms[norms.count - 2] { norms.removeLast() }
    guard norms.count >= 100 else { return 1 }
    return norms.sorted()[norms.count * 9 / 10]
  }
}

extension RecoveryPolicy.Halt {
  /// Why, in words.
  var reason: String {
    switch self {
    case .asTheRecipeSays: "health.on_blowup is halt"
    case .alreadyApplied:
      "the update has been applied already and cannot be left out (on_blowup: rollback would undo it)"
    case .skipsAreSpent(let most):
      "\(most) \(most == 1 ? "update has" : "updates have") been left out in a row, as many as health.max_skips "
        + "allows; this one was not applied either"
    case .rollbacksAreSpent(let most):
      "it has gone back \(most) \(most == 1 ? "time" : "times"), as often as health.max_rollbacks allows"
    case .noCheckpoint: "there is no healthy checkpoint to go back to"
    case .nothingDifferent(let step):
      "health.ladder has no further remedy, and going back to step \(step) has been tried"
    }
  }
}
