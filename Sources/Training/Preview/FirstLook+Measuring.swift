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
  /// Of a batch that takes more than 2e9 operations the first rows are looked at, at least 16.
  init(_ model: Model, _ configuration: TrainingConfiguration, source: any SampleSource, order: EpochRows) throws {
    let network = model.network
    let operations = 6 * network.places.reduce(0) { $0 + $1.multiplications }
    let batch = try FirstBatch(
      network, source: source, order: order, seed: configuration.seed,
      most: max(16, 2_000_000_000 / max(operations, 1)))
    let copy = Model(copying: model)
    let history = HistoryRecorder.emptyHistory(of: network, HistoryConfiguration())
    self.init(
      history: GradientHistory(layers: history.layers, capacity: 1), profiles: LayerProfile.profiles(of: network.graph))
    rows = batch.numbers.count
    outputs = network.places.map { Output(layer: $0.name) }
    loss = batch.gathered.loss(of: copy, batch.pass) { layer, values in self.outputs[layer].measure(values.vector) }

    let step = TrainingStep(
      model: copy, optimizer: configuration.optimizer,
      optimizerState: OptimizerState(
        optimizer: configuration.optimizer, count: network.layout.trainableCount,
        entries: network.layout.trainable.map(\.spec.name)),
      team: try WorkerTeam(count: 1), shards: 1, batchSize: batch.numbers.count, source: source,
      spikes: SpikeWatch(
        monitor: SpikeMonitor(SpikeThresholds(configuration.loss)), withholds: false, reference: { SpikeReference() }))
    defer { step.team.end() }
    var recorder = HistoryRecorder(network: network, history: self.history)
    try batch.numbers.withUnsafeBufferPointer { numbers in
      try step.run(rows: numbers, key: batch.pass.key, probing: true)
      recorder.record(GradientHistory.RowPlace(step: 1, epoch: 0, attempt: 0), step: step, in: &self.history)
    }
    gradientNorm = step.outcome.gradientNorm
    learningRate = step.outcome.learningRate
    // A step that was withheld has changed nothing.
    if step.outcome.disposition != .withheldNonFinite { lossAfterStep = batch.gathered.loss(of: copy, batch.pass) }
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
