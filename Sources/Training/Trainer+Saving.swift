internal import Checkpointing
internal import DataParallel
internal import Files
internal import GradientHealth
internal import Glibc
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// Checkpoints: when, and what becomes of them.
extension Trainer {
  func isCheckpointDue() -> Bool {
    guard store != nil else { return false }
    if let every = configuration.checkpoints.everySteps, progress.step % every == 0 { return true }
    if let seconds = configuration.checkpoints.everySeconds {
      return ContinuousClock.now - lastSave >= .seconds(seconds)
    }
    return false
  }

  /// Hands the state between two steps to the writer. Waits for the checkpoint before it, if that is still being written,
  /// so that which checkpoints there are does not depend on the disk's speed; unless a signal has come, whose own
  /// checkpoint makes this one needless.
  func save(_ stop: StopRequest, _ observe: (TrainingEvent) -> Void) throws {
    guard let writer else { return }
    try reportSaves(stop, observe)
    let began = ContinuousClock.now
    guard try waitForWriter(unless: { stop.signal != 0 }) else { return }
    try reportSaves(stop, observe)
    try fillSnapshot()
    stall = began.duration(to: .now) / .seconds(1)
    submittedStep = progress.step
    lastSave = .now
    submit(to: writer)
  }

  /// Saves the state and returns when it stands on the disk. If the disk is full it tries again: for a minute, or as long
  /// as it takes where the recipe says to wait, but for two seconds only at the first step and once a signal has come.
  ///
  /// - Throws: the writer's error.
  func saveOrThrow(_ stop: StopRequest, _ observe: (TrainingEvent) -> Void) throws {
    guard let writer else { return }
    if stop.signal != 0 { writer.supersede() }
    try waitForWriter()
    try reportSaves(stop, observe)
    let began = ContinuousClock.now
    try fillSnapshot()
    stall = began.duration(to: .now) / .seconds(1)
    submittedStep = progress.step
    var (tries, triesInHaste) = (0, 0)
    while true {
      lastSave = .now
      submit(to: writer)
      try waitForWriter()
      guard let failure = report(writer.takeOutcomes(), observe) else { return }
      let mode = configuration.checkpoints.onDiskFull
      guard mode != .stop, (failure as? FileError)?.isDiskFull ?? false else { throw failure }
      tries += 1
      if progress.step == 0 || stop.signal != 0 { triesInHaste += 1 }
      if triesInHaste > 2 || (mode == .continue && tries > 60) { throw failure }
      sleep(1)
      try processes?.keepAlive()
    }
  }

  /// Tells of checkpoints that have been written since, and does what the recipe says about those that could not be.
  func reportSaves(_ stop: StopRequest, _ observe: (TrainingEvent) -> Void) throws {
    guard let writer, writer.hasOutcomes else { return }
    guard let failure = report(writer.takeOutcomes(), observe) else { return }
    if failure is RunFolderLost { throw failure }
    switch configuration.checkpoints.onDiskFull {
    case .continue: return
    case .stop: throw failure
    case .wait:
      guard (failure as? FileError)?.isDiskFull ?? false else { return }
      while stop.signal == 0 {
        sleep(1)
        try processes?.keepAlive()
        // The snapshot still holds the state that could not be written.
        submit(to: writer)
        try waitForWriter()
        guard let failure = report(writer.takeOutcomes(), observe) else { return }
        if failure is RunFolderLost { throw failure }
        if (failure as? FileError)?.isDiskFull != true { return }
      }
    }
  }

  /// - Returns: the error of the last checkpoint, if it failed.
  private func report(_ outcomes: [CheckpointWriter.Outcome], _ observe: (TrainingEvent) -> Void) -> (any Error)? {
    var failure: (any Error)?
    for outcome in outcomes {
      switch outcome.result {
      case .success(let published):
        failure = nil
        checkpointPath = published.path
        observe(
          .checkpoint(
            CheckpointReport(
              step: outcome.step, epoch: outcome.epoch, path: published.path, bytes: published.bytes,
              isHealthy: outcome.isHealthy, removed: published.removed, stallSeconds: stall,
              writeSeconds: outcome.seconds, distributions: outcome.distributions)))
      case .failure(is CheckpointSuperseded): continue
      case .failure(let error):
        failure = error
        observe(.checkpointFailed(step: outcome.step, reason: "\(error)"))
      }
    }
    return failure
  }

  private func submit(to writer: CheckpointWriter) {
    writer.submit(
      snapshot, figures: monitoredFigures(), distributions: configuration.tensorboard && distributionPace.isDue())
  }

  /// Copies the whole state into the snapshot, which must not be in the writer's hands.
  func fillSnapshot() throws {
    try copy.fill()
    snapshot.progress = progress
    snapshot.progress.learningRateFactor = optimizerState.learningRateFactor
    snapshot.progress.optimizerScalars = optimizerState.scalars
    snapshot.progress.spikeState = step.spikes.monitor.state
    snapshot.history.copy(recorder.history)
    snapshot.epochs = epochs
    snapshot.validation = validation
    snapshot.events = events
    snapshot.putsBackBest = progress.isFinished && endsWithBest
  }

  /// Whether the end of the run puts the best epoch's weights back.
  var endsWithBest: Bool {
    best?.isTaken ?? false && progress.earlyStopping.bestEpoch != progress.epoch
  }

  /// The figure that `keep_best` goes by, at the steps where it is known.
  private func monitoredFigures() -> [Int: Double] {
    guard let monitor = configuration.checkpoints.keepBest?.monitor else { return [:] }
    if monitor == "loss" { return Dictionary(epochs.map { ($0.step, $0.loss) }) { _, last in last } }
    let name = monitor.hasPrefix("validation_") ? String(monitor.dropFirst("validation_".count)) : monitor
    if name == "loss" { return Dictionary(validation.map { ($0.step, $0.loss) }) { _, last in last } }
    guard let index = snapshot.metricNames.firstIndex(of: name) else { return [:] }
    return Dictionary(validation.map { ($0.step, $0.metrics[index]) }) { _, last in last }
  }

  /// Writes the step's whole gradient, if its turn has come. A disk that is full loses it, and training goes on.
  func keepFullGradient(_ observe: (TrainingEvent) -> Void) {
    guard let store, progress.step % configuration.history.fullGradientsEverySteps == 0 else { return }
    do {
      try store.requireInPlace()
      try FullGradients.write(
        model.network, gradient: step.gradient, weights: model.parameters.readOnly, step: progress.step,
        directory: store.directory)
    } catch {
      observe(.note(kind: "full_gradients_failed", step: progress.step, message: "step \(progress.step): \(error)"))
    }
  }

  /// A run without a directory goes back to a copy in memory: of the start, then of the end of an epoch, as many
  /// steps apart at least as the history has rows at full resolution, as the copy takes the whole history with it.
  func keepInMemory() throws {
    guard isInMemory, configuration.health.onBlowup == .rollback else { return }
    guard !hasMemory || progress.step - snapshot.progress.step >= recorder.history.capacity else { return }
    try fillSnapshot()
    hasMemory = true
  }
}

extension RetentionPolicy {
  init(_ configuration: CheckpointConfiguration) {
    self.init(
      keepLast: configuration.keepLast, keepBest: configuration.keepBest?.count ?? 0,
      lowerIsBetter: EpochMonitor.lowerIsBetter(configuration.keepBest?.monitor ?? "loss"),
      keepEvery: configuration.keepEvery)
  }
}
