internal import DataParallel
internal import Datasets
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// The processes that train together, and this one's share of the work.
struct ProcessShare {
  let group: any ProcessGroup
  /// Shards of each process.
  let blocks: [Range<Int>]

  var block: Range<Int> { blocks[group.rank] }
}

extension TrainingStep {
  /// Lays a step out.
  ///
  /// - Parameters:
  ///   - shards: of a batch, in all processes together.
  ///   - batchSize: rows of a whole step.
  ///   - parts: batches that make a step, computed one after the other.
  ///   - share: nil: one process trains alone.
  convenience init(
    model: Model, averaging: WeightAveraging? = nil, optimizer: Optimizer, optimizerState: OptimizerState,
    team: WorkerTeam, shards: Int, batchSize: Int,
    accumulating parts: Int = 1, source: any SampleSource, share: ProcessShare? = nil, spikes: SpikeWatch
  ) {
    let network = model.network
    let tiling = Tiling(entries: network.layout.trainable.map(\.range))
    let computation = ShardComputation(
      model: model, source: source, plan: ShardPlan(shards: shards, workers: team.count, parts: parts),
      block: share?.block ?? 0..<shards, batchSize: batchSize)
    let reduction = GradientReduction(computation, tiling: tiling, batchSize: batchSize)
    let exchange: any GradientExchange =
      if let share {
        ProcessExchange(
          group: share.group, blocks: share.blocks, gradients: computation.gradients,
          layers: network.places.map(\.trainable), tiling: tiling, statistics: reduction.statistics,
          records: computation.records, workers: team.count)
      } else {
        SharedMemoryExchange(gradients: computation.gradients, tiling: tiling, workers: team.count)
      }
    let update = WeightUpdate(
      model: model, averaging: averaging, optimizer: optimizer, state: optimizerState, tiling: tiling,
      workers: team.count)
    self.init(
      team: team, shards: computation, exchange: exchange, reduction: reduction, update: update, batchSize: batchSize,
      spikes: spikes)
  }
}
