/// What came of one case of a drill.
struct DrillOutcome: Hashable {
  /// What the last checkpoint's bytes are against the undisturbed run's.
  enum Bytes: String, Hashable {
    case same
    /// All arrays and counters are the same; the events tell of the fault.
    case sameState = "same but events"
    case remedied = "differ: a remedy"
    case disturbed = "differ: the fault"
    case differ
    /// There is no such end.
    case none = "-"
  }

  /// In words, as short as it goes.
  var happened: String
  /// Updates that had to be done again, or were given up.
  var stepsLost: Int?
  /// By the clock, against the undisturbed run.
  var secondsLost: Double?
  var bytes = Bytes.none
  /// What was promised and did not come about, a sentence each.
  var problems: [String] = []
  var isTried = true

  static func notTried(_ reason: String) -> DrillOutcome {
    var outcome = DrillOutcome(happened: "not tried: \(reason)")
    outcome.isTried = false
    return outcome
  }

  /// `yes`, `NO`, or `-` where it was not tried.
  var verdict: String { isTried ? problems.isEmpty ? "yes" : "NO" : "-" }
}

/// Something that is promised, and how it is put to the proof.
struct DrillCase: Sendable {
  /// A word for `--only`.
  let name: String
  /// What is done to the run.
  let fault: String
  let promise: String
  let drill: @Sendable (DrillRuns) throws -> DrillOutcome

  /// In the order in which they are tried.
  static let all: [DrillCase] = [
    workers, kill, terminate, diskFull, secondProcess, damage, lostProcess, transientNaN, nanGradient, nanWeight,
    nanOptimizer, bitFlip, nanInput, halt, killInRecovery, spike, poisonedRow, rate,
  ]
}
