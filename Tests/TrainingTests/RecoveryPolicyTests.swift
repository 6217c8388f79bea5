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

  private static let rungs = HealthConfiguration().ladder
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
    // Rollback: the rungs in order, after the last the last again, until the budget is spent.
    Case(step: nonFinite, expected: .goBack(rungs[0])),
    Case(step: nonFinite, rollbacks: 1, expected: .goBack(rungs[1])),
    Case(step: nonFinite, rollbacks: 2, expected: .goBack(rungs[2])),
    Case(step: nonFinite, rollbacks: 4, expected: .goBack(rungs[2])),
    Case(step: nonFinite, rollbacks: 5, expected: .halt(.rollbacksAreSpent(5))),
    Case(step: nonFinite, skips: 9, expected: .goBack(rungs[0])),
    // Skip: so many in a row.
    Case(step: nonFinite, onBlowup: .skip, expected: .leaveOut),
    Case(step: nonFinite, onBlowup: .skip, skips: 2, rollbacks: 9, expected: .leaveOut),
    Case(step: nonFinite, onBlowup: .skip, skips: 3, expected: .halt(.skipsAreSpent(3))),
    Case(step: nonFinite, onBlowup: .halt, expected: .halt(.asTheRecipeSays)),
    // Late: what has been applied cannot be left out.
    Case(step: late, expected: .goBack(rungs[0])),
    Case(step: lateAgain, rollbacks: 1, expected: .goBack(rungs[1])),
    Case(step: late, rollbacks: 5, expected: .halt(.rollbacksAreSpent(5))),
    Case(step: late, onBlowup: .skip, expected: .halt(.alreadyApplied)),
    Case(step: lateAgain, onBlowup: .skip, onSpike: .skip, expected: .halt(.alreadyApplied)),
    Case(step: late, onBlowup: .halt, expected: .halt(.asTheRecipeSays)),
    // A withheld spike goes by its own rule, not by that for blow-ups.
    Case(step: spike, onBlowup: .halt, onSpike: .skip, expected: .leaveOut),
    Case(step: spike, onSpike: .skip, skips: 3, expected: .halt(.skipsAreSpent(3))),
    Case(step: spike, onBlowup: .halt, onSpike: .rollback, expected: .goBack(rungs[0])),
    Case(step: spike, onSpike: .rollback, rollbacks: 5, expected: .halt(.rollbacksAreSpent(5))),
    Case(
      step: BadStep(disposition: .withheldSpike, wasRunAgain: true), onSpike: .skip, skips: 1, expected: .leaveOut),
    // Bad rows: an error of the data, or left out without a budget, whatever is done about blow-ups.
    Case(step: badInput, expected: .refuseData),
    Case(step: badInput, onBlowup: .halt, expected: .refuseData),
    Case(step: badInput, onBlowup: .halt, skipsBadRows: true, expected: .leaveOut),
    Case(step: badInput, skips: 9, rollbacks: 9, skipsBadRows: true, expected: .leaveOut),
    Case(step: nonFinite, skipsBadRows: true, expected: .goBack(rungs[0])),
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

  // MARK: Where to go back to

  struct Place: Sendable, CustomTestStringConvertible {
    var steps = [0, 10, 20, 30]
    var sick: Set<Int> = []
    var damaged: Set<Int> = []
    var blownStep = 35
    var restored = -1
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
    // A relapse within ten steps of what was restored: only older ones.
    Place(blownStep: 35, restored: 30, expected: 20),
    Place(blownStep: 40, restored: 30, expected: 20),
    Place(steps: [0, 10, 20, 30, 38], blownStep: 40, restored: 30, expected: 20),
    Place(blownStep: 41, restored: 30, expected: 30),
    Place(sick: [20], blownStep: 35, restored: 30, goBack: 1, expected: 0),
    // Nothing older is left: the same once more.
    Place(steps: [30], blownStep: 35, restored: 30, expected: 30),
    Place(sick: [0, 10, 20, 30], blownStep: 35, restored: 30, expected: 30),
    Place(steps: [30], damaged: [30], blownStep: 35, restored: 30, expected: nil),
    // The start is no relapse: there is nothing before it.
    Place(steps: [0], blownStep: 3, restored: 0, expected: 0),
  ]

  @Test(arguments: places) func restorePoint(p: Place) {
    var rung = HealthConfiguration.Rung()
    rung.goBack = p.goBack
    var remedies = RemedyState()
    remedies.restoredStep = p.restored
    let point = RecoveryPolicy.restorePoint(among: p.steps, blownStep: p.blownStep, remedies: remedies, rung: rung) {
      p.damaged.contains($0) ? nil : (point: $0, isHealthy: !p.sick.contains($0))
    }
    #expect(point == p.expected)
  }

  // MARK: What then is in effect

  private func rung(_ change: (inout HealthConfiguration.Rung) -> Void) -> HealthConfiguration.Rung {
    var rung = HealthConfiguration.Rung()
    change(&rung)
    return rung
  }

  @Test func remediesAddUp() throws {
    var state = RemedyState()
    state.skips = 2
    var found = try #require(
      RecoveryPolicy.remedies(rung { $0.clip = .automatic }, after: state, restored: 7, automaticClip: 3))
    #expect(found.change == "the gradient is clipped to global norm 3.0")
    #expect(found.remedies.clip == 3 && found.remedies.learningRateFactor == 1)
    #expect(found.remedies.rollbacks == 1 && found.remedies.restoredStep == 7 && found.remedies.skips == 0)
    found = try #require(
      RecoveryPolicy.remedies(rung { $0.learningRate = 0.5 }, after: found.remedies, restored: 7, automaticClip: 3))
    #expect(found.change == "the learning rate is 0.5 times the recipe's")
    found = try #require(
      RecoveryPolicy.remedies(rung { $0.learningRate = 0.5 }, after: found.remedies, restored: 7, automaticClip: 3))
    #expect(found.remedies.learningRateFactor == 0.25 && found.remedies.clip == 3 && found.remedies.rollbacks == 3)
    // On top of an earlier clip a tighter one, whatever the history or the recipe says.
    for (clip, automatic, expected) in [
      (HealthConfiguration.Rung.Clip.automatic, 3.0, 0.3), (.automatic, 0.1, 0.1), (.norm(2), 3, 0.3),
      (.norm(0.2), 3, 0.2),
    ] {
      let next = try #require(
        RecoveryPolicy.remedies(
          rung { $0.clip = clip }, after: found.remedies, restored: 7, automaticClip: automatic))
      #expect(abs(next.remedies.clip - expected) < 1e-12)
    }
    var tight = found.remedies
    tight.clip = 0.5
    let next = try #require(
      RecoveryPolicy.remedies(rung { $0.clip = .automatic }, after: tight, restored: 7, automaticClip: 3))
    #expect(abs(next.remedies.clip - 0.05) < 1e-12)
  }

  @Test func everyChangeIsSaid() throws {
    let all = rung {
      $0.clip = .norm(2)
      ($0.learningRate, $0.resetMoments, $0.skipBatches, $0.goBack) = (0.1, true, 4, 1)
    }
    let found = try #require(
      RecoveryPolicy.remedies(all, after: RemedyState(), restored: 0, automaticClip: 1))
    #expect(
      found.change == "the gradient is clipped to global norm 2.0, the learning rate is 0.1 times the recipe's, "
        + "the optimizer's slots start anew, 4 batches are left out, 1 checkpoint further back")
  }

  /// What has been tried is not tried again: an empty rung helps only where it leads to another checkpoint.
  @Test func nothingDifferentIsNothing() {
    var tried = RemedyState()
    (tried.rollbacks, tried.restoredStep) = (1, 20)
    func remedies(_ rung: HealthConfiguration.Rung, restored: Int) -> RemedyState? {
      RecoveryPolicy.remedies(rung, after: tried, restored: restored, automaticClip: 1)?.remedies
    }
    #expect(remedies(rung { _ in }, restored: 20) == nil)
    #expect(remedies(rung { $0.goBack = 3 }, restored: 20) == nil)
    #expect(remedies(rung { _ in }, restored: 10)?.restoredStep == 10)
    #expect(remedies(rung { $0.resetMoments = true }, restored: 20)?.rollbacks == 2)
    #expect(remedies(rung { $0.skipBatches = 1 }, restored: 20)?.rollbacks == 2)
    #expect(remedies(rung { $0.learningRate = 0.5 }, restored: 20)?.learningRateFactor == 0.5)
  }

  @Test func automaticClip() {
    #expect(RecoveryPolicy.automaticClip([]) == 1)
    #expect(RecoveryPolicy.automaticClip(Array(repeating: 3, count: 99)) == 1)
    #expect(RecoveryPolicy.automaticClip(Array(repeating: 3, count: 100)) == 3)
    // 90 % of 100...1 stayed under 91; bad steps and the growth at the end do not count.
    let falling = (1...100).reversed().map(Double.init)
    #expect(RecoveryPolicy.automaticClip(falling) == 91)
    #expect(RecoveryPolicy.automaticClip(falling + [5, 500, 5e9, .infinity, .nan]) == 91)
    // Without the growth too few are left.
    #expect(RecoveryPolicy.automaticClip((1...100).map(Double.init)) == 1)
  }

  @Test(arguments: [
    (RecoveryPolicy.Halt.asTheRecipeSays, "health.on_blowup is halt"), (.alreadyApplied, "rollback would undo it"),
    (.skipsAreSpent(1), "1 update has been left out in a row"), (.skipsAreSpent(2), "2 updates have been left out"),
    (.rollbacksAreSpent(1), "1 time, as often as health.max_rollbacks"), (.rollbacksAreSpent(3), "3 times"),
    (.noCheckpoint, "no healthy checkpoint"), (.nothingDifferent(step: 40), "step 40 has been tried"),
  ])
  func reasons(halt: RecoveryPolicy.Halt, part: String) { #expect(halt.reason.contains(part)) }
}
