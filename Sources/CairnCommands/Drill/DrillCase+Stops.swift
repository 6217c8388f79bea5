internal import Files
internal import Glibc

/// Processes that end, or are not alone.
extension DrillCase {
  static let workers = DrillCase(
    name: "workers", fault: "1 and 3 workers", promise: "Any number of workers gives the same bytes."
  ) { runs in
    var outcome = DrillOutcome(happened: "", stepsLost: 0)
    var problems: [String] = []
    for workers in [1, 3] {
      let run = DrillRun(runs, "workers-\(workers)")
      defer { run.remove() }
      try run.goOn("\(workers) workers", DrillRun.Start(workers: workers))
      let bytes = run.requireSame(as: runs.undisturbed)
      if bytes != .same || workers == 1 { outcome.bytes = bytes }
      problems += run.problems.map { "\(workers) workers: \($0)" }
    }
    outcome.happened = problems.isEmpty ? "trained again with each: no bit differs" : "trained again with each"
    outcome.problems = problems
    return outcome
  }

  static let kill = DrillCase(
    name: "kill", fault: "kill -9 at random moments",
    promise: "At most two intervals of checkpoints are lost; the end has the bytes of an undisturbed run."
  ) { runs in
    let run = DrillRun(runs, "kill")
    defer { run.remove() }
    let interval = runs.plan.interval
    var (kills, lost, places) = (0, 0, [String]())
    for round in 0..<3 {
      let child = try run.start(DrillRun.Start(isPaced: true, workers: Int(runs.moment(3)) + 1))
      // One in its steps, at least: on a busy machine much of the time goes into starting.
      var most = runs.reference + 0.6 * runs.pacedExtra
      if round == 0 {
        try runs.wait(for: child, seconds: runs.deadline) { run.reached(by: child) != nil }
        most = 0.6 * max(runs.reference, runs.pacedExtra)
      }
      if try runs.wait(for: child, seconds: runs.moment(most)) {
        if try run.finish(child) != .code(0) { run.problems.append("it ended by itself\(run.lastWords)") }
        break
      }
      child.end()
      try run.finish(child)
      kills += 1
      let (reached, saved) = (run.reached(by: child), run.steps.last)
      places.append(reached.map { "after step \($0)" } ?? "before its first step")
      if let reached {
        lost += max(0, reached - (saved ?? 0))
        run.problems += DrillJudgement.afterKill(reached: reached, saved: saved, interval: interval)
      }
      run.checkFiles("killed \(places.last ?? "")")
    }
    try run.goOn("gone on with after \(kills) kills")
    let bytes = run.requireSame(as: runs.undisturbed)
    run.checkLeftovers()
    return DrillOutcome(
      happened: kills == 0
        ? "the run was over before it could be killed"
        : "killed \(places.joined(separator: ", ")); gone on with, with other workers",
      stepsLost: lost, secondsLost: run.secondsLost(isPaced: true), bytes: bytes, problems: run.problems)
  }

  static let terminate = DrillCase(
    name: "sigterm", fault: "SIGTERM at a random moment",
    promise: "The run saves and ends with 143 after the step at hand: no step is lost, and the bytes are the same."
  ) { runs in
    let run = DrillRun(runs, "sigterm")
    defer { run.remove() }
    let child = try run.start(DrillRun.Start(isPaced: true))
    // Before its first step there is nothing to save.
    let most = try runs.wait(for: child, seconds: runs.deadline) { run.reached(by: child) != nil } ? runs.pacedExtra : 0
    _ = try runs.wait(for: child, seconds: runs.moment(0.8 * max(most, 0.5 * runs.reference)))
    let isOver = child.look() != nil
    let asked = ContinuousClock.now
    child.send(SIGTERM)
    let ending = try run.finish(child)
    let seconds = asked.duration(to: .now) / .seconds(1)
    let (told, saved) = (run.events.last("finished")?.step, run.steps.last)
    if isOver, ending == .code(0) { return .notTried("the run was over before the signal came") }
    run.problems += DrillJudgement.afterStop(ending, told: told, saved: saved)
    run.checkFiles("after SIGTERM")
    try run.goOn("gone on with", DrillRun.Start(workers: 2))
    let bytes = run.requireSame(as: runs.undisturbed)
    run.checkLeftovers()
    return DrillOutcome(
      happened: "stopped and saved at step \(told.map(String.init) ?? "?") within \(tenths(seconds)) s; gone on with",
      stepsLost: max(0, (told ?? 0) - (saved ?? 0)), secondsLost: run.secondsLost(isPaced: true), bytes: bytes,
      problems: run.problems)
  }

  static let secondProcess = DrillCase(
    name: "second-process", fault: "a second process in the same folder",
    promise: "It is refused with 73, and the first one is not disturbed."
  ) { runs in
    let run = DrillRun(runs, "second-process")
    defer { run.remove() }
    let first = try run.start(DrillRun.Start(isPaced: true))
    try runs.wait(for: first, seconds: runs.deadline) { run.reached(by: first) != nil }
    let second = try ChildProcess(
      DrillRuns.program, run.arguments(DrillRun.Start(isPaced: true)), errors: "\(run.parent)/errors-second")
    // Until it is refused, or has begun to train, too.
    try runs.wait(for: second, seconds: runs.deadline) { run.reached(by: second) != nil }
    let isFirstOver = first.look() != nil
    let refusal = second.look()
    second.end()
    let ending = try run.finish(first)
    if refusal != .code(73) {
      if isFirstOver { return .notTried("the first process was over before the second came") }
      run.problems.append(
        "the second process was not refused: \(refusal.map(DrillJudgement.words) ?? "it trained beside the first")")
    }
    if ending != .code(0) { run.problems.append("the first process: \(DrillJudgement.words(ending))\(run.lastWords)") }
    let bytes = run.requireSame(as: runs.undisturbed)
    return DrillOutcome(
      happened: "the second was " + (refusal == .code(73) ? "refused" : "not refused") + ", the first trained on",
      stepsLost: 0, secondsLost: run.secondsLost(isPaced: true), bytes: bytes, problems: run.problems)
  }
}

/// With one digit behind the point.
func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
