public import Checkpointing
public import DataParallel
public import Datasets
internal import Kernels
public import NeuralNetwork

/// A trained network at work: loss, metrics and predictions on all workers.
public final class Predictor {
  public let model: Model
  private let team: WorkerTeam
  private let processes: (any ProcessGroup)?
  /// What targets were trained as; nil: as they are.
  let targetScaling: TargetScaling?

  /// - Parameters:
  ///   - targetScaling: what targets were trained as: metrics and predictions are in the unit of before.
  ///   - workers: nil: processors that this process may use.
  ///   - processes: those that share the rows, each with a predictor made of the same; all get the outcome.
  /// - Throws: `ThreadError`, `NumericKernelsError`.
  public init(
    _ model: Model, targetScaling: TargetScaling? = nil, workers: Int? = nil, processes: (any ProcessGroup)? = nil
  ) throws {
    self.model = model
    self.targetScaling = targetScaling
    self.processes = processes
    let workers = workers ?? ProcessorCount.available(processesHere: processes?.localCount ?? 1)
    try NumericKernels.start(products: workers)
    team = try WorkerTeam(count: workers)
  }

  /// The network of `configuration` with the weights of `checkpoint`.
  ///
  /// - Throws: `NetworkError`, `CheckpointError` where they do not fit.
  public convenience init(
    _ configuration: TrainingConfiguration, checkpoint: Checkpoint, workers: Int? = nil,
    processes: (any ProcessGroup)? = nil
  ) throws {
    try self.init(
      Model(configuration, checkpoint: checkpoint), targetScaling: RunNames(checkpoint).table?.targetScaling,
      workers: workers, processes: processes)
  }

  deinit { team.end() }

  /// The objective's mean over the rows, penalties included, and every metric.
  ///
  /// - Throws: `TrainingError` where the data do not fit the model.
  public func evaluate(_ source: any SampleSource, metrics: [any Metric]) throws -> (loss: Double, metrics: [Double]) {
    let figures = try self.figures(source, metrics: metrics)
    return (figures.loss, figures.metrics)
  }

  /// The same, and what of the loss are penalties.
  func figures(
    _ source: any SampleSource, metrics: [any Metric]
  ) throws -> (loss: Double, metrics: [Double], penalty: Double) {
    try DataCheck.check(model.network, metrics: metrics, source: source, called: "given")
    let evaluation = Evaluation(
      model: model, metrics: metrics.inUnit(of: targetScaling), team: team, source: source, processes: processes)
    guard let figures = try evaluation.figures() else { return (.nan, metrics.map { _ in .nan }, .nan) }
    return (figures.loss, figures.metrics, evaluation.penalty)
  }

  /// The network's outputs, `[source.count, outputs]`, row-major.
  ///
  /// - Throws: `TrainingError` where the samples do not fit the model.
  public func predict(_ source: any SampleSource) throws -> [Float] {
    let outputs = try outputs(of: source, isLinked: true)
    return targetScaling?.undo(outputs.vector.array, columns: model.network.outputs) ?? outputs.vector.array
  }

  /// As the network gives them, with or without a last sigmoid or softmax that the loss has in itself.
  func outputs(of source: any SampleSource, isLinked: Bool) throws -> AlignedBuffer {
    try DataCheck.checkInputs(model.network, source.schema, called: "the")
    try MemoryBudget.require(
      8 * source.count * model.network.outputs, for: "the predictions of \(source.count) rows",
      remedy: "take fewer rows with `rows:`")
    let outputs = AlignedBuffer(count: source.count * model.network.outputs)
    try Evaluation(
      model: model, metrics: [], team: team, source: source,
      predictions: outputs.mutable.matrix(rows: source.count, columns: model.network.outputs),
      isLinked: isLinked, processes: processes
    ).predict()
    return outputs
  }
}

extension [any Metric] {
  /// The same of values in the unit that targets had before they were scaled.
  func inUnit(of scaling: TargetScaling?) -> [any Metric] {
    guard let scaling else { return self }
    return map { RescaledMetric($0, scale: scaling.scale, center: scaling.center) }
  }
}
