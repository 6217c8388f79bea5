public import Checkpointing
public import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// Trains a network: the epoch loop, where data, step, validation, checkpoints and stop conditions meet.
///
/// ```swift
/// let trainer = try Trainer(configuration, data: data, directory: nil)
/// let result = try trainer.run { event in ... }
/// ```
/// One thread owns a trainer; `run` uses it as worker 0.
public final class Trainer {
  public let configuration: TrainingConfiguration
  public let model: Model
  public let data: TrainingData
  public internal(set) var progress: RunProgress
  public internal(set) var epochs: [EpochRow] = []
  public internal(set) var validation: [ValidationRow] = []

  let team: WorkerTeam
  /// The processes that train this run together; nil: this one does alone.
  let processes: (any ProcessGroup)?
  /// The signal that they have agreed to stop for.
  var agreedSignal: Int32 = 0
  let optimizerState: OptimizerState
  let step: TrainingStep
  var recorder: HistoryRecorder
  var events: [RecordedEvent] = []
  /// Writes checkpoints; nil: the run leaves none, or another process writes them.
  private(set) var store: CheckpointStore?
  let writer: CheckpointWriter?
  /// Filled for every checkpoint, then the writer's until it is written.
  let snapshot: TrainingSnapshot
  /// Copies the state into the snapshot on all workers.
  let copy: SnapshotCopy
  /// The best epoch's weights, if they are to be put back.
  let best: BestWeights?
  private let validationRun: Evaluation?
  private let order: BatchOrder
  private let rows: UnsafeMutableBufferPointer<Int32>
  /// The step of the newest checkpoint handed to the writer, and of the newest that was published.
  var submittedStep = -1
  var checkpointPath: String?
  var blowupPath: String?
  var hasDiverged = false
  /// The epoch whose weights have been put back as the best at the end of the run.
  var restoredEpoch: Int?
  var lastSave = ContinuousClock.now
  private var lastPlaceCheck = ContinuousClock.now
  private var faults = FaultInjector()
  /// A fault to be put in on purpose; nil as a rule.
  public var fault: FaultInjection? {
    get { faults.fault }
    set { faults.fault = newValue }
  }
  /// What is to be said at the start.
  public private(set) var notes: [String] = []
  /// Whether the run writes no checkpoints.
  let isInMemory: Bool
  /// Whether the snapshot, of a run that writes none, holds a state to go back to.
  var hasMemory = false
  /// Seconds that training stood still for the snapshot in the writer's hands.
  var stall = 0.0
  var series = SeriesAccumulator()
  var distributionPace = Pace(unhurried: 64, shortest: 1, perAge: 200)

  /// - Parameters:
  ///   - directory: a folder for checkpoints, existing where `processes` is nil or this is the first of them, which
  ///     alone writes them; nil: none are written.
  ///   - processes: those that train together, each with a trainer made of the same.
  ///   - allowsMixedKernels: whether their processors may compute with different rounding.
  ///   - recipe: the text that goes into every checkpoint, given the shards that the run has got.
  /// - Throws: `NetworkError`, `TrainingError` where network, loss and data do not fit; errors of reading
  ///   `initialWeights`; `OutOfMemory`, `ThreadError`, `NumericKernelsError` where the system does not give what is needed.
  public init(
    _ configuration: TrainingConfiguration, data: TrainingData, directory: String?,
    processes: (any ProcessGroup)? = nil, allowsMixedKernels: Bool = false,
    recipe: (_ shards: Int) -> String = { _ in "" }
  ) throws {
    self.configuration = configuration
    self.data = data
    let processors = ProcessorCount.available(processesHere: processes?.localCount ?? 1)
    let network = try Network(
      input: Shape(data.train.sampleShape), layers: configuration.layers, loss: configuration.loss)
    try DataCheck.check(network, metrics: configuration.metrics, data: data)
    let workers = configuration.workers ?? Trainer.suitedWorkers(network, configuration, processors: processors)
    try Trainer.requireMemory(network, configuration, data: data, workers: workers, isSaved: directory != nil)
    try NumericKernels.start(products: workers)
    let model = Model(network, seed: configuration.seed)
    self.model = model
    if let path = configuration.initialWeights,
      let note = try InitialWeights.read(path, into: network, trainable: model.parameters, state: model.state)
    {
      notes.append(note)
    }

    self.processes = processes
    let workersOfAll = try processes?.gather(words: [UInt64(workers)]).map { Int($0[0]) } ?? [workers]
    let shards = configuration.shards ?? workersOfAll.reduce(0, +)
    let share = try processes.map { try ProcessShare($0, shards: shards, workers: workersOfAll) }
    let team = try WorkerTeam(count: workers, processors: processors)
    self.team = team
    let optimizer = configuration.optimizer
    let optimizerState = OptimizerState(
      optimizer: optimizer, count: network.layout.trainableCount, entries: network.layout.trainable.count)
    self.optimizerState = optimizerState
    step = TrainingStep(
      model: model, optimizer: optimizer, optimizerState: optimizerState, team: team, shards: shards,
      batchSize: min(configuration.batchSize, data.train.count), source: data.train, share: share,
      spikes: SpikeWatch(
        monitor: SpikeMonitor(SpikeThresholds(configuration.loss)),
        withholds: configuration.health.onSpike != .warn, reference: { SpikeReference() }))
    recorder = HistoryRecorder(network: network, configuration: configuration.history)
    isInMemory = directory == nil
    let store = processes?.isFirst ?? true ? directory.map { CheckpointStore(directory: $0) } : nil
    self.store = store
    writer = try store.map { try CheckpointWriter(store: $0, retention: RetentionPolicy(configuration.checkpoints)) }
    best = configuration.earlyStopping?.restoreBest == true ? BestWeights(network) : nil
    validationRun = data.validation.map {
      Evaluation(
        model: model, metrics: configuration.metrics, team: team, source: $0, processes: processes)
    }
    order = BatchOrder(
      count: data.train.count, seed: configuration.seed, shuffle: configuration.shuffle, plan: data.train.plan)
    rows = .allocate(capacity: data.train.count)
    rows.initialize(repeating: 0)

    var progress = RunProgress(
      run: configuration.name, seed: configuration.seed, shards: shards, batchSize: configuration.batchSize,
      optimizer: optimizer.name)
    progress.trainFingerprint = data.train.fingerprint
    progress.validationFingerprint = data.validation?.fingerprint ?? ""
    progress.numericKernels = "\(NumericKernels.name) \(NumericKernels.selfTestHash())"
    self.progress = progress
    snapshot = TrainingSnapshot(
      network: network, slotNames: optimizerState.slotNames, progress: progress, history: recorder.history,
      keepsBest: configuration.earlyStopping?.restoreBest ?? false)
    snapshot.recipe = recipe(shards)
    snapshot.metricNames = configuration.metrics.map(\.name)
    snapshot.columns = data.storedColumns
    snapshot.classNames = data.classNames
    snapshot.featureNames = data.featureNames
    copy = SnapshotCopy(
      model: model, optimizerState: optimizerState, gradient: step.gradient, best: best, snapshot: snapshot, team: team)
    try processes?.check(snapshot, allowsMixedKernels: allowsMixedKernels)
    step.spikes.reference = { [unowned self] in spikeReference }
  }

  /// Writes into the folder that `lock` holds alone, and ends with `RunFolderLost` when it has lost its name.
  public func hold(_ lock: RunLock) {
    guard let store else { return }
    self.store = CheckpointStore(directory: store.directory, lock: lock)
    writer?.hold(lock)
  }

  deinit {
    team.end()
    rows.deallocate()
  }

  /// As many workers as processors, but no more than have a million operations of a step each to do: below that, meeting
  /// at barriers takes longer than the work.
  private static func suitedWorkers(
    _ network: Network, _ configuration: TrainingConfiguration, processors: Int
  ) -> Int {
    let operations = 6 * configuration.batchSize * network.layout.trainableCount
    return max(1, min(processors, operations / 1_000_000))
  }

  /// Where the time of the steps goes that were run since `measurePhases`; nil: not measured.
  public var phases: StepPhases? { step.phases }
  public func measurePhases() { step.measurePhases() }

  public var stepsPerEpoch: Int { BatchOrder.batches(size: configuration.batchSize, count: data.train.count) }

  public var summary: RunSummary {
    RunSummary(
      run: configuration.name, description: configuration.description, tags: configuration.tags,
      layers: model.network.places.count, parameters: model.network.layout.parameterCount,
      trainRows: data.train.count, validationRows: data.validation?.count ?? 0, epochs: configuration.epochs,
      stepsPerEpoch: stepsPerEpoch, batchSize: configuration.batchSize, workers: team.count, shards: progress.shards,
      step: progress.step, epoch: progress.epoch, attempt: progress.attempt,
      isFinished: progress.isFinished, seed: configuration.seed, optimizer: configuration.optimizer.name,
      loss: type(of: configuration.loss).name, metrics: configuration.metrics.map(\.name),
      recordedLayers: recorder.history.layers)
  }

  /// Trains until the epochs are done, the figures no longer improve, `stop` asks, or the run diverges.
  ///
  /// - Parameter observe: told of everything, on this thread, between steps.
  /// - Throws: what a worker throws, and errors of writing the first or the last checkpoint.
  public func run(stop: StopRequest = StopRequest(), observe: (TrainingEvent) -> Void = { _ in }) throws
    -> TrainingResult
  {
    observe(.started(summary))
    if progress.isFinished { return finished(observe) }
    // A checkpoint at step 0 is also the test that the disk takes one.
    if submittedStep != progress.step { try saveOrThrow(stop, observe) }
    try keepInMemory()
    stop.beginSteps()
    series.start()
    distributionPace.start()
    var ending = TrainingResult.Ending.finished
    loop: while progress.epoch < configuration.epochs {
      order.fill(rows, epoch: progress.epoch, attempt: progress.attempt)
      data.train.begin(
        order.schedule(epoch: progress.epoch, attempt: progress.attempt),
        at: progress.stepInEpoch * configuration.batchSize)
      let key = Trainer.dropoutKey(seed: configuration.seed, attempt: progress.attempt)
      while progress.stepInEpoch < stepsPerEpoch {
        if let recovery = try runStep(key: key, stop, observe) {
          switch recovery {
          case .rolledBack: continue loop
          case .skipped: progress.stepInEpoch += 1
          case .halted:
            ending = .diverged
            break loop
          case .transient: break
          }
        }
        stop.noteStep()
        let signal = processes == nil ? stop.signal : agreedSignal
        if signal != 0 {
          ending = .stopped(signal: signal)
          break loop
        }
        // At the epoch's edge once the epoch has ended: `endEpoch`.
        if progress.stepInEpoch < stepsPerEpoch, stop.takeSave() || isCheckpointDue() { try save(stop, observe) }
        try reportSaves(stop, observe)
      }
      guard let shouldStop = try endEpoch(stop, observe) else {
        ending = .stopped(signal: stop.signal)
        break
      }
      if shouldStop {
        ending = .stoppedEarly(bestEpoch: progress.earlyStopping.bestEpoch)
        break
      }
    }
    return try finish(ending, stop, observe)
  }

  /// Key of an attempt's dropout masks.
  private static func dropoutKey(seed: UInt64, attempt: Int) -> UInt64 {
    var random = RandomStream(seed: seed, stream: 1 << 40 + UInt64(attempt))
    return random.nextUInt64()
  }

  /// - Returns: nil if the update was applied; else what has been done instead.
  private func runStep(key: UInt64, _ stop: StopRequest, _ observe: (TrainingEvent) -> Void) throws -> Recovery? {
    let batch = BatchOrder.batch(progress.stepInEpoch, size: configuration.batchSize, count: data.train.count)
    let every = configuration.history.everySteps
    let isRecorded = every > 0 && progress.step % every == 0
    let batchRows = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(rows)[batch])
    try data.train.prepare(batch)
    if faults.fault != nil {
      faults.inject(
        into: step, number: progress.step + 1, attempt: progress.attempt, process: processes?.rank ?? 0)
    }
    try run(rows: batchRows, key: key, probing: isRecorded, stop)
    var outcome = step.outcome
    let tellsOfBadStep = !outcome.isHealthy && series.isDueAtBadStep()
    if tellsOfBadStep { tellSeries(observe) }  // so that the steps before it keep their figures
    if isRecorded || every > 0 && !outcome.isHealthy {
      let place = GradientHistory.RowPlace(
        step: Int64(progress.step + 1), epoch: Int64(progress.epoch), attempt: Int64(progress.attempt))
      recorder.record(place, step: step)
    }
    if let spike = outcome.spike { tellOf(spike, observe) }
    if !outcome.isHealthy {
      addToSeries(outcome, isRecorded: every > 0, applied: false)
      if tellsOfBadStep { tellSeries(observe) }
      let recovery = try recover(rows: batchRows, key: key, stop, observe)
      guard case .transient = recovery else { return recovery }
      outcome = step.outcome
    }
    progress.remedies.skips = 0
    progress.step += 1
    progress.stepInEpoch += 1
    progress.loss = outcome.objective
    progress.learningRate = outcome.learningRate
    progress.epochLossSum += outcome.objective * Double(batch.count)
    progress.epochRows += batch.count
    addToSeries(outcome, isRecorded: isRecorded)
    observe(
      .step(
        StepReport(
          step: progress.step, epoch: progress.epoch + 1, stepInEpoch: progress.stepInEpoch, rows: batch.count,
          loss: outcome.objective, gradientNorm: outcome.gradientNorm, clippedNorm: outcome.clippedNorm,
          learningRate: outcome.learningRate)))
    if series.isDue() {
      tellSeries(observe)
      try store?.requireInPlace()
    }
    if configuration.history.fullGradientsEverySteps > 0 { keepFullGradient(observe) }
    return nil
  }

  /// Validation, early stopping, plateau, checkpoint.
  ///
  /// - Returns: whether training should end; nil if a signal cut the validation short, and the epoch has not ended.
  private func endEpoch(_ stop: StopRequest, _ observe: (TrainingEvent) -> Void) throws -> Bool? {
    if series.isDueAtEpoch() { tellSeries(observe) }
    var row: ValidationRow?
    if let validationRun {
      guard let figures = try validationRun.figures(unless: stop) else { return nil }
      let made = ValidationRow(
        step: progress.step, epoch: progress.epoch + 1, loss: figures.loss, metrics: figures.metrics)
      validation.append(made)
      row = made
    }
    if lastPlaceCheck.duration(to: .now) > .milliseconds(200) {
      try store?.requireInPlace()
      lastPlaceCheck = .now
    }
    progress.epoch += 1
    let report = EpochReport(
      epoch: progress.epoch, step: progress.step, loss: progress.epochLossSum / Double(progress.epochRows),
      validation: row, metricNames: snapshot.metricNames, learningRate: progress.learningRate)
    epochs.append(EpochRow(step: report.step, epoch: report.epoch, loss: report.loss))
    progress.stepInEpoch = 0
    progress.epochLossSum = 0
    progress.epochRows = 0
    var shouldStop = false
    if let stopping = configuration.earlyStopping {
      let decision = EpochMonitor.check(stopping, report: report, state: &progress.earlyStopping)
      if decision.isBest { best?.take(model) }
      shouldStop = decision.stop
    }
    if case .reduceOnPlateau(let reduction) = configuration.optimizer.learningRate {
      optimizerState.learningRateFactor = EpochMonitor.reduce(
        reduction, report: report, factor: optimizerState.learningRateFactor, state: &progress.plateau)
    }
    observe(.epoch(report))
    try keepInMemory()
    let isLast = shouldStop || progress.epoch >= configuration.epochs
    let isEpochDue = configuration.checkpoints.everyEpochs.map { progress.epoch % $0 == 0 } ?? false
    if !isLast, stop.takeSave() || isEpochDue || isCheckpointDue() { try save(stop, observe) }
    return shouldStop
  }

  private func finish(
    _ ending: TrainingResult.Ending, _ stop: StopRequest, _ observe: (TrainingEvent) -> Void
  ) throws -> TrainingResult {
    tellSeries(observe)
    switch ending {
    case .finished, .stoppedEarly:
      progress.isFinished = true
      try saveOrThrow(stop, observe)
      if endsWithBest {
        best?.putBack(model)
        restoredEpoch = progress.earlyStopping.bestEpoch
      }
    case .stopped:
      if submittedStep == progress.step { try waitForWriter() }
      try reportSaves(stop, observe)
      if checkpointPath != store?.path(step: progress.step) { try saveOrThrow(stop, observe) }
    case .diverged:
      hasDiverged = true
      try waitForWriter()
      try reportSaves(stop, observe)
    }
    return tell(ending, observe)
  }

  /// What a run that was finished before comes to.
  private func finished(_ observe: (TrainingEvent) -> Void) -> TrainingResult {
    let isEarly = progress.epoch < configuration.epochs || hasStoppedEarly
    return tell(isEarly ? .stoppedEarly(bestEpoch: progress.earlyStopping.bestEpoch) : .finished, observe)
  }

  /// Tells of the end, with the figures of the model that there is.
  private func tell(_ ending: TrainingResult.Ending, _ observe: (TrainingEvent) -> Void) -> TrainingResult {
    // After a rollback both end where the restored state does.
    let epoch = restoredEpoch ?? epochs.last?.epoch
    let result = TrainingResult(
      ending: ending, step: progress.step, epoch: progress.epoch, restoredEpoch: restoredEpoch,
      loss: epochs.last { $0.epoch == epoch }?.loss ?? .nan, validation: validation.last { $0.epoch == epoch },
      metricNames: snapshot.metricNames, checkpoint: checkpointPath, blowup: ending == .diverged ? blowupPath : nil)
    for finding in findings() { observe(.finding(finding, step: result.step)) }
    observe(.finished(result))
    return result
  }
}
