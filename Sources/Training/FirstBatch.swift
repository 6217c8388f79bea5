internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// Rows gathered for forward passes on the thread that asks, beside a run's own steps.
final class GatheredRows {
  let workspace: Workspace
  private(set) var rows = 0
  /// What sums over the rows are divided by.
  private(set) var divisor = Divisor(0)
  private let network: Network
  private let source: any SampleSource
  private let views: BatchViews
  private let binding: [Int]
  private let statistics: AlignedBuffer

  /// - Parameter most: rows at a time.
  init(_ network: Network, source: any SampleSource, most: Int) {
    self.network = network
    self.source = source
    workspace = Workspace(
      network: network, rows: most, targetColumns: source.targetColumns, training: false,
      isWeighted: source.schema.isWeighted)
    views = BatchViews(source.schema, workers: 1)
    binding = network.binding(of: source.schema)
    statistics = AlignedBuffer(count: network.layout.stateCount)
  }

  /// - Parameter numbers: of the source's rows, which have been prepared.
  func gather(_ numbers: UnsafeBufferPointer<Int32>) {
    rows = numbers.count
    source.gather(
      numbers,
      into: views.batch(
        worker: 0, rows: rows, inputs: { workspace.input(binding[$0], rows: numbers.count) },
        targets: { _ in workspace.targets(rows: numbers.count) }, weights: workspace.weights(rows: numbers.count)))
    divisor = source.divisor(of: numbers)
  }

  /// The loss of the rows, mean over them and penalties left out, as a training step with that pass has it.
  func loss(of model: Model, _ pass: TrainingPass, observe: (Int, Matrix) -> Void = { _, _ in }) -> Double {
    let sum = network.observeForward(
      parameters: model.parameters.readOnly, state: model.state.readOnly, workspace: workspace, rows: rows,
      training: pass, statistics: statistics.mutable, observe: observe)
    return divisor.mean(sum.loss)
  }
}

/// The first batch of a run's order, or its first rows, gathered as the first step has them.
struct FirstBatch {
  let gathered: GatheredRows
  /// Numbers of the rows in the training data.
  let numbers: [Int32]
  /// Of the first step: batch statistics and dropout masks.
  let pass: TrainingPass

  /// - Parameters:
  ///   - order: left at the first epoch's beginning.
  ///   - most: rows, at most.
  /// - Throws: what the source throws where rows cannot be read.
  init(
    _ network: Network, source: any SampleSource, order: EpochRows, seed: UInt64, most: Int = .max
  ) throws {
    order.begin(epoch: 0, attempt: 0, batch: 0)
    numbers = Array(try order.batch(0).prefix(most))
    pass = TrainingPass(key: Trainer.dropoutKey(seed: seed, attempt: 0), step: 0, firstRow: 0)
    gathered = GatheredRows(network, source: source, most: numbers.count)
    numbers.withUnsafeBufferPointer { gathered.gather($0) }
  }
}
