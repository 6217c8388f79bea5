internal import Checkpointing
internal import GradientHealth
internal import Optimizers

/// Where a run stands, apart from weights and what optimizer and spike monitor remember: what a snapshot contains.
struct RunState {
  var progress: RunProgress
  var epochs: [EpochRow] = []
  var validation: [ValidationRow] = []
  var events: [RecordedEvent] = []
  var history: GradientHistory

  // Of this start of the run; a snapshot does without.

  /// Nothing was left to try after a blow-up.
  var hasDiverged = false
  /// Where the state at the last blow-up was left, if it could be written.
  var blowupPath: String?
  /// The epoch whose weights have been put back as the best at the end of the run.
  var restoredEpoch: Int?

  init(progress: RunProgress, history: GradientHistory) {
    self.progress = progress
    self.history = history
  }

  // MARK: Moving on

  /// An update was applied; of so many rows.
  ///
  /// - Parameter window: steps that the data loss is averaged over.
  /// - Returns: whether such a window has been completed.
  mutating func countStep(_ outcome: StepOutcome, rows: Int, window: Int) -> Bool {
    progress.remedies.skips = 0
    progress.step += 1
    progress.stepInEpoch += 1
    progress.loss = outcome.objective
    progress.learningRate = outcome.learningRate
    progress.epochLossSum += outcome.objective * Double(rows)
    progress.epochRows += rows
    if let noise = outcome.noise {
      progress.noise.trace += noise.trace
      progress.noise.square += noise.square
    }
    return RecoveryTrials.count(
      outcome.objective - outcome.penalty, step: progress.step, length: window,
      constantLoss: progress.data.constantLossAboveZero, in: &progress.windows)
  }

  /// All steps of an epoch are done, and its validation.
  mutating func countEpoch(_ row: ValidationRow?, metricNames: [String]) -> EpochReport {
    progress.epoch += 1
    let report = EpochReport(
      epoch: progress.epoch, step: progress.step, loss: progress.epochLossSum / Double(progress.epochRows),
      validation: row, metricNames: metricNames, learningRate: progress.learningRate)
    epochs.append(
      EpochRow(
        step: report.step, epoch: report.epoch, loss: report.loss, gradientNoiseScale: progress.noise.scale))
    progress.stepInEpoch = 0
    progress.epochLossSum = 0
    progress.epochRows = 0
    progress.noise = NoiseSample()
    return report
  }

  /// Where a row of the history stands: the step that comes.
  var rowPlace: GradientHistory.RowPlace {
    GradientHistory.RowPlace(
      step: Int64(progress.step + 1), epoch: Int64(progress.epoch), attempt: Int64(progress.attempt))
  }

  // MARK: Snapshots

  func fill(_ snapshot: TrainingSnapshot) {
    snapshot.progress = progress
    snapshot.history.copy(history)
    (snapshot.epochs, snapshot.validation, snapshot.events) = (epochs, validation, events)
  }

  /// Takes over a snapshot's state, but for what belongs to this start rather than to a checkpoint.
  mutating func take(_ snapshot: TrainingSnapshot, stepsPerEpoch: Int) {
    let now = progress
    progress = snapshot.progress
    history = snapshot.history
    (epochs, validation, events) = (snapshot.epochs, snapshot.validation, snapshot.events)
    let samples = progress.stepInEpoch * progress.updateRows
    progress.stepInEpoch = min(samples / now.updateRows, stepsPerEpoch)
    (progress.run, progress.shards, progress.seed) = (now.run, now.shards, now.seed)
    (progress.batchSize, progress.accumulateSteps) = (now.batchSize, now.accumulateSteps)
    (progress.trainFingerprint, progress.validationFingerprint) = (now.trainFingerprint, now.validationFingerprint)
    (progress.numericKernels, progress.optimizer) = (now.numericKernels, now.optimizer)
    progress.data = now.data
  }

  /// What a spike at the step at hand is measured by: the history's levels; without a history the epochs' mean loss.
  /// Both are in every checkpoint, so that a resumed run judges as one that was never stopped.
  var spikeReference: SpikeReference {
    if history.count > 0 { return SpikeReference(history) }
    return SpikeReference(loss: epochs.map(\.loss).filter(\.isFinite).max() ?? .nan)
  }
}

extension RemedyState.Effect {
  /// The recipe's rule, or that of the ladder's rung in effect, with the remedies.
  func applied(to optimizer: Optimizer, ladder: [HealthConfiguration.Rung]) -> Optimizer {
    let rule = ladder.indices.contains(optimizerRung) ? ladder[optimizerRung].optimizer ?? optimizer : optimizer
    return (clip > 0 ? rule.clipped(.globalNorm(clip)) : rule).slowed(by: learningRateFactor)
  }
}
