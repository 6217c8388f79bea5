internal import Checkpointing
internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// What is to be done after a step that blew up.
enum Recovery {
  /// The same step, run again, was healthy: its update has been applied.
  case transient
  /// The update was left out; the epoch goes on.
  case skipped
  /// The state is an earlier checkpoint's; a new attempt begins.
  case rolledBack
  /// Nothing is left to try, or nothing is to be tried.
  case halted
}

/// Blow-ups: found before the update, explained, and recovered from as the recipe says.
extension Trainer {
  /// Deals with the step that `step` has just run and that is not healthy, by what became of its update.
  ///
  /// - Parameters:
  ///   - batch: rows of the step at hand, in the epoch's order.
  /// - Throws: `TrainingError` where the data are to blame and bad rows are not to be skipped.
  func recover(
    rows batch: UnsafeBufferPointer<Int32>, key: UInt64, _ stop: StopRequest, _ observe: (TrainingEvent) -> Void
  ) throws -> Recovery {
    let first = step.outcome
    var culprit: Culprit?
    if first.disposition == .withheldNonFinite {
      if step.shards.fault?.kind == .transientNaN { step.shards.fault = nil }
      try run(rows: batch, key: key, probing: true, stop)
      if step.outcome.disposition == .withheldNonFinite {
        culprit = try CulpritSearch(step: step, processes: processes).findCulprit()
        try run(rows: batch, key: key, probing: true, stop)  // the gradient again, for the file
      }
      // It is the last run's update that counts.
      if step.outcome.disposition != .withheldNonFinite { tellOfTransient(observe) }
    }
    switch step.outcome.disposition {
    case .applied: return .transient
    case .withheldSpike:
      if configuration.health.onSpike == .rollback { return try rollBack(stop, observe) }
      return skip(observe)
    case .appliedToPoisoned: culprit = try CulpritSearch(step: step, processes: processes).findPoison()
    case .withheldNonFinite: break
    }
    let isApplied = step.outcome.disposition == .appliedToPoisoned
    try reportBlowup(culprit, objective: isApplied ? step.outcome.objective : first.objective, stop, observe)
    if let culprit, culprit.quantity == .input {
      guard configuration.data.onBadRow == .skip else { throw badRow(culprit) }
      return leaveOut(observe)
    }
    switch configuration.health.onBlowup {
    case .halt: return halt("health.on_blowup is halt", observe)
    case .skip where isApplied:
      return halt(
        "the update has been applied already and cannot be left out (on_blowup: rollback would undo it)", observe)
    case .skip: return skip(observe)
    case .rollback: return try rollBack(stop, observe)
    }
  }

  private func tellOfTransient(_ observe: (TrainingEvent) -> Void) {
    let isApplied = step.outcome.disposition == .applied
    record(
      "transient",
      "step \(progress.step + 1) (epoch \(progress.epoch + 1)) gave a non-finite loss or gradient once and a finite "
        + "one when run again: a fault of memory or processor rather than of the model"
        + (isApplied ? "; its update was applied" : ""), observe)
    if let spike = step.outcome.spike { tellOf(spike, observe) }
  }

  /// Training ends here, as diverged; says why.
  private func halt(_ reason: String, _ observe: (TrainingEvent) -> Void) -> Recovery {
    record("halted", "training ends at step \(progress.step + 1) (epoch \(progress.epoch + 1)): \(reason)", observe)
    return .halted
  }

  /// Says it once in a window: a noisy stretch is one event.
  func tellOf(_ spike: Spike, _ observe: (TrainingEvent) -> Void) {
    let number = progress.step + 1
    if configuration.health.onSpike == .warn, let last = events.last(where: { $0.kind == "spike" }),
      number - last.step < step.spikes.monitor.thresholds.window
    {
      return
    }
    let factor = spike.factor < 1000 ? "\(Float((spike.factor * 10).rounded() / 10))" : "\(Float(spike.factor))"
    let rows = step.batch.rows.count
    let ofSo = rows < progress.batchSize ? " of a batch of \(rows) \(rows == 1 ? "row" : "rows")" : ""
    record(
      "spike",
      "step \(number) (epoch \(progress.epoch + 1)): the \(spike.series.rawValue) is \(factor) times the usual one"
        + ofSo, observe)
  }

  /// Leaves the update out, unless as many as the recipe allows have been left out just before.
  private func skip(_ observe: (TrainingEvent) -> Void) -> Recovery {
    let most = configuration.health.maxSkips
    guard progress.remedies.skips < most else {
      return halt(
        "\(most) \(most == 1 ? "update has" : "updates have") been left out in a row, as many as health.max_skips "
          + "allows; this one was not applied either", observe)
    }
    return leaveOut(observe)
  }

  private func leaveOut(_ observe: (TrainingEvent) -> Void) -> Recovery {
    progress.remedies.skips += 1
    record("skip", "step \(progress.step + 1) (epoch \(progress.epoch + 1)): this batch's update was left out", observe)
    return .skipped
  }

  private func badRow(_ culprit: Culprit) -> any Error {
    let row = culprit.rows.first.map { row in data.rowNumbers.map { Int($0[row]) } ?? row } ?? 0
    let error = TrainingError(
      "\(data.sourceName): row \(row), column \(culprit.column ?? 0) of the features is not a finite number; "
        + "mend the data, or leave such rows out with data.on_bad_row: skip")
    return processes == nil ? error : JointError(error.description)
  }

  // MARK: Going back

  /// Restores the newest healthy checkpoint (further back if the last rollback did not get far), takes the next remedy and
  /// begins a new attempt.
  ///
  /// Ends the run if the budget is spent or nothing different is left to try.
  private func rollBack(_ stop: StopRequest, _ observe: (TrainingEvent) -> Void) throws -> Recovery {
    let health = configuration.health
    var remedies = progress.remedies
    guard remedies.rollbacks < health.maxRollbacks else {
      let most = health.maxRollbacks
      return halt(
        "it has gone back \(most) \(most == 1 ? "time" : "times"), as often as health.max_rollbacks allows", observe)
    }
    let rung = health.ladder[min(remedies.rollbacks, health.ladder.count - 1)]
    let blownStep = progress.step + 1
    let clipLimit = automaticClip()  // from the history at hand, before it goes back

    guard let (checkpoint, restored) = try agreedRestorePoint(blownStep: blownStep, rung: rung) else {
      return halt("there is no healthy checkpoint to go back to", observe)
    }
    tellSeries(observe)  // what the attempt came to
    let before = remedies
    let change = apply(rung, automaticClip: clipLimit, to: &remedies)
    guard remedies != before || rung.resetMoments || rung.skipBatches > 0 || restored != before.restoredStep else {
      return halt("health.ladder has no further remedy, and going back to step \(restored) has been tried", observe)
    }
    remedies.rollbacks += 1
    remedies.restoredStep = restored
    remedies.skips = 0

    let attempt = progress.attempt + 1
    let told = events
    if let checkpoint { try take(checkpoint, sameOptimizer: true) } else { takeSnapshot() }
    progress.attempt = attempt
    progress.remedies = remedies
    progress.isFinished = false
    events = told
    applyRemedies()
    if rung.resetMoments { optimizerState.reset(configuration.optimizer) }
    progress.stepInEpoch = min(progress.stepInEpoch + rung.skipBatches, stepsPerEpoch)
    store?.abandon(after: progress.step, attempt: attempt - 1)
    let message =
      "went back from step \(blownStep) to step \(progress.step) (epoch \(progress.epoch)), attempt \(attempt): \(change)"
    record("rollback", message, observe)
    observe(.rollback(RollbackReport(from: blownStep, to: progress.step, attempt: attempt, change: change)))
    try saveOrThrow(stop, observe)
    return .rolledBack
  }

  /// Where to go back to: a verified healthy checkpoint, or the copy in memory of a run without a directory.
  func restorePoint(
    blownStep: Int, rung: HealthConfiguration.Rung
  ) throws -> (checkpoint: Checkpoint?, step: Int)? {
    // Again within a few steps of the last restored one: that checkpoint was sick already.
    let last = progress.remedies.restoredStep
    let isRelapse = last > 0 && blownStep - last <= 10
    guard let store else { return hasMemory ? (nil, snapshot.progress.step) : nil }
    try waitForWriter()
    try store.requireInPlace()
    var skip = rung.goBack
    var oldest: (Checkpoint, Int)?
    for number in try store.steps().reversed() where number < blownStep && !(isRelapse && number >= last) {
      guard let checkpoint = try? Checkpoint(verifying: store.path(step: number)), checkpoint.isHealthy else {
        continue
      }
      oldest = (checkpoint, number)
      if skip == 0 { break }
      skip -= 1
    }
    if oldest == nil, isRelapse, let checkpoint = try? Checkpoint(verifying: store.path(step: last)) {
      oldest = (checkpoint, last)  // nothing older is left: the next remedy has to do
    }
    return oldest
  }

  /// The norm that 90 % of the healthy steps before the growth began stayed under; 1 while there are fewer than 100.
  private func automaticClip() -> Double {
    var norms = recorder.history.column(StepColumn.gradientNorm)
    norms.removeAll { !$0.isFinite }
    // The growth: the steps at the end in which each norm is larger than the one before.
    while norms.count > 1, norms[norms.count - 1] > norms[norms.count - 2] { norms.removeLast() }
    guard norms.count >= 100 else { return 1 }
    return norms.sorted()[norms.count * 9 / 10]
  }

  /// - Returns: what changes, in words.
  private func apply(
    _ rung: HealthConfiguration.Rung, automaticClip: Double, to remedies: inout RemedyState
  ) -> String {
    var changes: [String] = []
    if let clip = rung.clip {
      var limit = automaticClip
      if case .norm(let given) = clip { limit = given }
      // On top of an earlier clip, a tighter one.
      if remedies.clip > 0 { limit = min(limit, remedies.clip / 10) }
      remedies.clip = limit
      changes.append("the gradient is clipped to global norm \(limit)")
    }
    if rung.learningRate != 1 {
      remedies.learningRateFactor *= rung.learningRate
      changes.append("the learning rate is \(Float(remedies.learningRateFactor)) times the recipe's")
    }
    if rung.resetMoments { changes.append("the optimizer's slots start anew") }
    if rung.skipBatches > 0 { changes.append("\(rung.skipBatches) batches are left out") }
    if rung.goBack > 0 { changes.append("\(counted(rung.goBack, "checkpoint")) further back") }
    return changes.joined(separator: ", ")
  }

  /// Puts the remedies of `progress` into force: after a rollback and after a resumption.
  func applyRemedies() {
    optimizerState.remedyFactor = progress.remedies.learningRateFactor
    let clip = progress.remedies.clip
    step.spikes.monitor = SpikeMonitor(step.spikes.monitor.thresholds, state: progress.spikeState)
    step.update.optimizer = clip > 0 ? configuration.optimizer.clipped(.globalNorm(clip)) : configuration.optimizer
  }

  // MARK: Telling

  func record(_ kind: String, _ message: String, _ observe: (TrainingEvent) -> Void) {
    events.append(RecordedEvent(step: progress.step + 1, kind: kind, message: message))
    observe(.note(kind: kind, step: progress.step + 1, message: message))
  }

  /// Tells of the step and leaves its state for inspection.
  private func reportBlowup(
    _ culprit: Culprit?, objective: Double, _ stop: StopRequest, _ observe: (TrainingEvent) -> Void
  ) throws {
    var path: String?
    if let store {
      try waitForWriter()
      try reportSaves(stop, observe)
      try fillSnapshot()
      snapshot.progress.loss = objective
      snapshot.isHealthy = false
      snapshot.blowupRows = step.batch.rows.map { Int64($0) }
      path = try? store.publishBlowup(snapshot, step: progress.step + 1).path
      blowupPath = path
      snapshot.blowupRows = []
    }
    let report = BlowupReport(
      step: progress.step + 1, epoch: progress.epoch + 1, loss: objective, nonfinite: step.outcome.nonfinite,
      culprit: culprit, path: path, fault: step.shards.fault?.description)
    events.append(RecordedEvent(step: report.step, kind: "blowup", message: report.message))
    observe(.blowup(report))
  }
}
