public import Checkpointing
internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import NeuralNetwork
internal import Optimizers

/// Where a trainer stands.
extension Trainer {
  /// The network with the weights that training has come to: their average, where the configuration asks for one.
  public var model: Model { step.usedModel }
  /// The same with the weights that training goes on from.
  var trainedModel: Model { step.shards.model }
  public var progress: RunProgress { state.progress }
  public var epochs: [EpochRow] { state.epochs }
  public var validation: [ValidationRow] { state.validation }

  /// The epoch that was completed last; nil: none was.
  var lastEpoch: EpochReport? {
    epochs.last.map { row in report(row, validation.last { $0.epoch == row.epoch }) }
  }

  /// All epochs that were completed and count.
  public var epochReports: [EpochReport] {
    let rows = Dictionary(validation.map { ($0.epoch, $0) }) { $1 }
    return epochs.map { report($0, rows[$0.epoch]) }
  }

  private func report(_ row: EpochRow, _ validation: ValidationRow?) -> EpochReport {
    EpochReport(
      epoch: row.epoch, step: row.step, loss: row.loss, validation: validation,
      metricNames: saver.snapshot.metricNames, learningRate: progress.learningRate)
  }

  public var stepsPerEpoch: Int { rows.batches }

  /// Where the time of the steps goes that were run since `measurePhases`; nil: not measured.
  public var phases: StepPhases? { step.phases }
  public func measurePhases() { step.measurePhases() }

  public var summary: RunSummary {
    RunSummary(
      run: configuration.name, description: configuration.description, tags: configuration.tags,
      layers: model.network.places.count, parameters: model.network.layout.parameterCount,
      trainRows: data.train.count, validationRows: data.validation?.count ?? 0, epochs: configuration.epochs,
      stepsPerEpoch: stepsPerEpoch, batchSize: configuration.batchSize, accumulateSteps: configuration.accumulateSteps,
      workers: step.team.count,
      shards: progress.shards, step: progress.step, epoch: progress.epoch, attempt: progress.attempt,
      isFinished: progress.isFinished, seed: configuration.seed, optimizer: configuration.optimizer.name,
      loss: type(of: configuration.loss).name, constantLoss: progress.data.constantLoss,
      metrics: configuration.metrics.map(\.name),
      recordedLayers: state.history.layers, recordedSeries: state.history.series)
  }

  /// Whether patience is at its end: more epochs alone do not go on.
  public var hasStoppedEarly: Bool {
    guard let stopping = configuration.earlyStopping else { return false }
    return progress.earlyStopping.wait >= stopping.patience && progress.earlyStopping.wait > 0
  }
}
