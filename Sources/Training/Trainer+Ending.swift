internal import Checkpointing
internal import Optimizers

/// The ends of epochs and of the run.
extension Trainer {
  /// Validation, early stopping, plateau, checkpoint.
  ///
  /// - Returns: nil: training goes on.
  func endEpoch(_ context: RunContext) throws -> TrainingResult.Ending? {
    if series.isDueAtEpoch() { tellSeries(context) }
    var row: ValidationRow?
    if let validationRun {
      // A signal cuts the validation short, and the epoch has not ended.
      guard let figures = try validationRun.figures(unless: context.stop) else {
        return .stopped(signal: context.stop.signal)
      }
      let made = ValidationRow(
        step: progress.step, epoch: progress.epoch + 1, loss: figures.loss, metrics: figures.metrics)
      state.validation.append(made)
      row = made
    }
    try saver.requireInPlace(seldom: true)
    step.shards.carried?.restart()
    let report = state.countEpoch(row, metricNames: saver.snapshot.metricNames)
    var shouldStop = false
    if let stopping = configuration.earlyStopping {
      let decision = EpochMonitor.check(stopping, report: report, state: &state.progress.earlyStopping)
      if decision.isBest { saver.best?.take(model) }
      shouldStop = decision.stop
    }
    let schedule = configuration.optimizer.learningRate
    // No plateau is one while the rate still rises.
    if let reduction = schedule.plateau, progress.step >= schedule.warmupSteps {
      let optimizer = step.update.state
      optimizer.learningRateFactor = EpochMonitor.reduce(
        reduction, report: report, factor: optimizer.learningRateFactor, state: &state.progress.plateau)
    }
    context.observe(.epoch(report))
    try saver.keepInMemory(state)
    let isLast = shouldStop || progress.epoch >= configuration.epochs
    let isEpochDue = configuration.checkpoints.everyEpochs.map { progress.epoch % $0 == 0 } ?? false
    if !isLast, context.stop.takeSave() || isEpochDue || saver.isDue(at: progress.step) {
      try saver.save(state, context)
    }
    return shouldStop ? .stoppedEarly(bestEpoch: progress.earlyStopping.bestEpoch) : nil
  }

  func finish(_ ending: TrainingResult.Ending, _ context: RunContext) throws -> TrainingResult {
    tellSeries(context)
    switch ending {
    case .finished, .stoppedEarly:
      state.progress.isFinished = true
      try saver.saveOrThrow(state, context)
      if saver.endsWithBest(state) {
        saver.best?.putBack(model)
        state.restoredEpoch = progress.earlyStopping.bestEpoch
      }
    case .stopped, .paused:
      if saver.submittedStep == progress.step { try saver.waitForWriter() }
      try saver.report(context)
      if saver.path != saver.store?.path(step: progress.step) { try saver.saveOrThrow(state, context) }
    case .diverged:
      state.hasDiverged = true
      try saver.settle(context)
    }
    return tell(ending, context)
  }

  /// What a run that was finished before comes to.
  func tellOfEarlierEnd(_ context: RunContext) -> TrainingResult {
    let isEarly = progress.epoch < configuration.epochs || hasStoppedEarly
    return tell(isEarly ? .stoppedEarly(bestEpoch: progress.earlyStopping.bestEpoch) : .finished, context)
  }

  /// Tells of the end, with the figures of the model that there is.
  private func tell(_ ending: TrainingResult.Ending, _ context: RunContext) -> TrainingResult {
    // After a rollback both end where the restored state does.
    let epoch = state.restoredEpoch ?? epochs.last?.epoch
    let result = TrainingResult(
      ending: ending, step: progress.step, epoch: progress.epoch, restoredEpoch: state.restoredEpoch,
      loss: epochs.last { $0.epoch == epoch }?.loss ?? .nan, validation: validation.last { $0.epoch == epoch },
      metricNames: saver.snapshot.metricNames, checkpoint: saver.path,
      blowup: ending == .diverged ? state.blowupPath : nil)
    for finding in findings() { context.observe(.finding(finding, step: result.step)) }
    context.observe(.finished(result))
    return result
  }
}
