import Benchmark
import Datasets
import Kernels
import NeuralNetwork
import Optimizers
import Training

/// Whole steps, with history and checks as by default: one worker, and all that suit the work.
func stepBenchmarks() {
  for (name, dims, activation, batch, steps) in [
    ("2-10-10-5-1:sigmoid:32", [2, 10, 10, 5, 1], ActivationFunction.sigmoid, 32, 4000),
    ("784-512-512-10:relu:128", [784, 512, 512, 10], .relu, 128, 60),
  ] {
    for workers in [1, nil] as [Int?] {
      addStep(
        "step: \(name)\(workers == 1 ? ", one worker" : "")", dims: dims, activation: activation, batch: batch,
        steps: steps, workers: workers)
    }
  }
}

private func addStep(
  _ name: String, dims: [Int], activation: ActivationFunction, batch: Int, steps: Int, workers: Int?
) {
  let products = zip(dims, dims.dropFirst()).enumerated().flatMap { number, shape in
    Yardstick.Product.Kind.allCases.compactMap { kind -> Yardstick.Product? in
      if number == 0 && kind == .inputs { return nil }
      return Yardstick.Product(kind: kind, rows: batch, inputs: shape.0, units: shape.1)
    }
  }
  let operations = products.reduce(0) { $0 + $1.operations }
  // With one worker only: several do several products at a time, which the bare ones here do not.
  let metrics =
    [Yardstick.nanoseconds, Yardstick.megaflops] + (workers == 1 ? [Yardstick.share] : [])
  Benchmark(name, configuration: .init(metrics: metrics, warmupIterations: 1, maxDuration: .seconds(2))) {
    (benchmark: Benchmark, bare: Double) in
    let trainer = try makeTrainer(dims: dims, activation: activation, batch: batch, steps: steps, workers: workers)
    // The first epoch warms up; the others are timed.
    var began = ContinuousClock.now
    _ = try trainer.run { event in
      if case .epoch(let report) = event, report.epoch == 1 { began = .now }
    }
    let timed = trainer.progress.step - trainer.stepsPerEpoch
    let time = began.duration(to: .now) / .nanoseconds(1) / Double(timed)
    benchmark.measurement(Yardstick.nanoseconds, Int(time.rounded()))
    benchmark.measurement(Yardstick.megaflops, Int(operations / time * 1000))
    if workers == 1 { benchmark.measurement(Yardstick.share, Int((bare / time * 100).rounded())) }
  } setup: {
    Yardstick.nanoseconds(products)
  }
}

private func makeTrainer(
  dims: [Int], activation: ActivationFunction, batch: Int, steps: Int, workers: Int?
) throws -> Trainer {
  let rows = batch * 20
  var random = RandomStream(seed: 1, stream: 1)
  let outputs = dims[dims.count - 1]
  let classes = max(2, outputs)
  let source = InMemorySource(
    features: (0..<rows * dims[0]).map { _ in Float(random.uniform() * 2 - 1) }, sampleShape: [dims[0]],
    targets: (0..<rows).map { _ in Float(random.below(UInt32(classes))) }, targetColumns: 1,
    targetKind: .classes(count: classes, names: []))
  let layers = dims.indices.dropFirst().map { index in
    Dense(
      units: dims[index],
      activation: index == dims.count - 1 ? (outputs == 1 ? .sigmoid : .softmax) : activation)
  }
  let loss: any Loss = outputs == 1 ? BinaryCrossentropy() : SparseCategoricalCrossentropy()
  var configuration = TrainingConfiguration(
    name: "step", data: DataConfiguration(train: .makeMoons(samples: 2, noise: 0, shuffle: false, randomState: 0)),
    layers: layers, loss: loss, optimizer: .adam(clipping: .globalNorm(1)))
  configuration.batchSize = batch
  configuration.epochs = 1 + (steps + 19) / 20
  configuration.workers = workers
  return try Trainer(configuration, data: TrainingData(train: source), directory: nil)
}
