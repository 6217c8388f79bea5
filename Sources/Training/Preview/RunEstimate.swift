internal import Checkpointing
internal import Datasets
internal import GradientHealth
internal import NeuralNetwork
internal import Optimizers

/// What a run will take: time by measured steps, memory and disk by what it lays out.
public struct RunEstimate: Sendable, Hashable {
  public let steps: Int
  /// The median of measured steps; validation and checkpoints come on top.
  public let secondsPerStep: Double
  public let workers: Int
  public let shards: Int

  // Bytes in memory: see `RunMemory`; `data` as floats.
  public let weights: Int
  public let gradient: Int
  public let slots: Int
  public let best: Int
  public let snapshot: Int
  public let activations: Int
  public let data: Int

  /// Bytes of a checkpoint at the end, and how many the retention rules leave of those that are written.
  public let checkpoint: Int
  public let checkpointsKept: Int

  public var seconds: Double { Double(steps) * secondsPerStep }
  public var memory: Int { weights + gradient + slots + best + snapshot + activations + data }

  /// - Parameter trainer: as the run will have it.
  init(_ trainer: Trainer, secondsPerStep: Double) {
    let (configuration, network, summary) = (trainer.configuration, trainer.model.network, trainer.summary)
    let memory = RunMemory(
      network, configuration, data: trainer.data, workers: summary.workers, isSaved: true)
    self.secondsPerStep = secondsPerStep
    steps = configuration.epochs * summary.stepsPerEpoch
    (workers, shards) = (summary.workers, summary.shards)
    (weights, gradient, slots) = (memory.weights, memory.gradient, memory.slots)
    (best, snapshot, activations) = (memory.best, memory.snapshot, memory.activations)
    let train = trainer.data.train
    let width = train.schema.inputs.reduce(train.targetColumns) { $0 + $1.columns }
    let rows = train.count + (trainer.data.validation?.count ?? 0)
    // Data that are streamed take no more than their buffer.
    data = train.plan == nil ? 4 * rows * width : min(4 * rows * width, configuration.data.buffer)
    checkpoint = RunEstimate.checkpoint(memory, network, configuration, steps: steps)
    checkpointsKept = RunEstimate.kept(configuration.checkpoints, steps: steps, perEpoch: summary.stepsPerEpoch)
  }

  /// Vectors, history, and about 40 KB of names, recipe and tables.
  private static func checkpoint(
    _ memory: RunMemory, _ network: Network, _ configuration: TrainingConfiguration, steps: Int
  ) -> Int {
    let history = HistoryRecorder.emptyHistory(of: network, configuration.history)
    let every = configuration.history.everySteps
    let recorded = every > 0 ? steps / every : 0
    // Older rows are merged pairwise: each further level of 512 holds twice the steps.
    var (rows, left, span) = (min(recorded, history.capacity), recorded - min(recorded, history.capacity), 2)
    while left > 0 {
      rows += min(left / span, history.olderCapacity)
      left -= history.olderCapacity * span
      span *= 2
    }
    let row = 4 * history.rowWidth + 8 * (StepColumn.allCases.count + 4)
    return memory.weights + memory.gradient + memory.slots + memory.best + 4 * network.layout.stateCount + rows * row
      + 40_000
  }

  private static func kept(_ rules: CheckpointConfiguration, steps: Int, perEpoch: Int) -> Int {
    // The first state and the last are written whatever the rules say.
    var places: Set<Int> = [0, steps]
    if let every = rules.everyEpochs { places.formUnion(stride(from: 0, through: steps, by: every * perEpoch)) }
    if let every = rules.everySteps { places.formUnion(stride(from: 0, through: steps, by: every)) }
    let eternal = rules.keepEvery.map { every in places.filter { $0 > 0 && $0 % every == 0 }.count } ?? 0
    return min(places.count, max(2, rules.keepLast) + (rules.keepBest?.count ?? 0) + eternal)
  }
}
