internal import Checkpointing
internal import DataParallel
internal import Glibc
internal import GradientHealth
internal import Kernels

/// Trains a network: the epoch loop, where data, step, validation, checkpoints and stop conditions meet.
///
/// ```swift
/// let trainer = try Trainer(configuration, data: data, directory: nil)
/// let result = try trainer.run { event in ... }
/// ```
/// One thread owns a trainer; `run` uses it as worker 0.
public final class Trainer {
  public let configuration: TrainingConfiguration
  public let data: TrainingData
  /// What is to be said at the start.
  public let notes: [String]
  /// The processes that train this run together; nil: this one does alone.
  let processes: (any ProcessGroup)?
  let step: TrainingStep
  let rows: EpochRows
  let validationRun: Evaluation?
  let saver: CheckpointSaver
  var state: RunState
  var recorder: HistoryRecorder
  var series = SeriesAccumulator()
  /// The rung of the ladder whose optimizer the step has; -1: the recipe's.
  var optimizerRung = -1
  var faults = FaultInjector()
  /// Steps after which the run ends as if its epochs were done; nil: it has all of them.
  public var stepLimit: Int?
  /// Seconds to wait before every step. A test aid: what is done to a run from outside then meets it in its steps.
  public var pause = 0.0
  /// The first so many steps have a row each in the running series. One of very many runs needs fewer.
  public var singleRows = SeriesAccumulator.singleSteps {
    didSet { series = SeriesAccumulator(singleSteps: singleRows) }
  }
  /// Asked before every epoch but the first, and so where a run goes on between two epochs too: whether training goes on
  /// after the epoch that is done. nil: it does.
  public var goesOn: ((EpochReport) throws -> Bool)?

  init(
    _ configuration: TrainingConfiguration, data: TrainingData, notes: [String], processes: (any ProcessGroup)?,
    step: TrainingStep, rows: EpochRows, validation: Evaluation?, saver: CheckpointSaver, state: RunState
  ) {
    self.configuration = configuration
    self.data = data
    self.notes = notes
    self.processes = processes
    self.step = step
    self.rows = rows
    validationRun = validation
    self.saver = saver
    self.state = state
    recorder = HistoryRecorder(network: step.shards.model.network, history: state.history)
    step.spikes.reference = { [unowned self] in self.state.spikeReference }
  }

  deinit { step.team.end() }

  /// A fault to be put in on purpose; nil as a rule.
  public var fault: FaultInjection? {
    get { faults.fault }
    set { faults.fault = newValue }
  }

  /// Trains until the epochs are done, the figures no longer improve, `stop` asks, or the run diverges.
  ///
  /// - Parameter observe: told of everything, on this thread, between steps.
  /// - Throws: what a worker throws, and errors of writing the first or the last checkpoint.
  public func run(stop: StopRequest = StopRequest(), observe: (TrainingEvent) -> Void = { _ in }) throws
    -> TrainingResult
  {
    try withoutActuallyEscaping(observe) { observe in
      try run(RunContext(stop: stop, observe: observe, isJoint: processes != nil))
    }
  }

  private func run(_ context: RunContext) throws -> TrainingResult {
    context.observe(.started(summary))
    if progress.isFinished { return tellOfEarlierEnd(context) }
    // A checkpoint at step 0 is also the test that the disk takes one.
    if saver.submittedStep != progress.step { try saver.saveOrThrow(state, context) }
    try saver.keepInMemory(state)
    context.stop.beginSteps()
    series.start()
    saver.start()
    enterTrial()
    while true {
      var ending = TrainingResult.Ending.finished
      if progress.epoch < configuration.epochs, !isAtLimit {
        if let goesOn, progress.stepInEpoch == 0, let last = lastEpoch, try !goesOn(last) {
          return try finish(.paused, context)
        }
        guard let end = try runEpoch(context) else { continue }
        ending = end
      }
      if ending.isFinal, try judgeEnd(context) { continue }
      return try finish(ending, context)
    }
  }

  /// Runs an epoch from where it stands.
  ///
  /// - Returns: nil: training goes on, with the next epoch or from where a rollback has led to.
  private func runEpoch(_ context: RunContext) throws -> TrainingResult.Ending? {
    rows.begin(epoch: progress.epoch, attempt: progress.attempt, batch: progress.stepInEpoch)
    let key = Trainer.dropoutKey(seed: configuration.seed, attempt: progress.attempt)
    while progress.stepInEpoch < stepsPerEpoch {
      switch try runStep(key: key, context) {
      case .applied: break
      case .leftOut: state.progress.stepInEpoch += 1
      case .wentBack: return nil
      case .halted: return .diverged
      }
      context.stop.noteStep()
      if context.signal != 0 { return .stopped(signal: context.signal) }
      if isAtLimit, progress.stepInEpoch < stepsPerEpoch { return .finished }
      // At the epoch's edge once the epoch has ended: `endEpoch`.
      if progress.stepInEpoch < stepsPerEpoch, context.stop.takeSave() || saver.isDue(at: progress.step) {
        try saver.save(state, context)
      }
      try saver.report(context)
    }
    return try endEpoch(context)
  }

  private var isAtLimit: Bool { stepLimit.map { progress.step >= $0 } ?? false }

  /// Key of an attempt's dropout masks.
  static func dropoutKey(seed: UInt64, attempt: Int) -> UInt64 {
    var random = RandomStream(seed: seed, stream: 1 << 40 + UInt64(attempt))
    return random.nextUInt64()
  }

  /// Runs the step at hand, and recovers from it where it is not healthy.
  private func runStep(key: UInt64, _ context: RunContext) throws -> StepEnd {
    let every = configuration.history.everySteps
    let isRecorded = every > 0 && progress.step % every == 0
    let batch = try rows.batch(progress.stepInEpoch)
    if batch.isEmpty { return .leftOut }
    if pause > 0 { usleep(UInt32(pause * 1e6)) }
    if fault != nil { putInFault(rows: batch) }
    try run(rows: batch, key: key, probing: isRecorded, context)
    var outcome = step.outcome
    let isTold = !outcome.isHealthy && series.isDueAtBadStep()
    if isTold { tellSeries(context) }  // so that the steps before it keep their figures
    if isRecorded || every > 0 && !outcome.isHealthy {
      recorder.record(state.rowPlace, step: step, in: &state.history)
    }
    if isRecorded, progress.step % Trainer.bandSteps == 0 { tellOfUpdates(context) }
    if let spike = outcome.spike { try tellOf(spike, context) }
    if !outcome.isHealthy {
      addToSeries(outcome, isRecorded: every > 0, applied: false)
      if isTold { tellSeries(context) }
      let end = try recover(rows: batch, key: key, context)
      guard case .applied = end else { return end }
      outcome = step.outcome
    }
    let isWindow = state.countStep(outcome, rows: batch.count, window: windowLength)
    addToSeries(outcome, isRecorded: isRecorded)
    context.observe(
      .step(
        StepReport(
          step: progress.step, epoch: progress.epoch + 1, stepInEpoch: progress.stepInEpoch, rows: batch.count,
          loss: outcome.objective, gradientNorm: outcome.gradientNorm, clippedNorm: outcome.clippedNorm,
          learningRate: outcome.learningRate)))
    if series.isDue() {
      tellSeries(context)
      try saver.requireInPlace()
    }
    if configuration.history.fullGradientsEverySteps > 0 { keepFullGradient(context) }
    return try isWindow ? judgeWindow(context) ?? .applied : .applied
  }
}

/// How a step ended.
enum StepEnd {
  case applied
  /// The update was left out; the epoch goes on.
  case leftOut
  /// The state is an earlier checkpoint's; a new attempt begins.
  case wentBack
  /// Nothing is left to try, or nothing is to be tried.
  case halted
}
