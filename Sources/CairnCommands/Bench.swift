internal import ArgumentParser
internal import DataParallel
internal import Datasets
internal import Glibc
internal import JSON
internal import Kernels
internal import NeuralNetwork
internal import Optimizers
internal import Reports
internal import Training

struct Bench: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times training steps on this machine.",
    discussion: """
      A case is a fully connected network trained with Adam (0.001), the gradient clipped to global norm 1, on random rows
      in memory, history and checks on: seed, mnist, big, or DIMS:ACTIVATION:BATCH. The last layer is softmax
      cross-entropy, or one sigmoid unit with binary cross-entropy. `gemm share` is the time that OpenBLAS takes
      for the step's matrix products alone (same shard shapes, all workers at once) over the time of the whole step; more
      than 1 where our own products are faster than that. Medians of five.

      Under mpirun the processes do the steps together. With --network it is measured how they reach each other, and
      printed what a model makes of that for the cases (mnist and big, if none is named) on 2 to 64 machines.

      Example:
        cairn bench seed mnist
        mpirun -n 4 cairn bench --network
        cairn bench 300-1000-200-5:tanh:256 --workers 2 --json
      """)

  @Argument(help: "seed, mnist, big, or DIMS:ACTIVATION:BATCH.")
  var cases: [String] = []

  @Option(help: "Threads.")
  var workers: Int?

  @Option(
    help: ArgumentHelp(
      "on, off, or on,off: times both in turn, five pairs, and prints what the history costs.",
      valueName: "on,off"))
  var history: HistoryChoice = .on

  @Flag(help: "Times each case on 1, 2, ... workers, says where the time goes, and models more cores.")
  var scaling = false
  @Flag(help: "Measures the way between the processes, and predicts step times on more machines.")
  var network = false

  @OptionGroup var peers: PeerOptions

  @Flag(help: "Prints one JSON document.")
  var json = false

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
  }

  func run() throws {
    let processes = try peers.join()
    let names = cases.isEmpty ? (network ? ["mnist", "big"] : ["seed", "mnist"]) : cases
    let parsed = try names.map { try BenchCase($0) }
    if network { return try NetworkBench(processes, workers: workers).run(parsed, json: json) }
    if processes.group != nil { return try JointBench(processes, peers).run(parsed, workers: workers, json: json) }
    if scaling { return try BenchScaling.run(parsed, largest: workers, json: json) }
    if history == .both { return try compareHistory(parsed) }
    var documents: [JSONValue] = []
    var table = [["case", "us/step", "samples/s", "GFLOP/s", "gemm share", "workers", "shards"]]
    for benchCase in parsed {
      let result = try benchCase.measure(workers: workers, history: history == .on)
      documents.append([
        "case": .string(benchCase.name), "us_per_step": .number(result.microseconds),
        "samples_per_second": .number(result.samplesPerSecond), "gflops": .number(result.gflops),
        "gemm_share": .number(result.gemmShare), "workers": .integer(result.workers),
        "shards": .integer(result.shards), "peak_rss_bytes": .integer(result.peakBytes),
      ])
      table.append([
        benchCase.name, short(result.microseconds), String(Int(result.samplesPerSecond)), short(result.gflops),
        short(result.gemmShare, digits: 3), String(result.workers), String(result.shards),
      ])
      if !json { printError("\(benchCase.name): \(short(result.microseconds)) us/step") }
    }
    try StandardOutput.line(json ? JSONValue.array(documents).text : TextTable.render(table))
  }
}

/// `--history`.
enum HistoryChoice: String, ExpressibleByArgument {
  case on, off
  case both = "on,off"
}

extension Bench {
  /// What the history (every step, all statistics) costs: alternating runs, the median of the pairs' ratios.
  fileprivate func compareHistory(_ cases: [BenchCase]) throws {
    var documents: [JSONValue] = []
    var table = [["case", "us/step with history", "without", "ratio"]]
    for benchCase in cases {
      var pairs: [(on: Double, off: Double)] = []
      for _ in 0..<5 {
        pairs.append(
          (
            try benchCase.microseconds(workers: workers, history: true),
            try benchCase.microseconds(workers: workers, history: false)
          ))
      }
      let ratio = median(pairs.map { $0.on / $0.off })
      let (on, off) = (median(pairs.map(\.on)), median(pairs.map(\.off)))
      documents.append([
        "case": .string(benchCase.name), "us_per_step_history": .number(on), "us_per_step": .number(off),
        "ratio": .number(ratio),
      ])
      table.append([benchCase.name, short(on), short(off), short(ratio)])
    }
    try StandardOutput.line(json ? JSONValue.array(documents).text : TextTable.render(table))
  }
}

/// One network to time.
struct BenchCase {
  let name: String
  let dims: [Int]
  let activation: ActivationFunction
  let batch: Int

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
    let named = [
      "seed": "2-10-10-5-1:sigmoid:32", "mnist": "784-512-512-10:relu:128", "big": "1024-2048-2048-2048-10:relu:512",
    ]
    name = text
    let fields = (named[text] ?? text).split(separator: ":").map(String.init)
    let dims = fields.first?.split(separator: "-").compactMap { Int($0) } ?? []
    let activations = ["sigmoid": ActivationFunction.sigmoid, "tanh": .tanh, "relu": .relu]
    guard fields.count == 3, dims.count > 1, dims.allSatisfy({ $0 > 0 }),
      dims.count == fields[0].split(separator: "-").count, let activation = activations[fields[1]],
      let batch = Int(fields[2]), batch > 0
    else {
      throw CommandError(
        .usage,
        "bench: `\(text)`: expected seed, mnist, big or DIMS:ACTIVATION:BATCH with sigmoid, tanh or relu, "
          + "such as 300-1000-200-5:tanh:256")
    }
    self.dims = dims
    self.activation = activation
    self.batch = batch
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

  /// Weights, biases included.
  var weights: Int { zip(dims, dims.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 } }

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
    let bare = try BareProducts(dims: dims, batch: batch, shards: shards, workers: workers).secondsPerStep(
      repeats: max(3, min(2000, Int(0.3 / step))))
    return Result(
      microseconds: step * 1e6, samplesPerSecond: Double(batch) / step, gflops: operations / step / 1e9,
      gemmShare: bare / step, workers: workers, shards: shards, peakBytes: peakBytes)
  }

  /// Floating-point operations of a step's matrix products: forward, dW, and dX but for the first layer.
  private var operations: Double {
    zip(dims, dims.dropFirst()).enumerated().reduce(0) { sum, layer in
      sum + Double((layer.offset == 0 ? 4 : 6) * batch) * Double(layer.element.0 * layer.element.1)
    }
  }

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
    let rows = batch * batches
    var random = RandomStream(seed: 1, stream: 1)
    let features = (0..<rows * dims[0]).map { _ in Float(random.uniform() * 2 - 1) }
    let outputs = dims[dims.count - 1]
    let classes = max(2, outputs)
    let targets = (0..<rows).map { _ in Float(random.below(UInt32(classes))) }
    let source = InMemorySource(
      features: features, sampleShape: [dims[0]], targets: targets, targetColumns: 1,
      targetKind: .classes(count: classes, names: []))
    let layers = dims.indices.dropFirst().map { index -> Dense in
      let last = index == dims.count - 1
      return Dense(
        units: dims[index], activation: last ? (outputs == 1 ? .sigmoid : .softmax) : activation,
        kernelInitializer: .randomNormal(mean: 0, stddev: 0.05))
    }
    let loss: any Loss = outputs == 1 ? BinaryCrossentropy() : SparseCategoricalCrossentropy()
    var configuration = TrainingConfiguration(
      name: name, data: DataConfiguration(train: .makeMoons(samples: 2, noise: 0, shuffle: false, randomState: 0)),
      layers: layers, loss: loss, optimizer: .adam(clipping: .globalNorm(1)))
    configuration.batchSize = batch
    configuration.epochs = 6 * timingEpochs(batches)
    configuration.shuffle = false
    configuration.workers = workers
    configuration.shards = shards
    configuration.history.everySteps = history ? 1 : 0
    return try Trainer(configuration, data: TrainingData(train: source), directory: nil, processes: processes)
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

/// The matrix products of one step and nothing else, by OpenBLAS, the same workers on the same shard shapes.
private final class BareProducts: TeamWork, @unchecked Sendable {
  // Unchecked: each worker uses its own buffers.
  private let dims: [Int]
  private let plan: ShardPlan
  private let batch: Int
  private let team: WorkerTeam
  private let widest: Int
  private let buffers: UnsafeMutableBufferPointer<Buffers?>
  private var repeats = 0

  private final class Buffers {
    let x: AlignedBuffer
    let y: AlignedBuffer
    let weights: AlignedBuffer
    let gradient: AlignedBuffer

    init(rows: Int, widest: Int, largest: Int) {
      x = AlignedBuffer(count: rows * widest)
      y = AlignedBuffer(count: rows * widest)
      weights = AlignedBuffer(count: largest)
      gradient = AlignedBuffer(count: largest)
      // Not zeros: some processors multiply those faster.
      for buffer in [x.mutable, y.mutable, weights.mutable] { buffer.fill(0.01) }
    }
  }

  init(dims: [Int], batch: Int, shards: Int, workers: Int) throws {
    self.dims = dims
    self.batch = batch
    plan = ShardPlan(shards: shards, workers: workers)
    team = try WorkerTeam(count: workers)
    widest = dims.max() ?? 1
    buffers = .allocate(capacity: workers)
    buffers.initialize(repeating: nil)
  }

  deinit {
    team.end()
    buffers.deinitialize().deallocate()
  }

  func secondsPerStep(repeats: Int) throws -> Double {
    self.repeats = repeats
    try team.run(self)  // warm up
    let timings = try (0..<5).map { _ in
      let began = ContinuousClock.now
      try team.run(self)
      return began.duration(to: .now) / .seconds(1) / Double(repeats)
    }
    return median(timings)
  }

  func run(worker: Int) throws {
    let largest = zip(dims, dims.dropFirst()).map(*).max() ?? 1
    let memory =
      buffers[worker] ?? Buffers(rows: plan.largest(batch: batch), widest: widest, largest: largest)
    buffers[worker] = memory
    for _ in 0..<repeats {
      for shard in plan.shards(ofWorker: worker) {
        products(rows: plan.rows(ofShard: shard, batch: batch).count, memory)
      }
    }
  }

  private func products(rows: Int, _ memory: Buffers) {
    guard rows > 0 else { return }
    for layer in 0..<dims.count - 1 {
      let (inputs, units) = (dims[layer], dims[layer + 1])
      let x = memory.x.mutable.matrix(rows: rows, columns: inputs)
      let y = memory.y.mutable.matrix(rows: rows, columns: units)
      let weights = memory.weights.vector.matrix(rows: inputs, columns: units)
      multiplyByOpenBLAS(x.readOnly, weights, into: y)
      multiplyByOpenBLAS(
        x.readOnly, transposed: true, y.readOnly, into: memory.gradient.mutable.matrix(rows: inputs, columns: units))
      if layer > 0 { multiplyByOpenBLAS(y.readOnly, transposed: false, weights, transposed: true, into: x) }
    }
  }
}
