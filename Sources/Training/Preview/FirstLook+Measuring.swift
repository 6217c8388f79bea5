internal import Checkpointing
internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

extension FirstLook {
  /// Looks at a model's first batch: two forward passes and one step, on a copy of the weights and on this thread.
  ///
  /// Of a batch that takes more than 2e9 operations, or whose outputs are more than 2e6 numbers, the first rows are looked
  /// at, at least 16. One pass's memory is given back before the next one's is taken.
  init(_ model: Model, _ configuration: TrainingConfiguration, source: any SampleSource, order: EpochRows) throws {
    let network = model.network
    let operations = 6 * network.places.reduce(0) { $0 + $1.multiplications }
    let outputs = network.places.reduce(0) { $0 + $1.output.count }
    let most = max(16, min(2_000_000_000 / max(operations, 1), 2_000_000 / max(outputs, 1)))
    let copy = Model(copying: model)
    let history = HistoryRecorder.emptyHistory(of: network, HistoryConfiguration())
    self.init(
      history: GradientHistory(layers: history.layers, series: history.series, capacity: 1),
      profiles: LayerProfile.profiles(of: network.graph))
    self.outputs = network.places.map { Output(layer: $0.name) }
    let numbers: [Int32]
    let pass: TrainingPass
    do {
      let batch = try FirstBatch(
        network, source: source, order: order, seed: configuration.seed, most: most)
      (numbers, pass) = (batch.numbers, batch.pass)
      loss = batch.gathered.loss(of: copy, pass) { layer, values in self.outputs[layer].measure(values.vector) }
    }
    rows = numbers.count
    // A step that was withheld has changed nothing.
    guard try takeStep(copy, configuration, source: source, rows: numbers, pass) else { return }
    let gathered = GatheredRows(network, source: source, most: numbers.count)
    numbers.withUnsafeBufferPointer { gathered.gather($0) }
    lossAfterStep = gathered.loss(of: copy, pass)
  }

  /// - Returns: whether the weights have changed.
  private mutating func takeStep(
    _ model: Model, _ configuration: TrainingConfiguration, source: any SampleSource, rows: [Int32],
    _ pass: TrainingPass
  ) throws -> Bool {
    let layout = model.network.layout
    let step = TrainingStep(
      model: model, optimizer: configuration.optimizer,
      optimizerState: OptimizerState(
        optimizer: configuration.optimizer, count: layout.trainableCount, entries: layout.trainable.map(\.spec.name)),
      team: try WorkerTeam(count: 1), shards: 1, batchSize: rows.count, source: source,
      spikes: SpikeWatch(
        monitor: SpikeMonitor(SpikeThresholds(configuration.loss)), withholds: false, reference: { SpikeReference() }))
    defer { step.team.end() }
    var recorder = HistoryRecorder(network: model.network, history: history)
    try rows.withUnsafeBufferPointer { numbers in
      try step.run(rows: numbers, key: pass.key, probing: true)
      recorder.record(GradientHistory.RowPlace(step: 1, epoch: 0, attempt: 0), step: step, in: &history)
    }
    gradientNorm = step.outcome.gradientNorm
    learningRate = step.outcome.learningRate
    return step.outcome.disposition != .withheldNonFinite
  }
}

extension FirstLook.Output {
  /// In double, in the order of the values.
  fileprivate mutating func measure(_ values: Vector) {
    var (sum, count) = (0.0, 0)
    for index in 0..<values.count where values.base[index].isFinite {
      sum += Double(values.base[index])
      count += 1
    }
    nonfinite = values.count - count
    guard count > 0 else { return }
    mean = sum / Double(count)
    var squares = 0.0
    for index in 0..<values.count where values.base[index].isFinite {
      squares += (Double(values.base[index]) - mean) * (Double(values.base[index]) - mean)
    }
    deviation = (squares / Double(count)).squareRoot()
  }
}
