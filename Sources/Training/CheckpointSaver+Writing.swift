internal import Checkpointing
internal import DataParallel
internal import Files
internal import Glibc

/// When checkpoints are written, and what is done about those that could not be.
extension CheckpointSaver {
  func isDue(at number: Int) -> Bool {
    guard store != nil else { return false }
    if let every = configuration.checkpoints.everySteps, number % every == 0 { return true }
    if let seconds = configuration.checkpoints.everySeconds {
      return ContinuousClock.now - times.save >= .seconds(seconds)
    }
    return false
  }

  /// Hands the state between two steps to the writer. Waits for the checkpoint before it, if that is still being written,
  /// so that which checkpoints there are does not depend on the disk's speed; unless a signal has come, whose own
  /// checkpoint makes this one needless.
  func save(_ state: RunState, _ context: RunContext) throws {
    guard writer != nil else { return }
    try report(context)
    let began = ContinuousClock.now
    guard try waitForWriter(unless: { context.stop.signal != 0 }) else { return }
    try report(context)
    try fill(state)
    times.stall = began.duration(to: .now) / .seconds(1)
    submittedStep = state.progress.step
    submit()
  }

  /// Saves the state and returns when it stands on the disk. If the disk is full it tries again: for a minute, or as long
  /// as it takes where the recipe says to wait, but for two seconds only at the first step and once a signal has come.
  ///
  /// - Throws: the writer's error.
  func saveOrThrow(_ state: RunState, _ context: RunContext) throws {
    guard let writer else { return }
    if context.stop.signal != 0 { writer.supersede() }
    try waitForWriter()
    try report(context)
    let began = ContinuousClock.now
    try fill(state)
    times.stall = began.duration(to: .now) / .seconds(1)
    submittedStep = state.progress.step
    var (tries, triesInHaste) = (0, 0)
    while true {
      submit()
      try waitForWriter()
      guard let failure = report(writer.takeOutcomes(), context) else { return }
      let mode = configuration.checkpoints.onDiskFull
      guard mode != .stop, (failure as? FileError)?.isDiskFull ?? false else { throw failure }
      tries += 1
      if state.progress.step == 0 || context.stop.signal != 0 { triesInHaste += 1 }
      if triesInHaste > 2 || (mode == .continue && tries > 60) { throw failure }
      sleep(1)
      try processes?.keepAlive()
    }
  }

  /// Returns when nothing is being written any more and all of it has been told.
  func settle(_ context: RunContext) throws {
    try waitForWriter()
    try report(context)
  }

  /// Tells of checkpoints that have been written since, and does what the recipe says about those that could not be.
  func report(_ context: RunContext) throws {
    guard let writer, writer.hasOutcomes else { return }
    guard let failure = report(writer.takeOutcomes(), context) else { return }
    if failure is RunFolderLost { throw failure }
    switch configuration.checkpoints.onDiskFull {
    case .continue: return
    case .stop: throw failure
    case .wait:
      guard (failure as? FileError)?.isDiskFull ?? false else { return }
      while context.stop.signal == 0 {
        sleep(1)
        try processes?.keepAlive()
        // The snapshot still holds the state that could not be written.
        submit(isLate: true)
        try waitForWriter()
        guard let failure = report(writer.takeOutcomes(), context) else { return }
        if failure is RunFolderLost { throw failure }
        if (failure as? FileError)?.isDiskFull != true { return }
      }
    }
  }

  /// - Returns: the error of the last checkpoint, if it failed.
  private func report(_ outcomes: [CheckpointWriter.Outcome], _ context: RunContext) -> (any Error)? {
    var failure: (any Error)?
    for outcome in outcomes {
      switch outcome.result {
      case .success(let published):
        failure = nil
        path = published.path
        context.observe(
          .checkpoint(
            CheckpointReport(
              step: outcome.step, epoch: outcome.epoch, path: published.path, bytes: published.bytes,
              isHealthy: outcome.isHealthy, removed: published.removed, stallSeconds: times.stall,
              writeSeconds: outcome.seconds, distributions: outcome.distributions)))
      case .failure(is CheckpointSuperseded): continue
      case .failure(let error):
        failure = error
        context.observe(.checkpointFailed(step: outcome.step, reason: "\(error)"))
      }
    }
    return failure
  }

  /// - Parameter isLate: the snapshot was to be written before; the time until the next one does not begin anew.
  private func submit(isLate: Bool = false) {
    if !isLate { times.save = .now }
    writer?.submit(
      snapshot, figures: monitoredFigures(),
      distributions: configuration.tensorboard && times.distributions.isDue())
  }

  /// Waits until no checkpoint is being written; the other processes, who wait for this one, are told that it lives.
  ///
  /// - Parameter isOver: asked often whether not to wait any longer.
  /// - Returns: whether none is.
  @discardableResult
  func waitForWriter(unless isOver: () -> Bool = { false }) throws -> Bool {
    guard let writer else { return true }
    var failure: (any Error)?
    let isIdle = writer.wait {
      do { try processes?.keepAlive() } catch { failure = error }
      return failure != nil || isOver()
    }
    if let failure { throw failure }
    return isIdle
  }

  /// The figure that `keep_best` goes by, at the steps where the snapshot knows it.
  private func monitoredFigures() -> [Int: Double] {
    guard let monitor = configuration.checkpoints.keepBest?.monitor else { return [:] }
    if monitor == "loss" { return Dictionary(snapshot.epochs.map { ($0.step, $0.loss) }) { _, last in last } }
    let name = monitor.hasPrefix("validation_") ? String(monitor.dropFirst("validation_".count)) : monitor
    let rows = snapshot.validation
    if name == "loss" { return Dictionary(rows.map { ($0.step, $0.loss) }) { _, last in last } }
    guard let index = snapshot.metricNames.firstIndex(of: name) else { return [:] }
    return Dictionary(rows.map { ($0.step, $0.metrics[index]) }) { _, last in last }
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
