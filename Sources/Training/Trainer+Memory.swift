internal import DataParallel
internal import Datasets
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// What a run will hold in memory, asked for before any of it is taken.
extension Trainer {
  /// - Parameter isSaved: whether checkpoints are written.
  /// - Throws: `OutOfMemory`.
  static func requireMemory(
    _ network: Network, _ configuration: TrainingConfiguration, data: TrainingData, workers: Int, isSaved: Bool
  ) throws {
    let batch = min(configuration.batchSize, data.train.count)
    let memory = RunMemory(network, configuration, data: data, workers: workers, isSaved: isSaved)
    let wanted = memory.total
    try MemoryBudget.require(
      wanted, for: "a network of \(network.layout.parameterCount) weights and batches of \(batch) rows",
      remedy: "use fewer units, or a smaller training.batch_size")
    guard let space = MemoryBudget.addressSpace() else { return }
    // Stacks, OpenBLAS and its buffer, what libhdf5 and the rest of the program take now and then.
    let threads = workers.multipliedReportingOverflow(by: WorkerTeam.bytesPerWorker)
    let (program, overflow) = NumericKernels.addressSpace.addingReportingOverflow(
      threads.overflow ? .max / 2 : threads.partialValue)
    let all = wanted.addingReportingOverflow(program)
    if wanted == .max || overflow || all.overflow || all.partialValue > space {
      throw OutOfMemory(
        what: "address space for \(workers) workers, OpenBLAS and \(network.layout.parameterCount) weights",
        wanted: all.overflow || overflow ? .max : all.partialValue, available: space,
        remedy: "raise `ulimit -v`, or use fewer workers")
    }
  }
}

/// What a run takes of a machine.
public struct RunSize: Sendable, Hashable {
  /// Bytes, without its data.
  public let memory: Int
  /// Workers that have enough to do.
  public let workers: Int

  /// - Parameter processors: that there are.
  /// - Throws: `NetworkError`, `TrainingError`.
  public init(of configuration: TrainingConfiguration, data: TrainingData, processors: Int) throws {
    let network = try Network(configuration, for: data.train.schema.networkInputs)
    workers = Trainer.suitedWorkers(network, configuration, processors: processors)
    memory = RunMemory(network, configuration, data: data, workers: 1, isSaved: true).total
  }
}

/// What a run holds in memory besides its data and the program, in bytes; `Int.max`: more than can be counted.
struct RunMemory {
  /// The weights (and their average, where it is asked for), their last summed gradient, the optimizer's slots, and the best epoch's weights where they are kept.
  let weights: Int
  let gradient: Int
  let slots: Int
  let best: Int
  /// A copy of all these, for checkpoints or for going back.
  let snapshot: Int
  /// Outputs and gradients of the rows that workers compute at a time, and what shards keep until they are summed.
  let activations: Int

  /// - Parameter isSaved: whether checkpoints are written.
  init(
    _ network: Network, _ configuration: TrainingConfiguration, data: TrainingData, workers: Int, isSaved: Bool
  ) {
    let vector = RunMemory.bytes(network.layout.trainableCount, times: 1)
    let shards = configuration.shards ?? workers
    let isAccumulated = configuration.accumulateSteps > 1
    let isAveraged = configuration.averageWeights != nil
    weights = RunMemory.bytes(network.layout.trainableCount, times: isAveraged ? 2 : 1)
    gradient = vector
    slots = RunMemory.bytes(
      network.layout.trainableCount, times: configuration.optimizer.transforms.flatMap(\.slots).count)
    best = configuration.earlyStopping?.restoreBest ?? false ? vector : 0
    let carried = RunMemory.bytes(configuration.updateRows, times: network.carriedWidth)
    let isCopied = isSaved || configuration.health.onBlowup == .rollback
    snapshot = isCopied ? RunMemory.sum([weights, vector, slots, best, carried]) : 0
    let shardPlan = ShardPlan(shards: shards, workers: workers, parts: configuration.accumulateSteps)
    let plan = network.memoryPlan(
      rows: shardPlan.largestPart(batch: min(configuration.updateRows, data.train.count)),
      targetColumns: data.train.targetColumns, training: true)
    let own = isAccumulated ? plan.shardCount + network.layout.trainableCount : 0
    let ofShards = isAccumulated ? 0 : shards * plan.shardCount
    let computed = RunMemory.bytes(min(workers, shards) * (plan.workerCount + own) + ofShards, times: 1)
    activations = RunMemory.sum([computed, carried, carried])
  }

  var total: Int { RunMemory.sum([weights, gradient, slots, best, snapshot, activations]) }

  private static func sum(_ parts: [Int]) -> Int {
    parts.reduce(0) { sum, part in
      let (next, overflow) = sum.addingReportingOverflow(part)
      return overflow ? .max : next
    }
  }

  private static func bytes(_ count: Int, times: Int) -> Int {
    let (floats, overflow) = count.multipliedReportingOverflow(by: times)
    return overflow || floats > .max / 4 ? .max : 4 * floats
  }
}
