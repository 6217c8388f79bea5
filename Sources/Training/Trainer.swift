public import Checkpointing
internal import DataParallel
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
  public private(set) var progress: RunProgress
  public private(set) var validation: [ValidationRow] = []

  let team: WorkerTeam
  let optimizerState: OptimizerState
  let step: TrainingStep
  var recorder: HistoryRecorder
  var events: [RecordedEvent] = []
  /// Writes checkpoints; nil: the run leaves none.
  let store: CheckpointStore?
  /// Filled for every checkpoint; also keeps the best epoch's weights in between.
  let snapshot: TrainingSnapshot
  private let validationRun: Evaluation?
  private let order: BatchOrder
  private let rows: UnsafeMutableBufferPointer<Int32>
  private var savedStep = -1
  private var lastSave = ContinuousClock.now
  private var lastReport: EpochReport?
  private var checkpointPath: String?

  /// - Parameters:
  ///   - directory: an existing folder for checkpoints; nil: none are written.
  ///   - recipe: the text that goes into every checkpoint, given the shards that the run has got.
  /// - Throws: `NetworkError`, `TrainingError` where network, loss and data do not fit; errors of reading
  ///   `initialWeights`.
  public init(
    _ configuration: TrainingConfiguration, data: TrainingData, directory: String?,
    recipe: (_ shards: Int) -> String = { _ in "" }
  ) throws {
    self.configuration = configuration
    self.data = data
    let network = try Network(
      input: Shape(data.train.sampleShape), layers: configuration.layers, loss: configuration.loss)
    try DataCheck.check(network, metrics: configuration.metrics, data: data)
    let model = Model(network, seed: configuration.seed)
    self.model = model
    if let path = configuration.initialWeights { try Trainer.loadInitialWeights(path, into: model) }

    let processors = ProcessorCount.available()
    let workers = configuration.workers ?? Trainer.suitedWorkers(network, configuration, processors: processors)
    let shards = configuration.shards ?? workers
    let team = WorkerTeam(count: workers, processors: processors)
    self.team = team
    let optimizer = configuration.optimizer
    let optimizerState = OptimizerState(
      optimizer: optimizer, count: network.layout.trainableCount, entries: network.layout.trainable.count)
    self.optimizerState = optimizerState
    step = TrainingStep(
      model: model, optimizer: optimizer, optimizerState: optimizerState, team: team, shards: shards,
      batchSize: min(configuration.batchSize, data.train.count), source: data.train)
    recorder = HistoryRecorder(network: network, configuration: configuration.history)
    store = directory.map { CheckpointStore(directory: $0) }
    validationRun = data.validation.map {
      Evaluation(model: model, metrics: configuration.metrics, team: team, source: $0)
    }
    order = BatchOrder(count: data.train.count, seed: configuration.seed, shuffle: configuration.shuffle)
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
    snapshot.scaling = data.scaling
    snapshot.classNames = data.classNames
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

  private static func loadInitialWeights(_ path: String, into model: Model) throws {
    let file = try WeightFile.open(path)
    try WeightReader.read(model.network, from: file, name: path, trainable: model.parameters, state: model.state)
  }

  public var stepsPerEpoch: Int { BatchOrder.batches(size: configuration.batchSize, count: data.train.count) }

  public var summary: RunSummary {
    RunSummary(
      run: configuration.name, layers: model.network.places.count, parameters: model.network.layout.parameterCount,
      trainRows: data.train.count, validationRows: data.validation?.count ?? 0, epochs: configuration.epochs,
      stepsPerEpoch: stepsPerEpoch, batchSize: configuration.batchSize, workers: team.count, shards: progress.shards,
      step: progress.step, epoch: progress.epoch, seed: configuration.seed, optimizer: configuration.optimizer.name,
      loss: type(of: configuration.loss).name, metrics: configuration.metrics.map(\.name))
  }

  /// Trains until the epochs are done, the figures no longer improve, `stop` asks, or the run diverges.
  ///
  /// - Parameter observe: told of everything, on this thread, between steps.
  /// - Throws: what a worker throws, and errors of writing the first checkpoint.
  public func run(stop: StopRequest = StopRequest(), observe: (TrainingEvent) -> Void = { _ in }) throws
    -> TrainingResult
  {
    observe(.started(summary))
    if progress.step == 0 { try save(observe, mustSucceed: true) }
    var ending = TrainingResult.Ending.finished
    loop: while progress.epoch < configuration.epochs {
      order.fill(rows, epoch: progress.epoch, attempt: progress.attempt)
      let key = Trainer.dropoutKey(seed: configuration.seed, attempt: progress.attempt)
      while progress.stepInEpoch < stepsPerEpoch {
        guard try runStep(key: key, observe) else {
          ending = .diverged
          break loop
        }
        if stop.signal != 0 {
          ending = .stopped(signal: stop.signal)
          break loop
        }
        if isCheckpointDue() { try save(observe) }
      }
      if try endEpoch(observe) {
        ending = .stoppedEarly(bestEpoch: progress.earlyStopping.bestEpoch)
        break
      }
    }
    return try finish(ending, observe)
  }

  /// Key of an attempt's dropout masks.
  private static func dropoutKey(seed: UInt64, attempt: Int) -> UInt64 {
    var random = RandomStream(seed: seed, stream: 1 << 40 + UInt64(attempt))
    return random.nextUInt64()
  }

  /// - Returns: false if the step blew up.
  private func runStep(key: UInt64, _ observe: (TrainingEvent) -> Void) throws -> Bool {
    let batch = BatchOrder.batch(progress.stepInEpoch, size: configuration.batchSize, count: data.train.count)
    try step.run(rows: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(rows)[batch]), key: key)
    let outcome = step.outcome
    let every = configuration.history.everySteps
    if every > 0, !outcome.isHealthy || progress.step % every == 0 {
      let place = GradientHistory.RowPlace(
        step: Int64(progress.step + 1), epoch: Int64(progress.epoch), attempt: Int64(progress.attempt))
      recorder.record(place, step: step)
    }
    guard outcome.isHealthy else {
      reportBlowup(observe)
      return false
    }
    progress.step += 1
    progress.stepInEpoch += 1
    progress.loss = outcome.objective
    progress.learningRate = outcome.learningRate
    progress.epochLossSum += outcome.objective * Double(batch.count)
    progress.epochRows += batch.count
    observe(
      .step(
        StepReport(
          step: progress.step, epoch: progress.epoch + 1, stepInEpoch: progress.stepInEpoch, rows: batch.count,
          loss: outcome.objective, gradientNorm: outcome.gradientNorm, clippedNorm: outcome.clippedNorm,
          learningRate: outcome.learningRate)))
    return true
  }

  /// Validation, early stopping, plateau, checkpoint.
  ///
  /// - Returns: whether training should end.
  private func endEpoch(_ observe: (TrainingEvent) -> Void) throws -> Bool {
    progress.epoch += 1
    var row: ValidationRow?
    if let validationRun {
      let figures = try validationRun.figures()
      let made = ValidationRow(
        step: progress.step, epoch: progress.epoch, loss: figures.loss, metrics: figures.metrics)
      validation.append(made)
      row = made
    }
    let report = EpochReport(
      epoch: progress.epoch, step: progress.step, loss: progress.epochLossSum / Double(progress.epochRows),
      validation: row, metricNames: snapshot.metricNames, learningRate: progress.learningRate)
    progress.stepInEpoch = 0
    progress.epochLossSum = 0
    progress.epochRows = 0
    lastReport = report
    var shouldStop = false
    if let stopping = configuration.earlyStopping {
      let decision = EpochMonitor.check(stopping, report: report, state: &progress.earlyStopping)
      if decision.isBest && snapshot.keepsBest {
        snapshot.bestParameters.copy(from: model.parameters.readOnly)
        snapshot.bestState.copy(from: model.state.readOnly)
        snapshot.hasBest = true
      }
      shouldStop = decision.stop
    }
    if case .reduceOnPlateau(let reduction) = configuration.optimizer.learningRate {
      optimizerState.learningRateFactor = EpochMonitor.reduce(
        reduction, report: report, factor: optimizerState.learningRateFactor, state: &progress.plateau)
    }
    observe(.epoch(report))
    if !shouldStop, let every = configuration.checkpoints.everyEpochs, progress.epoch % every == 0 { try save(observe) }
    return shouldStop
  }

  private func finish(_ ending: TrainingResult.Ending, _ observe: (TrainingEvent) -> Void) throws -> TrainingResult {
    var restored = false
    switch ending {
    case .finished, .stoppedEarly:
      if snapshot.keepsBest && snapshot.hasBest && progress.earlyStopping.bestEpoch != progress.epoch {
        model.parameters.copy(from: snapshot.bestParameters.readOnly)
        model.state.copy(from: snapshot.bestState.readOnly)
        restored = true
      }
    case .stopped, .diverged: break
    }
    if ending != .diverged, restored || savedStep != progress.step || progress.stepInEpoch == 0 {
      try save(observe, mustSucceed: true)
    }
    var shown = lastReport?.validation
    if restored { shown = validation.last { $0.epoch == progress.earlyStopping.bestEpoch } }
    let result = TrainingResult(
      ending: ending, step: progress.step, epoch: progress.epoch, loss: lastReport?.loss ?? .nan, validation: shown,
      metricNames: snapshot.metricNames, checkpoint: checkpointPath)
    observe(.finished(result))
    return result
  }

  // MARK: Checkpoints

  private func isCheckpointDue() -> Bool {
    guard store != nil, progress.stepInEpoch < stepsPerEpoch else { return false }
    if let every = configuration.checkpoints.everySteps, progress.step % every == 0 { return true }
    if let seconds = configuration.checkpoints.everySeconds {
      return ContinuousClock.now - lastSave >= .seconds(seconds)
    }
    return false
  }

  /// Copies the whole state into the snapshot.
  func fillSnapshot() {
    snapshot.parameters.copy(from: model.parameters.readOnly)
    snapshot.state.copy(from: model.state.readOnly)
    snapshot.gradient.copy(from: step.gradient)
    for number in optimizerState.slotNames.indices {
      snapshot.slot(number).copy(from: optimizerState.slot(number).readOnly)
    }
    snapshot.progress = progress
    snapshot.progress.learningRateFactor = optimizerState.learningRateFactor
    snapshot.progress.optimizerScalars = optimizerState.scalars
    snapshot.history = recorder.history
    snapshot.validation = validation
    snapshot.events = events
  }

  /// Writes a checkpoint of the state between two steps.
  ///
  /// - Parameter mustSucceed: throw if it cannot be written, rather than report it and go on.
  private func save(_ observe: (TrainingEvent) -> Void, mustSucceed: Bool = false) throws {
    guard let store else { return }
    fillSnapshot()
    snapshot.isHealthy = snapshot.isFinite()
    lastSave = .now
    do {
      let (path, bytes) = try store.publish(snapshot)
      savedStep = progress.step
      checkpointPath = path
      observe(.checkpoint(CheckpointReport(step: progress.step, epoch: progress.epoch, path: path, bytes: bytes)))
    } catch {
      if mustSucceed { throw error }
      observe(.checkpointFailed(step: progress.step, reason: "\(error)"))
    }
  }

  private func reportBlowup(_ observe: (TrainingEvent) -> Void) {
    var layer: String?
    for (entry, tiles) in step.tiling.entryTiles.enumerated() where layer == nil {
      if tiles.contains(where: { step.tileStatistics[$0].nonfinite > 0 }) {
        layer = model.network.layout.trainable[entry].layerName
      }
    }
    var path: String?
    if let store {
      fillSnapshot()
      snapshot.progress.loss = step.outcome.objective
      snapshot.isHealthy = false
      path = try? store.publishBlowup(snapshot, step: progress.step + 1).path
    }
    let report = BlowupReport(
      step: progress.step + 1, epoch: progress.epoch + 1, loss: step.outcome.objective,
      nonfinite: step.outcome.nonfinite, layer: layer, path: path)
    events.append(RecordedEvent(step: report.step, kind: "blowup", message: report.message))
    observe(.blowup(report))
  }
}
