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
    let slots = configuration.optimizer.transforms.flatMap(\.slots).count
    let keepsBest = configuration.earlyStopping?.restoreBest ?? false
    // Weights and slots, one summed gradient, and a snapshot of all that.
    var vectors = 2 + slots + (keepsBest ? 1 : 0)
    if isSaved || configuration.health.onBlowup == .rollback { vectors += 2 + slots + (keepsBest ? 1 : 0) }
    let weights = bytes(network.layout.trainableCount, times: vectors)
    let shards = configuration.shards ?? workers
    let plan = network.memoryPlan(
      rows: ShardPlan(shards: shards, workers: workers).largest(batch: batch),
      targetColumns: data.train.targetColumns, training: true)
    let activations = bytes(min(workers, shards) * plan.workerCount + shards * plan.shardCount, times: 1)
    let wanted = weights.addingReportingOverflow(activations)
    try MemoryBudget.require(
      wanted.overflow ? .max : wanted.partialValue,
      for: "a network of \(network.layout.parameterCount) weights and batches of \(batch) rows",
      remedy: "use fewer units, or a smaller training.batch_size")
    guard let space = MemoryBudget.addressSpace() else { return }
    // Stacks, OpenBLAS and its buffer, what libhdf5 and the rest of the program take now and then.
    let threads = workers.multipliedReportingOverflow(by: WorkerTeam.bytesPerWorker)
    let (program, overflow) = NumericKernels.addressSpace.addingReportingOverflow(
      threads.overflow ? .max / 2 : threads.partialValue)
    let all = wanted.partialValue.addingReportingOverflow(program)
    if wanted.overflow || overflow || all.overflow || all.partialValue > space {
      throw OutOfMemory(
        what: "address space for \(workers) workers, OpenBLAS and \(network.layout.parameterCount) weights",
        wanted: all.overflow || overflow ? .max : all.partialValue, available: space,
        remedy: "raise `ulimit -v`, or use fewer workers")
    }
  }

  private static func bytes(_ count: Int, times: Int) -> Int {
    let (floats, overflow) = count.multipliedReportingOverflow(by: times)
    return overflow || floats > .max / 4 ? .max : 4 * floats
  }
}
