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
struct RecoverySettings: Sendable {
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
    /// Training goes back to an earlier checkpoint, with a remedy: see `RecoveryTrials`.
    case goBack
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
    case ladderIsSpent
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

  /// Unless that has been done as often as the recipe allows, and there is no trial to settle for.
  private static func goBack(_ remedies: RemedyState, _ health: HealthConfiguration) -> Action {
    let hasBest = remedies.probation?.results.contains(where: \.isFinite) ?? false
    return remedies.rollbacks < health.maxRollbacks || hasBest
      ? .goBack : .halt(.rollbacksAreSpent(health.maxRollbacks))
  }

  // MARK: Going back

  /// The checkpoint to go back to: the newest healthy one at `latest` or before, or as many further back as asked for; if
  /// there are none so old, the oldest healthy one.
  ///
  /// - Parameters:
  ///   - steps: of the checkpoints that there are, ascending; those from `blownStep` on are not looked at.
  ///   - open: a step's checkpoint and whether it is healthy; nil: it is damaged.
  static func restorePoint<Point>(
    among steps: [Int], latest: Int, blownStep: Int, furtherBack: Int,
    open: (_ step: Int) -> (point: Point, isHealthy: Bool)?
  ) -> Point? {
    var skip = furtherBack
    var oldest: Point?
    for step in steps.reversed() where step < blownStep {
      guard let found = open(step), found.isHealthy else { continue }
      oldest = found.point
      if step > latest { continue }
      if skip == 0 { break }
      skip -= 1
    }
    return oldest
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
    case .ladderIsSpent: "every remedy of health.ladder that applies has been tried, and ended in another blow-up"
    }
  }
}
