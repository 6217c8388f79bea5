import Testing
import Training

@testable import CairnCommands

/// What a drill takes for a held promise: figures and events in, sentences out.
struct DrillJudgementTests {
  typealias Ending = ChildProcess.Ending

  private static func events(_ kinds: String) -> [DrillEvent] {
    kinds.split(separator: " ").map { DrillEvent(String($0), step: 5, from: 9) }
  }

  struct BlowupCase: Sendable {
    let ending: Ending
    let events: String
    let rule: DrillJudgement.Rule
    let isHeld: Bool
  }

  private static let usual = DrillJudgement.Rule()
  private static let changed = DrillJudgement.Rule(isUsual: false)

  @Test(arguments: [
    // Recovered, settled for, settled for the last trial, or told as not cured.
    BlowupCase(ending: .code(0), events: "blowup rollback recovered", rule: usual, isHeld: true),
    BlowupCase(ending: .code(0), events: "blowup rollback checkpoint settled", rule: usual, isHeld: true),
    BlowupCase(ending: .code(0), events: "blowup rollback settled checkpoint rollback", rule: usual, isHeld: true),
    BlowupCase(ending: .code(0), events: "blowup rollback not_cured", rule: usual, isHeld: true),
    // Nobody knows what became of the remedy; it may have been one of an earlier blow-up.
    BlowupCase(ending: .code(0), events: "blowup rollback", rule: usual, isHeld: false),
    BlowupCase(ending: .code(0), events: "rollback recovered blowup rollback", rule: usual, isHeld: false),
    // No rollback at all; given up; crashed.
    BlowupCase(ending: .code(0), events: "blowup", rule: usual, isHeld: false),
    BlowupCase(ending: .code(3), events: "blowup rollback halted", rule: usual, isHeld: false),
    BlowupCase(ending: .code(3), events: "blowup rollback halted", rule: changed, isHeld: true),
    BlowupCase(ending: .code(3), events: "blowup rollback", rule: changed, isHeld: false),
    BlowupCase(ending: .signal(11), events: "blowup rollback recovered", rule: usual, isHeld: false),
    // As the recipe says.
    BlowupCase(ending: .code(3), events: "blowup halted", rule: .init(onBlowup: .halt), isHeld: true),
    BlowupCase(ending: .code(0), events: "blowup halted", rule: .init(onBlowup: .halt), isHeld: false),
    BlowupCase(ending: .code(3), events: "blowup", rule: .init(onBlowup: .halt), isHeld: false),
    BlowupCase(ending: .code(0), events: "blowup skip", rule: .init(onBlowup: .skip), isHeld: true),
    BlowupCase(ending: .code(0), events: "blowup", rule: .init(onBlowup: .skip), isHeld: false),
    BlowupCase(ending: .code(3), events: "blowup halted", rule: .init(onBlowup: .skip), isHeld: true),
  ]) func afterABlowup(_ tried: BlowupCase) {
    let problems = DrillJudgement.afterBlowup(tried.ending, DrillJudgementTests.events(tried.events), tried.rule)
    #expect(problems.isEmpty == tried.isHeld, "\(tried): \(problems)")
  }

  @Test func aStopSavesTheStepThatItTellsOf() {
    #expect(DrillJudgement.afterStop(.code(143), told: 31, saved: 31).isEmpty)
    #expect(DrillJudgement.afterStop(.code(143), told: 31, saved: 30).count == 1)
    #expect(DrillJudgement.afterStop(.code(143), told: 31, saved: nil).count == 1)
    #expect(DrillJudgement.afterStop(.code(143), told: nil, saved: 30).count == 1)
    #expect(DrillJudgement.afterStop(.signal(15), told: 31, saved: 31).count == 1)
    #expect(DrillJudgement.afterStop(.code(0), told: 31, saved: 30).count == 2)
  }

  @Test func aKillLosesTwoIntervalsAtMost() {
    #expect(DrillJudgement.afterKill(reached: 29, saved: 0, interval: 15).isEmpty)
    #expect(DrillJudgement.afterKill(reached: 30, saved: 0, interval: 15).isEmpty)
    #expect(!DrillJudgement.afterKill(reached: 31, saved: 0, interval: 15).isEmpty)
    #expect(!DrillJudgement.afterKill(reached: 1, saved: nil, interval: 15).isEmpty)
    #expect(DrillJudgement.afterKill(reached: 0, saved: nil, interval: 15).isEmpty)
  }

  @Test func whatStandsOutMustBeFarFromAllBefore() {
    let calm = (0..<40).map { 1 + 0.1 * Double($0 % 3) }
    #expect(DrillJudgement.outstanding(calm + [1e5], factor: 1e4) != nil)
    #expect(DrillJudgement.outstanding(calm + [1e3], factor: 1e4) == nil)
    #expect(DrillJudgement.outstanding(calm + [.nan], factor: 1e4) == .infinity)
    // Nobody could tell so early, or where the figure jumps about by itself.
    #expect(DrillJudgement.outstanding(calm.prefix(9) + [1e5], factor: 1e4) == nil)
    let wild = (0..<40).map { $0 % 2 == 0 ? 1e-6 : 1.0 }
    #expect(DrillJudgement.outstanding(wild + [1e5], factor: 1e4) == nil)
  }

  @Test func aRuinedEndMustBeToldOf() {
    let first = [2.0, 1.9, 1.8]
    #expect(DrillJudgement.afterEnd(losses: [0.1, 0.2], first: first, isTold: false).isEmpty)
    #expect(DrillJudgement.afterEnd(losses: [100, 120], first: first, isTold: true).isEmpty)
    #expect(!DrillJudgement.afterEnd(losses: [100, 120], first: first, isTold: false).isEmpty)
    #expect(!DrillJudgement.afterEnd(losses: [0.1, .nan], first: first, isTold: true).isEmpty)
  }

  @Test func stepsGivenUpAreThoseOfUpdates() {
    var events = [DrillEvent("blowup", step: 68), DrillEvent("rollback", step: 60, from: 68)]
    #expect(events.stepsGivenUp == 7)
    events.append(DrillEvent("rollback", step: 60, from: 120))
    #expect(events.stepsGivenUp == 67)
  }

  @Test func eventsAreReadFromALog() {
    let log = """
      {"time": "t", "event": "started", "step": 0, "train_rows": 80, "parameters": 12, "steps_per_epoch": 3}
      no event
      {"time": "t", "event": "rollback", "from": 9, "step": 5, "attempt": 1, "message": "x"}
      {"time": "t", "event": "finding", "step": 9, "name": "spike", "level": "notice", "message": "y"}
      {"time": "t", "event": "fini
      """
    let events = DrillEvent.all(in: Array(log.utf8))
    #expect(events.map(\.kind) == ["started", "rollback", "finding"])
    #expect(events[0].stepsPerEpoch == 3 && events[0].trainRows == 80 && events[0].parameters == 12)
    #expect(events[1].from == 9 && events[1].step == 5 && events[1].message == "x")
    #expect(!events.tellsOfRuin)
    var ruin = events[2]
    ruin.level = "critical"
    #expect([ruin].tellsOfRuin)
  }

  @Test(arguments: [40, 44, 64, 120, 1000]) func aPlanHasRoomForItsFaults(steps: Int) {
    let plan = DrillPlan(steps: steps)
    #expect((plan.stepAfterCheckpoint - 1) % plan.interval == 0)
    #expect((plan.stepBetween - 1) % plan.interval != 0)
    #expect(plan.half % plan.interval == 0 && plan.half / plan.interval >= 3 && plan.half < steps)
    #expect(plan.stepBetween + plan.interval < steps)
    #expect(plan.epochs(stepsPerEpoch: 7) * 7 >= steps)
  }

  @Test func aSlowRecipeGetsFewerSteps() {
    #expect(DrillPlan(secondsPerStep: 0.001).steps == DrillPlan.usual)
    #expect(DrillPlan(secondsPerStep: 0.05).steps == 56)
    #expect(DrillPlan(secondsPerStep: 10).steps == DrillPlan.fewest)
  }

  @Test func sentencesBreakBetweenWords() {
    #expect(DrillResults.lines(of: "one two three", width: nil) == ["one two three"])
    #expect(DrillResults.lines(of: "one two three four", width: 9) == ["one two", "three", "four"])
  }
}
