public import Checkpointing
internal import Datasets
internal import GradientHealth
internal import HDF5Storage
internal import NeuralNetwork
internal import Optimizers

extension Checkpoint {
  /// Whether a trainer made of the recipe that this checkpoint holds could take it up: everything is read that a resumption
  /// reads, and what a resumption would stumble over is said.
  ///
  /// - Parameter configuration: of the checkpoint's own recipe.
  /// - Throws: `CheckpointError` `damaged`, `HDF5Error`.
  public func checkFitness(for configuration: TrainingConfiguration) throws {
    func require(_ fits: Bool, _ what: String) throws {
      if !fits { throw CheckpointError(.damaged, "\(path): \(what) does not fit its own recipe") }
    }
    try require(progress.seed == configuration.seed, "seed \(progress.seed)")
    try require(progress.batchSize == configuration.batchSize, "a batch of \(progress.batchSize)")
    try require(
      progress.accumulateSteps == configuration.accumulateSteps, "an update of \(progress.accumulateSteps) batches")
    let rule = progress.remedies.effect.applied(to: configuration.optimizer, ladder: configuration.health.ladder)
    try require(progress.optimizer == rule.name, "optimizer \(progress.optimizer)")
    try require(configuration.shards.map { $0 == progress.shards } ?? true, "\(progress.shards) shards")
    let network: Network
    do {
      network = try Network(configuration, for: try inputs())
    } catch let error as NetworkError {
      throw CheckpointError(.damaged, "\(path): its recipe makes no network: \(error)")
    }
    let optimizer = OptimizerState(
      optimizer: rule, count: network.layout.trainableCount,
      entries: network.layout.trainable.map(\.spec.name))
    try require(
      stepMemory.optimizerScalars.count == optimizer.scalarNames.count,
      "/optimizer@scalars with \(stepMemory.optimizerScalars.count) numbers")
    let history = HistoryRecorder.emptyHistory(of: network, configuration.history)
    let snapshot = TrainingSnapshot(
      network: network, slotNames: optimizer.slotNames, progress: progress, history: history,
      keepsBest: configuration.earlyStopping?.restoreBest ?? false, keepsRaw: configuration.averageWeights != nil,
      carriedRows: network.carriedWidth > 0 ? configuration.updateRows : 0)
    try require(try carries(what: snapshot), "/state")
    try require(
      isAveraged == snapshot.keepsRaw, isAveraged ? "/trainer/raw_weights" : "a file without /trainer/raw_weights")
    do {
      try restore(into: snapshot)
    } catch let error as CheckpointError {
      throw CheckpointError(.damaged, error.description)
    }
    try require(snapshot.history.layers == history.layers, "a history of layers \(snapshot.history.layers)")
    try require(
      snapshot.history.series == history.series,
      "a history with figures of \(snapshot.history.series.map(\.layer)), not \(history.series.map(\.layer))")
    try require(snapshot.metricNames == configuration.metrics.map(\.name), "metrics \(snapshot.metricNames)")
    let word = snapshot.columns.word("scaling") ?? ""
    do {
      // The columns of a table are each scaled for themselves.
      if try TableEncoding(restoring: snapshot.columns) != nil { return }
      try require(word == configuration.data.scaling.rawValue, "scaling \(word)")
      let pipeline = try ColumnPipeline(restoring: snapshot.columns)
      let areWindows = configuration.data.train.kind.windows != nil
      let columns = areWindows ? network.namedInputs.positionColumns : network.namedInputs.valueColumns
      try require(
        pipeline.outputColumns(of: columns) == columns, "scaling of \(pipeline.columns ?? 0) features")
    } catch let error as ColumnError {
      throw CheckpointError(.damaged, "\(path): /data: \(error)")
    }
  }
}
