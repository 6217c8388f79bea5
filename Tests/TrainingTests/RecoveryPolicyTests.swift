import Checkpointing
import Testing

@testable import Training

/// What is done after a bad step, as a table: no network, no run.
@Suite struct RecoveryPolicyTests {
  typealias Action = RecoveryPolicy.Action

  struct Case: Sendable, CustomTestStringConvertible {
    var step: BadStep
    var onBlowup = HealthConfiguration.OnBlowup.rollback
    var onSpike = HealthConfiguration.OnSpike.warn
    var skips = 0
    var rollbacks = 0
    var skipsBadRows = false
    var expected: Action
    var testDescription: String { "\(step), \(onBlowup), \(onSpike), \(skips) skips, \(rollbacks) rollbacks" }
  }

  private static let nonFinite = BadStep(disposition: .withheldNonFinite, wasRunAgain: true)
  private static let badInput = BadStep(disposition: .withheldNonFinite, wasRunAgain: true, hasBadInput: true)
  private static let spike = BadStep(disposition: .withheldSpike)
  /// Found after the update: weights, slots or rate were not good, in the first run or when run again.
  private static let late = BadStep(disposition: .appliedToPoisoned)
  private static let lateAgain = BadStep(disposition: .appliedToPoisoned, wasRunAgain: true)

  static let cases: [Case] = [
    // Not finite: run again before anything is decided, whatever the recipe says and however little is left.
    Case(step: BadStep(disposition: .withheldNonFinite), expected: .runAgain),
    Case(step: BadStep(disposition: .withheldNonFinite), onBlowup: .halt, rollbacks: 9, expected: .runAgain),
    // Transient: gone when run again.
    Case(step: BadStep(disposition: .applied, wasRunAgain: true), onBlowup: .halt, expected: .accept),
    Case(
      step: BadStep(disposition: .applied, wasRunAgain: true), onSpike: .skip, skips: 9, rollbacks: 9,
      expected: .accept),
    // Rollback, until the budget is spent.
    Case(step: nonFinite, expected: .goBack),
    Case(step: nonFinite, rollbacks: 19, expected: .goBack),
    Case(step: nonFinite, rollbacks: 20, expected: .halt(.rollbacksAreSpent(20))),
    Case(step: nonFinite, skips: 9, expected: .goBack),
    // Skip: so many in a row.
    Case(step: nonFinite, onBlowup: .skip, expected: .leaveOut),
    Case(step: nonFinite, onBlowup: .skip, skips: 2, rollbacks: 9, expected: .leaveOut),
    Case(step: nonFinite, onBlowup: .skip, skips: 3, expected: .halt(.skipsAreSpent(3))),
    Case(step: nonFinite, onBlowup: .halt, expected: .halt(.asTheRecipeSays)),
    // Late: what has been applied cannot be left out.
    Case(step: late, expected: .goBack),
    Case(step: lateAgain, rollbacks: 1, expected: .goBack),
    Case(step: late, rollbacks: 20, expected: .halt(.rollbacksAreSpent(20))),
    Case(step: late, onBlowup: .skip, expected: .halt(.alreadyApplied)),
    Case(step: lateAgain, onBlowup: .skip, onSpike: .skip, expected: .halt(.alreadyApplied)),
    Case(step: late, onBlowup: .halt, expected: .halt(.asTheRecipeSays)),
    // A withheld spike goes by its own rule, not by that for blow-ups.
    Case(step: spike, onBlowup: .halt, onSpike: .skip, expected: .leaveOut),
    Case(step: spike, onSpike: .skip, skips: 3, expected: .halt(.skipsAreSpent(3))),
    Case(step: spike, onBlowup: .halt, onSpike: .rollback, expected: .goBack),
    Case(step: spike, onSpike: .rollback, rollbacks: 20, expected: .halt(.rollbacksAreSpent(20))),
    Case(
      step: BadStep(disposition: .withheldSpike, wasRunAgain: true), onSpike: .skip, skips: 1, expected: .leaveOut),
    // Bad rows: an error of the data, or left out without a budget, whatever is done about blow-ups.
    Case(step: badInput, expected: .refuseData),
    Case(step: badInput, onBlowup: .halt, expected: .refuseData),
    Case(step: badInput, onBlowup: .halt, skipsBadRows: true, expected: .leaveOut),
    Case(step: badInput, skips: 9, rollbacks: 9, skipsBadRows: true, expected: .leaveOut),
    Case(step: nonFinite, skipsBadRows: true, expected: .goBack),
  ]

  @Test(arguments: cases) func decision(c: Case) {
    var settings = RecoverySettings(skipsBadRows: c.skipsBadRows)
    (settings.health.onBlowup, settings.health.onSpike) = (c.onBlowup, c.onSpike)
    var remedies = RemedyState()
    (remedies.skips, remedies.rollbacks) = (c.skips, c.rollbacks)
    #expect(RecoveryPolicy.decide(c.step, remedies, settings) == c.expected)
  }

  @Test func whatIsABlowUp() {
    #expect(Self.nonFinite.isBlowup && Self.late.isBlowup)
    #expect(!Self.spike.isBlowup && !BadStep(disposition: .applied).isBlowup)
  }

  /// Of a search that has found something the best can still be taken.
  @Test func aSpentBudgetLeavesTheBestTrial() {
    var remedies = RemedyState()
    remedies.rollbacks = 20
    for (results, expected) in [
      ([Double.infinity], Action.halt(.rollbacksAreSpent(20))), ([.infinity, 0.5], .goBack),
    ] {
      var probation = Probation(
        goodStep: 0, blownStep: 3, goal: 0.1, judgedAfter: 0, deadline: 100, rungs: [0, 1, 2], before: .init(),
        isEarly: true)
      probation.results = results
      remedies.probation = probation
      #expect(RecoveryPolicy.decide(Self.nonFinite, remedies, RecoverySettings()) == expected)
    }
  }

  // MARK: Where to go back to

  struct Place: Sendable, CustomTestStringConvertible {
    var steps = [0, 10, 20, 30]
    var sick: Set<Int> = []
    var damaged: Set<Int> = []
    var latest = 99
    var blownStep = 35
    var goBack = 0
    var expected: Int?
    var testDescription: String { "\(self)" }
  }

  static let places: [Place] = [
    Place(expected: 30),
    Place(blownStep: 30, expected: 20),
    Place(sick: [30], expected: 20),
    Place(damaged: [30, 20], expected: 10),
    Place(goBack: 1, expected: 20),
    Place(sick: [20], goBack: 1, expected: 10),
    // Not so far back as asked for: as far as there is something.
    Place(goBack: 9, expected: 0),
    Place(steps: [], expected: nil),
    Place(sick: [0, 10], damaged: [20, 30], expected: nil),
    Place(blownStep: 0, expected: nil),
    // Before the growth began.
    Place(latest: 29, expected: 20),
    Place(latest: 20, expected: 20),
    Place(sick: [20], latest: 20, goBack: 1, expected: 0),
    Place(latest: 0, expected: 0),
    // Nothing is so old: the oldest.
    Place(steps: [20, 30], latest: 10, expected: 20),
    Place(steps: [20, 30], damaged: [20], latest: 10, expected: 30),
  ]

  @Test(arguments: places) func restorePoint(p: Place) {
    let point = RecoveryPolicy.restorePoint(
      among: p.steps, latest: p.latest, blownStep: p.blownStep, furtherBack: p.goBack
    ) { p.damaged.contains($0) ? nil : (point: $0, isHealthy: !p.sick.contains($0)) }
    #expect(point == p.expected)
  }

  @Test func reasonsNameTheKey() {
    #expect(RecoveryPolicy.Halt.rollbacksAreSpent(1).reason.contains("1 time, as often as health.max_rollbacks"))
    #expect(RecoveryPolicy.Halt.skipsAreSpent(2).reason.contains("health.max_skips"))
    #expect(RecoveryPolicy.Halt.ladderIsSpent.reason.contains("health.ladder"))
  }
}
