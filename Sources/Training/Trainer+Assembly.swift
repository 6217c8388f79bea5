public import Checkpointing
public import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

extension Trainer {
  /// - Parameters:
  ///   - directory: a folder for checkpoints, existing where `processes` is nil or this is the first of them, which
  ///     alone writes them; nil: none are written.
  ///   - processes: those that train together, each with a trainer made of the same.
  ///   - allowsMixedKernels: whether their processors may compute with different rounding.
  ///   - recipe: the text that goes into every checkpoint, given the shards that the run has got.
  /// - Throws: `NetworkError`, `TrainingError` where network, loss and data do not fit; errors of reading
  ///   `initialWeights`; `OutOfMemory`, `ThreadError`, `NumericKernelsError` where the system does not give what is needed.
  public convenience init(
    _ configuration: TrainingConfiguration, data: TrainingData, directory: String?,
    processes: (any ProcessGroup)? = nil, allowsMixedKernels: Bool = false,
    recipe: (_ shards: Int) -> String = { _ in "" }
  ) throws {
    let processors = ProcessorCount.available(processesHere: processes?.localCount ?? 1)
    let network = try Network(configuration, for: data.train.schema.networkInputs)
    try DataCheck.check(network, metrics: configuration.metrics, data: data)
    let workers = configuration.workers ?? Trainer.suitedWorkers(network, configuration, processors: processors)
    try Trainer.requireMemory(network, configuration, data: data, workers: workers, isSaved: directory != nil)
    try NumericKernels.start(products: workers)
    let model = Model(network, seed: configuration.seed)
    let streams = try Trainer.requireStreams(network, configuration, data.train)
    let rows = EpochRows(
      data.train, seed: configuration.seed, shuffle: configuration.shuffle, batchSize: configuration.updateRows,
      inStreams: network.carriedWidth > 0)
    let note = try Trainer.initializeWeights(
      of: model, configuration, source: data.train, rows: rows, processes: processes)

    let workersOfAll = try processes?.gather(words: [UInt64(workers)]).map { Int($0[0]) } ?? [workers]
    let shards = configuration.shards ?? workersOfAll.reduce(0, +)
    let share = try processes.map { try ProcessShare($0, shards: shards, workers: workersOfAll) }
    let team = try WorkerTeam(count: workers, processors: processors)
    var isMade = false
    defer { if !isMade { team.end() } }
    let state = RunState(
      progress: try Trainer.start(configuration, data, network, shards: shards),
      history: HistoryRecorder.emptyHistory(of: network, configuration.history))
    let step = TrainingStep(
      model: model, averaging: configuration.averageWeights, optimizer: configuration.optimizer,
      optimizerState: OptimizerState(
        optimizer: configuration.optimizer, count: network.layout.trainableCount,
        entries: network.layout.trainable.map(\.spec.name)),
      team: team, shards: shards, batchSize: min(configuration.updateRows, data.train.count),
      accumulating: configuration.accumulateSteps, source: data.train, share: share,
      spikes: SpikeWatch(
        monitor: SpikeMonitor(SpikeThresholds(configuration.loss)),
        withholds: configuration.health.onSpike != .warn, reference: { SpikeReference() }))
    let snapshot = TrainingSnapshot(
      network: network, slotNames: step.update.state.slotNames, progress: state.progress, history: state.history,
      keepsBest: configuration.earlyStopping?.restoreBest ?? false, keepsRaw: configuration.averageWeights != nil,
      carriedRows: step.shards.carried?.rows ?? 0)
    snapshot.recipe = recipe(shards)
    snapshot.metricNames = configuration.metrics.map(\.name)
    snapshot.columns = data.storedColumns
    snapshot.classNames = data.classNames
    snapshot.featureNames = data.featureNames
    let saver = try CheckpointSaver(
      configuration, step: step, snapshot: snapshot, directory: directory, processes: processes)
    try processes?.check(snapshot, allowsMixedKernels: allowsMixedKernels)
    self.init(
      configuration, data: data, notes: [note, streams].compactMap(\.self), processes: processes, step: step,
      rows: rows,
      validation: data.validation.map {
        Evaluation(
          model: step.usedModel, metrics: configuration.metrics.inUnit(of: data.table?.targetScaling), team: team,
          source: $0, processes: processes)
      },
      saver: saver, state: state)
    isMade = true
  }

  /// A run before its first step.
  private static func start(
    _ configuration: TrainingConfiguration, _ data: TrainingData, _ network: Network, shards: Int
  ) throws -> RunProgress {
    var progress = RunProgress(
      run: configuration.name, seed: configuration.seed, shards: shards, batchSize: configuration.batchSize,
      accumulateSteps: configuration.accumulateSteps, optimizer: configuration.optimizer.name)
    progress.trainFingerprint = data.train.fingerprint
    progress.validationFingerprint = data.validation?.fingerprint ?? ""
    progress.data = try DataFigures(of: data.train, loss: configuration.loss, network: network)
    progress.numericKernels = ([NumericKernels.name] + network.methods + [NumericKernels.selfTestHash()])
      .joined(separator: " ")
    return progress
  }

  /// As many workers as processors, but no more than have a million operations of a step each to do: below that, meeting
  /// at barriers takes longer than the work.
  static func suitedWorkers(
    _ network: Network, _ configuration: TrainingConfiguration, processors: Int
  ) -> Int {
    // A dense layer over several positions multiplies more often than it has weights.
    let multiplications = max(network.layout.trainableCount, network.places.reduce(0) { $0 + $1.multiplications })
    let operations = 6 * Double(configuration.updateRows) * Double(multiplications)
    return Int(max(1, min(Double(processors), operations / 1_000_000)))
  }

  /// Writes into the folder that `lock` holds alone, and ends with `RunFolderLost` when it has lost its name.
  public func hold(_ lock: RunLock) { saver.hold(lock) }
}
