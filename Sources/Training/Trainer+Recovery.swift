internal import Checkpointing
internal import DataParallel
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// Blow-ups and spikes: explained, told of, and recovered from as `RecoveryPolicy` decides.
extension Trainer {
  /// Deals with the step that `step` has just run and that is not healthy.
  ///
  /// - Parameter batch: rows of the step at hand, in the epoch's order.
  /// - Throws: `TrainingError` where the data are to blame and bad rows are not to be skipped.
  func recover(rows batch: UnsafeBufferPointer<Int32>, key: UInt64, _ context: RunContext) throws -> StepEnd {
    let settings = RecoverySettings(
      health: configuration.health, skipsBadRows: configuration.data.onBadRow == .skip)
    let first = step.outcome
    var bad = BadStep(disposition: first.disposition)
    var culprit: Culprit?
    if RecoveryPolicy.decide(bad, progress.remedies, settings) == .runAgain {
      culprit = try runAgain(rows: batch, key: key, context)
      bad = BadStep(disposition: step.outcome.disposition, wasRunAgain: true)
    }
    if bad.isBlowup {
      let isApplied = bad.disposition == .appliedToPoisoned
      if isApplied { culprit = try CulpritSearch(step: step, processes: processes).findPoison() }
      bad.hasBadInput = culprit?.quantity == .input
      try tellOfBlowup(culprit, objective: isApplied ? step.outcome.objective : first.objective, context)
    }
    switch RecoveryPolicy.decide(bad, progress.remedies, settings) {
    case .accept, .runAgain: return .applied
    case .leaveOut:
      state.progress.remedies.skips += 1
      record("skip", "\(stepAtHand): this batch's update was left out", context)
      return .leftOut
    case .goBack: return try goBack(.blowup, context)
    case .refuseData: throw badRow(culprit)
    case .halt(let halt): return end(halt, context)
    }
  }

  /// `step 7 (epoch 2)`
  private var stepAtHand: String { "step \(progress.step + 1) (epoch \(progress.epoch + 1))" }

  /// Runs the step again, and looks for what makes its loss or gradient non-finite; nil: nothing does any more.
  private func runAgain(
    rows batch: UnsafeBufferPointer<Int32>, key: UInt64, _ context: RunContext
  ) throws -> Culprit? {
    if step.shards.fault?.kind == .transientNaN { step.shards.fault = nil }
    try run(rows: batch, key: key, probing: true, context)
    var culprit: Culprit?
    if step.outcome.disposition == .withheldNonFinite {
      culprit = try CulpritSearch(step: step, processes: processes).findCulprit()
      try run(rows: batch, key: key, probing: true, context)  // the gradient again, for the file
    }
    // It is the last run's update that counts.
    guard step.outcome.disposition != .withheldNonFinite else { return culprit }
    record(
      "transient",
      "\(stepAtHand) gave a non-finite loss or gradient once and a finite one when run again: a fault of memory or "
        + "processor rather than of the model" + (step.outcome.isHealthy ? "; its update was applied" : ""), context)
    if let spike = step.outcome.spike { try tellOf(spike, context) }
    return nil
  }

  /// Training ends here, as diverged; says why.
  func end(_ halt: RecoveryPolicy.Halt, _ context: RunContext) -> StepEnd {
    record("halted", "training ends at \(stepAtHand): \(halt.reason)", context)
    return .halted
  }

  private func badRow(_ culprit: Culprit?) -> any Error {
    let row = culprit?.rows.first.map { row in data.rowNumbers.map { Int($0[row]) } ?? row } ?? 0
    let error = TrainingError(
      "\(data.sourceName): row \(row), column \(culprit?.column ?? 0) of \(culprit?.input.map { "`\($0)`" } ?? "the features") is not a finite number; "
        + "mend the data, or leave such rows out with data.on_bad_row: skip")
    return processes == nil ? error : JointError(error.description)
  }

  /// Tells of the step and leaves its state for inspection.
  private func tellOfBlowup(_ culprit: Culprit?, objective: Double, _ context: RunContext) throws {
    if saver.store != nil {
      state.blowupPath = try saver.publishBlowup(state, objective: objective, rows: step.batch.rows, context)
    }
    let report = BlowupReport(
      step: progress.step + 1, epoch: progress.epoch + 1, loss: objective, nonfinite: step.outcome.nonfinite,
      culprit: culprit, path: saver.store == nil ? nil : state.blowupPath, fault: step.shards.fault?.description)
    state.events.append(RecordedEvent(step: report.step, kind: "blowup", message: report.message))
    context.observe(.blowup(report))
    // What is gone back from is forgotten; this is why it was.
    let name = Finding.Name.explodingThroughTime
    if !state.history.series.isEmpty, let finding = findings().first(where: { $0.name == name }) {
      record(name.rawValue, finding.message, context)
    }
  }
}
