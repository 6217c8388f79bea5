internal import Checkpointing
internal import Files
internal import Glibc
internal import Optimizers
internal import Training

/// Numbers that go bad in memory.
extension DrillCase {
  static let transientNaN = DrillCase(
    name: "transient-nan", fault: "a NaN in the gradient that is gone when the step is run again",
    promise: "The step is run again, no number differs, and the run says so."
  ) { runs in
    if let trouble = runs.ownTrouble { return .notTried(trouble) }
    let run = DrillRun(runs, "transient-nan")
    defer { run.remove() }
    let step = runs.plan.stepBetween
    try run.goOn("trained", DrillRun.Start(inject: "transient-nan@\(step)"))
    if run.events.first("transient")?.step == nil { run.problems.append("nothing says that a step was run again") }
    if let event = run.events.first("rollback") {
      run.problems.append("it went back to step \(event.step ?? 0), though running the step again was enough")
    }
    let bytes = run.requireSameState(as: runs.undisturbed)
    return DrillOutcome(
      happened: "step \(step) was run again", stepsLost: 0, secondsLost: run.secondsLost(), bytes: bytes,
      problems: run.problems)
  }

  static let nanGradient = fault(
    "nan-gradient", "a NaN in the gradient", at: { $0.stepAfterCheckpoint },
    promise: "The update is not applied; the run goes back to a good state and is recovered.", isWithheld: true)

  static let nanWeight = fault(
    "nan-weight", "a NaN in a weight", at: { $0.stepBetween },
    promise: "It is found before it spreads into a checkpoint; weights and slots of a good checkpoint come back.")

  static let nanOptimizer = fault(
    "nan-optimizer", "a NaN in an optimizer's slot", at: { $0.stepBetween },
    promise: "It is found before it spreads into a checkpoint; weights and slots of a good checkpoint come back.",
    needsSlots: true)

  static let bitFlip = fault(
    "bit-flip", "a flipped exponent bit in a weight", at: { $0.stepBetween },
    promise: "A weight that has become absurd is found; weights and slots of a good checkpoint come back.",
    mayBeSmall: true)

  /// - Parameters:
  ///   - isWithheld: whether the update must not have been applied.
  ///   - needsSlots: whether it hits the optimizer's slots.
  ///   - mayBeSmall: whether it may leave a number that training makes, too.
  private static func fault(
    _ kind: String, _ words: String, at place: @escaping @Sendable (DrillPlan) -> Int, promise: String,
    isWithheld: Bool = false, needsSlots: Bool = false, mayBeSmall: Bool = false
  ) -> DrillCase {
    DrillCase(name: kind, fault: words, promise: promise) { runs in
      if let trouble = runs.ownTrouble { return .notTried(trouble) }
      if needsSlots, runs.configuration.optimizer.transforms.allSatisfy(\.slots.isEmpty) {
        return .notTried("\(runs.configuration.optimizer.name) without momentum has no slots")
      }
      let run = DrillRun(runs, kind)
      defer { run.remove() }
      let step = place(runs.plan)
      let ending = try run.train(DrillRun.Start(inject: "\(kind)@\(step)"))
      run.checkFiles("at the end")
      guard let blowup = run.events.first("blowup") else {
        if !mayBeSmall { run.problems.append("nothing was noticed") }
        if ending != .code(0) { run.problems.append("\(DrillJudgement.words(ending))\(run.lastWords)") }
        return DrillOutcome(
          happened: mayBeSmall
            ? "the flip left a number that training makes, too: nothing to be found" : "not noticed at step \(step)",
          stepsLost: 0, secondsLost: run.secondsLost(), bytes: run.compare(with: runs.undisturbed),
          problems: run.problems)
      }
      if blowup.step != step { run.problems.append("noticed at step \(blowup.step ?? 0), put in at step \(step)") }
      if isWithheld { run.requireWithheld(step) }
      return try run.recovered(ending, from: step)
    }
  }

  static let halt = DrillCase(
    name: "halt", fault: "a NaN in the gradient, with health.on_blowup: halt",
    promise: "The run ends with 3 and says why; its checkpoints are whole, and it can be gone on with."
  ) { runs in
    if let trouble = runs.ownTrouble { return .notTried(trouble) }
    let run = DrillRun(runs, "halt")
    defer { run.remove() }
    let step = runs.plan.stepBetween
    let ending = try run.train(
      DrillRun.Start(inject: "nan-gradient@\(step)", overrides: ["health.on_blowup=halt"]))
    let saved = run.steps.last ?? 0
    let rule = DrillJudgement.Rule(onBlowup: .halt)
    run.problems += DrillJudgement.afterBlowup(ending, run.events, rule)
    run.checkFiles("after the end")
    try run.goOn("gone on with")
    let bytes = run.requireSame(as: runs.undisturbed)
    return DrillOutcome(
      happened: "ended with \(DrillJudgement.words(ending)) at step \(step); gone on with from step \(saved)",
      stepsLost: max(0, step - 1 - saved), secondsLost: run.secondsLost(), bytes: bytes, problems: run.problems)
  }

  static let killInRecovery = DrillCase(
    name: "kill-in-recovery", fault: "kill -9 after a rollback, while a remedy is tried",
    promise: "The end has the bytes that the recovery has without the kill."
  ) { runs in
    if let trouble = runs.ownTrouble { return .notTried(trouble) }
    if runs.rule.onBlowup != .rollback { return .notTried("health.on_blowup is \(runs.rule.onBlowup.rawValue)") }
    let fault = "nan-gradient@\(runs.plan.stepBetween)"
    let whole = DrillRun(runs, "recovery")
    defer { whole.remove() }
    try whole.goOn("recovered without a kill", DrillRun.Start(inject: fault))
    let run = DrillRun(runs, "kill-in-recovery")
    defer { run.remove() }
    run.problems += whole.problems
    let child = try run.start(DrillRun.Start(isPaced: true, inject: fault))
    try runs.wait(for: child, seconds: runs.deadline) { run.events.first("rollback") != nil }
    _ = try runs.wait(for: child, seconds: runs.moment(max(runs.pacedExtra, runs.reference) / 3))
    if child.look() != nil { return .notTried("the run was over before it could be killed") }
    child.end()
    try run.finish(child)
    let (reached, saved) = (run.reached(by: child) ?? 0, run.steps.last ?? 0)
    run.checkFiles("killed after step \(reached)")
    try run.goOn("gone on with", DrillRun.Start(inject: fault, workers: 2))
    let bytes = run.requireSame(as: whole, "the recovery without a kill")
    run.checkLeftovers()
    return DrillOutcome(
      happened: "killed after step \(reached) of the attempt after the rollback; gone on with",
      stepsLost: max(0, reached - saved), secondsLost: max(0, run.secondsLost(isPaced: true)), bytes: bytes,
      problems: run.problems)
  }
}
