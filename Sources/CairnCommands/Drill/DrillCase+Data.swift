internal import Files
internal import Glibc
internal import Training

/// Data and settings that do harm.
extension DrillCase {
  static let nanInput = DrillCase(
    name: "nan-input", fault: "a NaN in the training data",
    promise: "Row and column are named; the run ends with 65 (data.on_bad_row: refuse) or leaves the batch out (skip)."
  ) { runs in
    if let trouble = runs.ownTrouble { return .notTried(trouble) }
    let run = DrillRun(runs, "nan-input")
    defer { run.remove() }
    let step = runs.plan.stepBetween
    let ending = try run.train(DrillRun.Start(inject: "nan-input@\(step)"))
    let said = run.errors
    run.checkFiles("after it")
    let saved = run.steps.last ?? 0
    if run.events.first("blowup")?.quantity != "input" {
      run.problems.append("nothing says that a number of the data is not finite")
    }
    if runs.configuration.data.onBadRow == .skip {
      if ending != .code(0) || run.events.first("skip") == nil {
        run.problems.append("on_bad_row is skip, but the batch was not left out: \(DrillJudgement.words(ending))")
      }
      run.problems += try run.judgeEnd(isTold: false)
      return DrillOutcome(
        happened: "the batch of step \(step) was left out", stepsLost: 0, secondsLost: run.secondsLost(),
        bytes: .remedied, problems: run.problems)
    }
    if ending != .code(65) { run.problems.append("expected exit code 65, found \(DrillJudgement.words(ending))") }
    if !said.contains("column 0") { run.problems.append("row and column are not named") }
    try run.goOn("gone on with, the data mended")
    let bytes = run.requireSame(as: runs.undisturbed)
    return DrillOutcome(
      happened: "ended with \(DrillJudgement.words(ending)), row and column named; gone on with, the data mended",
      stepsLost: max(0, step - 1 - saved), secondsLost: run.secondsLost(), bytes: bytes, problems: run.problems)
  }

  static let spike = DrillCase(
    name: "spike", fault: "a layer's gradient a thousand times what it is, in one step",
    promise: "A step that stands out is told of; what it does to the weights is recovered from if it blows them up."
  ) { runs in
    try stray(runs, "spike", "spike-gradient@\(runs.plan.stepBetween)", at: runs.plan.stepBetween)
  }

  static let poisonedRow = DrillCase(
    name: "poisoned-row", fault: "a row of the training data a million times too large",
    promise: "A step that stands out is told of; if it blows up, the row is found and left out."
  ) { runs in
    let step = runs.plan.stepBetween
    return try stray(runs, "poisoned-row", "poison-row@\(step)", at: step) { run in
      guard let blowup = run.events.first("blowup"), let back = run.events.first("rollback"), runs.canFindRows,
        (blowup.step ?? .max) < step + 5
      else { return }
      if !back.message.contains("left out") {
        run.problems.append("the row was not left out: the first remedy was: \(back.message)")
      }
    }
  }

  static let rate = DrillCase(
    name: "rate", fault: "a learning rate ten thousand times too high",
    promise: "No weight that is not finite is saved; a run that blows up is recovered, one that is only ruined says so."
  ) { runs in
    try stray(runs, "rate", "rate-jump@1", at: 1)
  }

  /// A fault that leaves numbers finite, at first.
  private static func stray(
    _ runs: DrillRuns, _ name: String, _ inject: String, at step: Int, _ check: (DrillRun) -> Void = { _ in }
  ) throws -> DrillOutcome {
    if let trouble = runs.ownTrouble { return .notTried(trouble) }
    let run = DrillRun(runs, name)
    defer { run.remove() }
    let ending = try run.train(DrillRun.Start(inject: inject))
    run.checkFiles("at the end")
    check(run)
    let events = run.events
    if !events.contains(where: { ["spike", "skip", "blowup"].contains($0.kind) && $0.step == step }) {
      let figures = try run.figures(upTo: step)
      // A loss of which one row may be a large part may rise further than a gradient's norm, which others cancel.
      for (name, series, factor) in [("loss", figures.losses, 1e3), ("gradient norm", figures.norms, 60)] {
        guard let times = DrillJudgement.outstanding(series, factor: factor) else { continue }
        run.problems.append(
          "the \(name) of step \(step) was \(Float(times)) times the largest before, and no event tells of it")
      }
    }
    if events.contains(where: { ["blowup", "rollback", "halted"].contains($0.kind) }) {
      return try run.recovered(ending, from: step)
    }
    if ending != .code(0) { run.problems.append("\(DrillJudgement.words(ending))\(run.lastWords)") }
    let told = events.filter {
      ["spike", "skip", "lost"].contains($0.kind) || $0.kind == "finding" && $0.level != "notice"
    }
    run.problems += try run.judgeEnd(isTold: !told.isEmpty)
    var happened = "nothing stood out, and the run went on"
    var isRemedied = false
    if let first = told.first {
      let message = first.message.split(separator: ";").first.map(String.init) ?? ""
      happened = "told: \(message.prefix(1).lowercased() + message.dropFirst())"
      // Where it is not `warn`, a spike's update is not applied; going back would have been seen above.
      if runs.configuration.health.onSpike != .warn, first.kind == "spike" {
        isRemedied = events.first("skip")?.step != nil
        if !isRemedied { run.problems.append("health.on_spike is skip, but the update was not left out") }
      }
    }
    let bytes = run.compare(with: runs.undisturbed)
    runs.keepCurve(name, of: run)
    return DrillOutcome(
      happened: happened, stepsLost: 0, secondsLost: run.secondsLost(),
      bytes: bytes == .same ? .same : isRemedied ? .remedied : .disturbed, problems: run.problems)
  }
}

extension DrillRuns {
  /// Whether a row that stands out can be found: no statistics of the batch, all rows in memory and few enough to be looked
  /// at one by one, and the remedy may be tried.
  var canFindRows: Bool {
    rule.skipsRows && !hasState && !isStreamed && trainRows <= 4096 && parameters <= 400_000
  }
}
