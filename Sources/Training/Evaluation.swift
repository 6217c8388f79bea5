internal import DataParallel
internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// Loss and metrics over a whole source, or its predictions, on all workers.
///
/// Rows are taken in fixed blocks dealt to the workers in turn; partial sums are added in block order, so the figures do
/// not depend on the number of workers.
final class Evaluation: TeamWork, @unchecked Sendable {
  // Unchecked: in a run, each worker writes the sums and the output rows of its own blocks; `stop` is set between runs.
  private let model: Model
  private let metrics: [any Metric]
  private let team: WorkerTeam
  private let source: any SampleSource
  private let batches: BatchViews
  /// Of each input of the source, its number in the network.
  private let binding: [Int]
  private let predictions: MutableMatrix?
  private let isLinked: Bool
  private let processes: (any ProcessGroup)?

  private let sumCounts: [Int]
  private let width: Int
  private let blocks: Int
  /// Where the blocks of each process end, from 0 on.
  private let bounds: [Int]
  private let sums: UnsafeMutableBufferPointer<Double>
  private let workspaces: UnsafeMutableBufferPointer<Workspace?>

  /// Of the last `figures`: what penalties of weights and activities add to the loss.
  private(set) var penalty = 0.0
  private var stop: StopRequest?
  /// Blocks of the run at hand: those whose rows are in memory.
  private var portion = 0..<0

  private static let blockRows = 256
  /// Sums of a block before the metrics': loss, activity penalties, what they are divided by, positions that count.
  private static let ownSums = 4

  /// - Parameters:
  ///   - predictions: overwritten with the outputs, `[source.count, outputs]`; then no figures are computed.
  ///   - isLinked: whether `predictions` are after a last sigmoid or softmax that the loss has in itself.
  ///   - processes: those that share the blocks; each gets the figures, or the outputs, of all.
  init(
    model: Model, metrics: [any Metric], team: WorkerTeam, source: any SampleSource, predictions: MutableMatrix? = nil,
    isLinked: Bool = true, processes: (any ProcessGroup)? = nil
  ) {
    self.isLinked = isLinked
    self.model = model
    self.metrics = metrics
    self.team = team
    self.source = source
    batches = BatchViews(source.schema, workers: team.count)
    binding = model.network.binding(of: source.schema)
    self.predictions = predictions
    self.processes = processes
    let positions = min(Evaluation.blockRows, source.count) * model.network.positions
    sumCounts = metrics.map { $0.sumCount(outputs: model.network.output.features, rows: positions) }
    width = Evaluation.ownSums + sumCounts.reduce(0, +)
    let blocks = (source.count + Evaluation.blockRows - 1) / Evaluation.blockRows
    self.blocks = blocks
    let count = processes?.count ?? 1
    bounds = (0...count).map { $0 * blocks / count }
    sums = .allocate(capacity: max(1, width * blocks))
    workspaces = .allocate(capacity: team.count)
    workspaces.initialize(repeating: nil)
  }

  deinit {
    sums.deallocate()
    workspaces.deinitialize().deallocate()
  }

  /// The objective's mean over the rows (penalties included, as Keras' `evaluate`), and every metric.
  ///
  /// - Parameter stop: looked at before every block; takes over what another process was asked.
  /// - Returns: nil if `stop` asked to end before all rows were done.
  func figures(unless stop: StopRequest? = nil) throws -> (loss: Double, metrics: [Double])? {
    sums.initialize(repeating: 0)
    self.stop = stop
    defer { self.stop = nil }
    try runPortions()
    var signal = stop?.signal ?? 0
    if let processes {
      // A signal that comes during the exchange is not looked at: the others do not know of it.
      if let stop { signal = try processes.agree(on: stop) }
      try processes.share(UnsafeMutableRawBufferPointer(sums), bounds: bounds.map { $0 * width * 8 })
    }
    if signal != 0 { return nil }
    var totals = Array(repeating: 0.0, count: Evaluation.ownSums)
    for block in 0..<blocks {
      for index in totals.indices { totals[index] += sums[block * width + index] }
    }
    // Where a mask leaves positions out, the loss is the mean over those that count.
    let isMasked = !model.network.maskInputs.isEmpty
    let data = Divisor(totals[2])
    let objective =
      isMasked ? Divisor(totals[3]).mean(totals[0]) + data.mean(totals[1]) : data.mean(totals[0] + totals[1])
    let weightPenalty = model.network.weightPenalty(parameters: model.parameters.readOnly)
    let loss = objective + weightPenalty
    penalty = data.mean(totals[1]) + weightPenalty
    var start = Evaluation.ownSums
    var values: [Double] = []
    for (metric, count) in zip(metrics, sumCounts) {
      let outputs = model.network.output.features
      var total = Array(repeating: 0.0, count: metric.sumCount(outputs: outputs))
      for block in 0..<blocks {
        metric.join(
          UnsafeBufferPointer(rebasing: sums[block * width + start..<block * width + start + count]), to: &total)
      }
      values.append(metric.result(total, outputs: outputs))
      start += count
    }
    return (loss, values)
  }

  /// Fills `predictions`.
  func predict() throws {
    try runPortions()
    guard let processes, let predictions else { return }
    try processes.share(
      predictions.vector.bytes,
      bounds: bounds.map { min($0 * Evaluation.blockRows, source.count) * predictions.columns * 4 })
  }

  /// All blocks of this process at once where all rows are in memory, else those of a window after those of the one before.
  private func runPortions() throws {
    let windows = source.plan?.inOrder ?? []
    let own = bounds[processes?.rank ?? 0]..<bounds[(processes?.rank ?? 0) + 1]
    source.begin(windows, at: own.lowerBound * Evaluation.blockRows)
    var ends = windows.map { min($0.positions.upperBound / Evaluation.blockRows, own.upperBound) }
    ends.append(own.upperBound)
    var first = own.lowerBound
    for end in ends where end > first && stop?.signal ?? 0 == 0 {
      try source.prepare(first * Evaluation.blockRows..<min(end * Evaluation.blockRows, source.count))
      portion = first..<end
      try team.run(self)
      first = end
    }
    source.begin([], at: 0)
  }

  func run(worker: Int) throws {
    var numbers = [Int32](repeating: 0, count: Evaluation.blockRows)
    var block = portion.lowerBound + worker
    while block < portion.upperBound, stop?.signal ?? 0 == 0 {
      if worker == 0 { try processes?.keepAlive() }
      let first = block * Evaluation.blockRows
      let rows = min(Evaluation.blockRows, source.count - first)
      for row in 0..<rows { numbers[row] = Int32(first + row) }
      let workspace = workspace(of: worker)
      numbers.withUnsafeBufferPointer {
        let numbers = UnsafeBufferPointer(rebasing: $0[0..<rows])
        let batch = batches.batch(
          worker: worker, rows: rows, inputs: { workspace.input(binding[$0], rows: rows) },
          targets: { _ in workspace.targets(rows: rows) }, weights: workspace.weights(rows: rows))
        source.gather(numbers, into: batch)
        if predictions == nil { sums[block * width + 2] = source.divisor(of: numbers).amount }
      }
      compute(block, rows: rows, workspace: workspace)
      block += team.count
    }
  }

  private func compute(_ block: Int, rows: Int, workspace: Workspace) {
    let parameters = model.parameters.readOnly
    let state = model.state.readOnly
    if let predictions {
      let outputs =
        isLinked
        ? model.network.predict(parameters: parameters, state: state, workspace: workspace, rows: rows)
        : model.network.unlinked(parameters: parameters, state: state, workspace: workspace, rows: rows)
      let first = block * Evaluation.blockRows * outputs.columns
      predictions.vector[first..<first + outputs.count].copy(from: outputs.vector)
      return
    }
    let result = model.network.evaluate(parameters: parameters, state: state, workspace: workspace, rows: rows)
    let base = block * width
    sums[base] = result.loss
    sums[base + 1] = result.penalty
    sums[base + 3] = result.positions
    if metrics.isEmpty { return }
    let outputs = model.network.byPosition(model.network.applyLink(workspace: workspace, rows: rows))
    let targets = model.network.byPosition(workspace.targets(rows: rows).readOnly)
    let mask = model.network.mask(of: workspace, rows: rows)
    let weights = workspace.weights(rows: rows)?.readOnly
    var start = base + Evaluation.ownSums
    for (metric, count) in zip(metrics, sumCounts) {
      let sums = UnsafeMutableBufferPointer(rebasing: sums[start..<start + count])
      if let mask {
        mask.eachRun { metric.add(outputs: outputs.rows($0), targets: targets.rows($0), weights: nil, to: sums) }
      } else {
        metric.add(outputs: outputs, targets: targets, weights: weights, to: sums)
      }
      start += count
    }
  }

  private func workspace(of worker: Int) -> Workspace {
    if let made = workspaces[worker] { return made }
    let made = Workspace(
      network: model.network, rows: min(Evaluation.blockRows, source.count), targetColumns: source.targetColumns,
      training: false, isWeighted: source.schema.isWeighted)
    workspaces[worker] = made
    return made
  }
}
