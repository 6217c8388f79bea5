internal import Checkpointing
internal import GradientHealth
internal import Optimizers

/// Going back, and the search for a remedy as `RecoveryTrials` decides.
extension Trainer {
  /// Why training goes back.
  enum SetBack {
    case blowup
    /// A trial's steps are over, or the run is, and the goal has not been reached.
    case missedGoal
    /// Finite, but no better than a constant, after having been better.
    case lost
  }

  var windowLength: Int { RecoveryTrials.windowLength(stepsPerEpoch: stepsPerEpoch) }

  /// Restores the good state, or the copy in memory, puts the next remedy in effect and begins a new attempt.
  ///
  /// Ends the run if nothing is left to try; goes on where the remedy at hand is the best of all.
  func goBack(_ reason: SetBack, _ context: RunContext) throws -> StepEnd {
    let health = configuration.health
    let blownStep = reason == .blowup ? progress.step + 1 : progress.step
    let before = progress.remedies
    var probation = before.probation
    if probation != nil {
      probation?.results.append(reason == .blowup ? .infinity : before.probation?.figure ?? .infinity)
    }
    var place = 0
    var isSettling = false
    let isSpent = before.rollbacks >= health.maxRollbacks
    switch probation.map({ RecoveryTrials.next($0, isSpent: isSpent) }) {
    case nil: break
    case .attempt(let next): place = next
    case .settle(let best):
      if let probation, best == probation.results.count - 1, reason == .missedGoal {
        settle(probation, best, context)
        tryNoMore()
        return .applied
      }
      (place, isSettling) = (best, true)
    case .exhausted: return end(.ladderIsSpent, context)
    }
    guard isSettling || !isSpent else {
      return end(.rollbacksAreSpent(health.maxRollbacks), context)
    }

    let usual = reason == .blowup ? lossBeforeSudden(blownStep: blownStep) : nil
    let isEarly =
      usual == nil
      && RecoveryTrials.isEarly(
        step: progress.step, progress.windows, constantLoss: progress.data.constantLossAboveZero,
        stepsPerEpoch: stepsPerEpoch)
    let windows = progress.windows
    let latest =
      usual != nil && probation == nil
      ? blownStep - 1 : latestGoodStep(reason, blownStep: blownStep, isEarly: isEarly, probation)
    let rung = probation.map { health.ladder[$0.rungs[place]] }
    guard
      let (checkpoint, restored) = try saver.restorePoint(
        latest: latest, blownStep: blownStep, furtherBack: rung?.goBack ?? 0)
    else { return end(.noCheckpoint, context) }
    tellSeries(context)  // what the attempt came to

    let (attempt, told) = (progress.attempt + 1, state.events)
    let suspects = suspectRows()
    if let checkpoint {
      try take(checkpoint, sameOptimizer: checkpoint.progress.remedies.effect.optimizerRung == optimizerRung)
    } else {
      try takeSnapshot()
    }
    state.progress.attempt = attempt
    state.progress.isFinished = false
    state.events = told
    var remedies = before
    if probation == nil {
      let evidence = try examine(suspects, isEarly: isEarly, skipped: before.skippedRows)
      let rungs = RecoveryTrials.rungs(
        health, optimizer: configuration.optimizer.name, isEarly: isEarly, evidence)
      guard !rungs.isEmpty else { return end(.ladderIsSpent, context) }
      if !evidence.rows.isEmpty, rungs.contains(where: { health.ladder[$0].skipRows }) {
        remedies.skippedRows = (before.skippedRows + evidence.rows).sorted()
        remedies.skippedSourceRows = remedies.skippedRows.map { row in Int(data.rowNumbers?[Int(row)] ?? row) }
      }
      try skip(remedies.skippedRows)
      var effect = before.effect
      // Weights that were drawn anew before this state are in it.
      if restored != before.restoredStep { effect.redraws = false }
      let length = RecoveryTrials.trialLength(stepsPerEpoch: stepsPerEpoch)
      probation = Probation(
        goodStep: restored, blownStep: blownStep,
        goal: RecoveryTrials.goal(
          isEarly: isEarly, best: usual ?? windows.best, constantLoss: progress.data.constantLossAboveZero),
        judgedAfter: isEarly ? restored : blownStep + windowLength, deadline: 0, rungs: rungs, before: effect,
        isEarly: isEarly)
      probation?.deadline = (isEarly ? restored : blownStep + windowLength) + length
      place = 0
    }
    guard var probation else { return end(.noCheckpoint, context) }
    probation.goodStep = restored
    probation.figure = .infinity
    probation.isSettled = isSettling
    let number = probation.rungs[place]
    let isRedrawn = probation.rungs.prefix(place + 1).contains { health.ladder[$0].redraw }
    let (effect, change) = RecoveryTrials.effect(
      health.ladder[number], number: number, on: probation.before, keepsRedraw: isRedrawn,
      skippedRows: remedies.skippedSourceRows,
      automaticClip: RecoveryTrials.automaticClip(
        state.history.column(StepColumn.gradientNorm), isEarly: probation.isEarly))
    if isSettling { settle(probation, place, context) }
    remedies.effect = effect
    remedies.probation = isSettling ? nil : probation
    remedies.rollbacks += 1
    remedies.restoredStep = restored
    remedies.skips = 0
    state.progress.remedies = remedies
    (state.progress.windows.sum, state.progress.windows.count, state.progress.windows.lost) = (0, 0, 0)
    if isSettling { tryNoMore() }
    try putRemediesInEffect()
    if health.ladder[number].resetMoments { step.update.state.reset(step.update.optimizer) }
    state.progress.stepInEpoch = min(progress.stepInEpoch + health.ladder[number].skipBatches, stepsPerEpoch)
    saver.store?.abandon(after: progress.step, attempt: attempt - 1)
    let trial = isSettling ? "" : ", trial \(place + 1) of \(probation.rungs.count)"
    record(
      "rollback",
      "went back from step \(blownStep) to step \(progress.step) (epoch \(progress.epoch)), attempt \(attempt)\(trial): "
        + change, context)
    context.observe(.rollback(RollbackReport(from: blownStep, to: progress.step, attempt: attempt, change: change)))
    try saver.saveOrThrow(state, context)
    enterTrial()
    return .wentBack
  }

  /// What `RecoveryTrials.lossBeforeSudden` finds in the history.
  private func lossBeforeSudden(blownStep: Int) -> Double? {
    let history = state.history
    let rows = history.places.indices.filter { Int(history.places[$0].step) < blownStep }.suffix(10)
    let (losses, penalties) = (history.column(StepColumn.loss), history.column(StepColumn.penalty))
    let norms = history.column(StepColumn.gradientNorm)
    return RecoveryTrials.lossBeforeSudden(
      losses: rows.map { losses[$0] - penalties[$0] }, norms: rows.map { norms[$0] })
  }

  /// The newest step whose weights can be trusted.
  private func latestGoodStep(_ reason: SetBack, blownStep: Int, isEarly: Bool, _ probation: Probation?) -> Int {
    if let probation {
      // A late trial that blows up at once: the state it started from was sick already.
      let isRelapse = reason == .blowup && probation.goodStep > 0 && blownStep - probation.goodStep <= 10
      return isRelapse ? probation.goodStep - 1 : probation.goodStep
    }
    if isEarly { return 0 }
    if reason == .lost { return progress.windows.goodStep }
    let history = state.history
    guard history.count > 0 else { return blownStep }
    return RecoveryTrials.stepBeforeGrowth(
      steps: history.places.map { Int($0.step) }, losses: history.column(StepColumn.loss), limit: blownStep - 1)
  }

  /// None of the remedies has reached the goal: the best stays, and the run says so.
  private func settle(_ probation: Probation, _ place: Int, _ context: RunContext) {
    state.progress.remedies.probation = nil
    let figure = probation.results[place]
    let constant = progress.data.constantLossAboveZero
    let isUseless = figure >= 0.95 * constant
    record(
      isUseless ? "not_cured" : "settled",
      "no remedy brought the mean loss of \(windowLength) steps to \(Float(probation.goal)); trial \(place + 1) of "
        + "\(probation.rungs.count) came nearest, with \(Float(figure)), and stays"
        + (isUseless ? ": the run is not cured, it is no better than a constant (\(Float(constant)))" : ""), context)
  }

  /// What cannot be cured is not gone back for again.
  private func tryNoMore() {
    state.progress.windows.best = .infinity
    state.progress.windows.lost = 0
  }

  /// After each window of steps.
  ///
  /// - Returns: nil: training goes on.
  func judgeWindow(_ context: RunContext) throws -> StepEnd? {
    guard var probation = progress.remedies.probation else {
      guard configuration.health.onBlowup == .rollback, RecoveryTrials.hasLost(progress.windows) else { return nil }
      record(
        "lost",
        "\(stepJustDone): the mean loss of \(windowLength) steps is \(Float(progress.windows.last)), no better than a "
          + "constant's \(Float(progress.data.constantLoss)), after \(Float(progress.windows.best)): the run has lost "
          + "what it had learnt", context)
      return try goBackIfAny(.lost, context)
    }
    switch RecoveryTrials.judge(&probation, progress.windows, step: progress.step) {
    case .open:
      state.progress.remedies.probation = probation
      return nil
    case .passed:
      state.progress.remedies.probation = nil
      record(
        "recovered",
        "\(stepJustDone): the mean loss of \(windowLength) steps is \(Float(progress.windows.last)), the goal was "
          + "\(Float(probation.goal)): the remedy stays", context)
      return nil
    case .missed:
      state.progress.remedies.probation = probation
      return try goBackIfAny(.missedGoal, context)
    }
  }

  /// A trial that is still open when the run ends is judged by its last window, or by what there is of the first.
  ///
  /// - Returns: whether training goes on from an earlier state.
  func judgeEnd(_ context: RunContext) throws -> Bool {
    guard let probation = progress.remedies.probation else { return false }
    let windows = progress.windows
    let hasWindow = progress.step - progress.remedies.restoredStep >= windowLength
    let figure = hasWindow ? windows.last : windows.sum / Double(windows.count)
    if !(figure > probation.goal) {
      state.progress.remedies.probation = nil
      record("settled", "the run ended before the remedy could be judged: it stays", context)
      return false
    }
    state.progress.remedies.probation?.figure = figure
    if case .wentBack = try goBackIfAny(.missedGoal, context) ?? .applied { return true }
    return false
  }

  /// Where nothing is left to go back to, a finite run goes on as it is.
  private func goBackIfAny(_ reason: SetBack, _ context: RunContext) throws -> StepEnd? {
    switch try goBack(reason, context) {
    case .wentBack: return .wentBack
    case .applied, .leftOut, .halted:
      state.progress.remedies.probation = nil
      tryNoMore()
      return nil
    }
  }

  private var stepJustDone: String { "step \(progress.step)" }

  // MARK: What is in effect

  /// After a rollback and after a resumption.
  func putRemediesInEffect() throws {
    let effect = progress.remedies.effect
    let rule = effect.applied(to: configuration.optimizer, ladder: configuration.health.ladder)
    if effect.optimizerRung != optimizerRung {
      optimizerRung = effect.optimizerRung
      if rule.name != progress.optimizer || rule.transforms.flatMap(\.slots) != step.update.state.slotNames {
        step.update.begin(rule)
        state.progress.optimizer = rule.name
        try saver.adoptSlots()
      }
    }
    step.update.optimizer = rule
    try skip(progress.remedies.skippedRows)
  }

  /// Batches come without these rows from here on, and the data are measured without them.
  private func skip(_ rows: [Int32]) throws {
    guard rows != self.rows.skipped else { return }
    self.rows.skipped = rows
    state.progress.data = try DataFigures(of: data.train, loss: configuration.loss, without: Set(rows))
  }

  /// What a remedy does to the state that a trial starts from. The checkpoint of that step holds the state itself, so
  /// that the next trial can start from it, and a resumed run comes by here again.
  func enterTrial() {
    guard progress.step == progress.remedies.restoredStep, progress.remedies.effect.redraws else { return }
    WeightRedraw(model.network, data: progress.data, loss: configuration.loss)
      .fill(trainedModel, seed: configuration.seed)
    step.update.average?.restart()
    step.update.state.reset(step.update.optimizer)
  }
}
