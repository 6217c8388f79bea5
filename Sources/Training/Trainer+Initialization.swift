internal import Checkpointing
internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

/// The weights that a run starts from, where they are not those that the layers' initializers draw.
extension Trainer {
  /// Rows of the first batch that unit variance is measured over, at most.
  static let initializationRows = 4096

  /// Reads initial weights, or brings fresh ones to unit variance.
  ///
  /// - Returns: what is to be said of it; nil: the model's weights stay as they are.
  /// - Throws: `TrainingError` where both are asked for; what reading weights or rows throws.
  static func initializeWeights(
    of model: Model, _ configuration: TrainingConfiguration, source: any SampleSource, rows: EpochRows,
    processes: (any ProcessGroup)?
  ) throws -> String? {
    if let path = configuration.initialWeights {
      guard configuration.initialization == nil else {
        throw TrainingError(
          "initialWeights and initialization are both set: each says what the run starts from; leave one nil")
      }
      return try InitialWeights.read(path, into: model.network, trainable: model.parameters, state: model.state)
    }
    guard configuration.initialization == .lsuv else { return nil }
    let kernels = try processes?.isFirst ?? true ? unitVariance(of: model, configuration, source, rows) : nil
    // One process measures: others may round in other ways.
    if let processes {
      let bytes = try processes.broadcast(kernels == nil ? [] : Array(UnsafeRawBufferPointer(model.parameters.bytes)))
      model.parameters.bytes.copyBytes(from: bytes)
    }
    return kernels
  }

  private static func unitVariance(
    of model: Model, _ configuration: TrainingConfiguration, _ source: any SampleSource, _ rows: EpochRows
  ) throws -> String {
    let batch = try FirstBatch(
      model.network, source: source, order: rows, seed: configuration.seed, most: initializationRows)
    let kernels = model.network.initializeToUnitVariance(
      trainable: model.parameters, state: model.state.readOnly, seed: configuration.seed,
      workspace: batch.gathered.workspace,
      rows: batch.numbers.count, training: batch.pass)
    let tries = kernels.map(\.tries)
    let left = kernels.filter { !$0.hasArrived }
    let failed = left.prefix(3).map { "`\($0.layer)` at \(Float($0.variance))" }.joined(separator: ", ")
    return
      "lsuv: the sums of \(counted(kernels.count - left.count, "layer")) have variance 1 over the first "
      + "\(counted(batch.numbers.count, "row")) after up to \(counted(tries.max() ?? 0, "division"))"
      + (left.isEmpty ? "" : "; not of \(failed)\(left.count > 3 ? " and \(left.count - 3) more" : "")")
  }
}
