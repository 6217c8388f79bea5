internal import DataParallel
internal import Datasets
internal import Glibc
internal import NeuralNetwork
internal import Optimizers
internal import Training

/// One network to time.
struct BenchCase {
  let name: String
  let batch: Int
  private let network: BenchNetwork
  private let products: [LayerProduct]
  /// Weights, biases included.
  let weights: Int

  struct Result {
    let microseconds: Double
    let samplesPerSecond: Double
    let gflops: Double
    let gemmShare: Double
    let workers: Int
    let shards: Int
    let peakBytes: Int
  }

  /// - Throws: `CommandError` (usage).
  init(_ text: String) throws {
    name = text
    guard let (network, batch) = BenchNetwork.named(text) else {
      throw CommandError(
        .usage,
        "bench: `\(text)`: expected \(BenchNetwork.names.joined(separator: ", ")) or DIMS:ACTIVATION:BATCH with sigmoid, "
          + "tanh or relu, such as 300-1000-200-5:tanh:256")
    }
    self.network = network
    self.batch = batch
    let built = try network.built()
    products = LayerProduct.all(of: built)
    weights = built.layout.parameterCount
  }

  /// Microseconds a step: the median of five timings.
  func microseconds(workers: Int?, history: Bool) throws -> Double {
    try secondsPerStep(try trainer(workers: workers, history: history)) * 1e6
  }

  /// Where the time of a step goes with one shard a worker.
  func phases(workers: Int, batch: Int? = nil) throws -> (secondsPerStep: Double, phases: StepPhases) {
    let trainer = try trainer(workers: workers, history: true, shards: workers, batch: batch ?? self.batch)
    trainer.measurePhases()
    let seconds = try secondsPerStep(trainer)
    guard let phases = trainer.phases else { throw CommandError(.internalFailure, "bench: no step was measured") }
    return (seconds, phases)
  }

  func secondsPerStep(_ trainer: Trainer) throws -> Double {
    let stepsPerEpoch = trainer.stepsPerEpoch
    let epochsPerTiming = timingEpochs(stepsPerEpoch)
    // One timing to warm up, then five.
    var marks: [ContinuousClock.Instant] = []
    _ = try trainer.run { event in
      if case .epoch(let report) = event, report.epoch % epochsPerTiming == 0 { marks.append(.now) }
    }
    let steps = Double(epochsPerTiming * stepsPerEpoch)
    return median(zip(marks, marks.dropFirst()).map { $0.duration(to: $1) / .seconds(1) / steps })
  }

  func measure(workers: Int?, history: Bool) throws -> Result {
    let trainer = try trainer(workers: workers, history: history)
    let step = try secondsPerStep(trainer)
    let (shards, workers) = (trainer.summary.shards, trainer.summary.workers)
    let peakBytes = BenchCase.peakBytes()
    let bare = try BareProducts(products, batch: batch, shards: shards, workers: workers).secondsPerStep(
      repeats: max(3, min(2000, Int(0.3 / step))))
    return Result(
      microseconds: step * 1e6, samplesPerSecond: Double(batch) / step, gflops: operations / step / 1e9,
      gemmShare: bare / step, workers: workers, shards: shards, peakBytes: peakBytes)
  }

  /// Floating-point operations of the products of a step's layers: forward, dW, and dX but for the first layer.
  private var operations: Double { max(1, products.reduce(0) { $0 + $1.operations } * Double(batch)) }

  /// Epochs of one timing: about half a second, as few as one.
  private func timingEpochs(_ stepsPerEpoch: Int) -> Int {
    let steps = min(40_000, max(5, 3e10 / operations))
    return max(1, Int(steps) / stepsPerEpoch)
  }

  private func trainer(workers: Int?, history: Bool) throws -> Trainer {
    try trainer(workers: workers, history: history, shards: nil, batch: batch)
  }

  func trainer(
    workers: Int?, history: Bool, shards: Int? = nil, batch: Int, processes: (any ProcessGroup)? = nil
  ) throws -> Trainer {
    let batches = operations > 1e10 ? 3 : max(20, 3000 / batch)
    var configuration = TrainingConfiguration(
      name: name, data: DataConfiguration(train: .makeMoons(samples: 2, noise: 0, shuffle: false, randomState: 0)),
      layers: network.layers, loss: network.loss, optimizer: .adam(clipping: .globalNorm(1)))
    configuration.batchSize = batch
    configuration.epochs = 6 * timingEpochs(batches)
    configuration.shuffle = false
    configuration.workers = workers
    configuration.shards = shards
    configuration.history.everySteps = history ? 1 : 0
    return try Trainer(
      configuration, data: TrainingData(train: network.source(rows: batch * batches)), directory: nil,
      processes: processes)
  }

  private static func peakBytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
