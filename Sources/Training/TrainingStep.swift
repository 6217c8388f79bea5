internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// One step: gather, forward and backward by shard, all-reduce and verdict by tile, update by tile.
///
/// Everything a step needs is laid out when this is made; `run` allocates nothing. Phases, with a barrier between:
/// 1. a worker computes its shards' gradients, or the factors of large ones, and their figures (`ShardComputation`);
/// 2. a worker sums, divides and measures its tiles (`GradientReduction`, asked by the `GradientExchange`, which brings
///    what other processes have);
/// 3. the last to come passes the verdict (`Verdict`; writes `outcome`, prepares the optimizer);
/// 4. if healthy, a worker updates its tiles (`WeightUpdate`).
final class TrainingStep: TeamWork, @unchecked Sendable {
  // Unchecked: `batch` is written between steps; `outcome` and `spikes` by the one worker that passes the verdict, between
  // two barriers, and between steps. Who writes what else is said where it stands.
  let team: WorkerTeam
  let shards: ShardComputation
  let exchange: any GradientExchange
  let reduction: GradientReduction
  let update: WeightUpdate
  /// Shards that each worker of this process computes.
  private let workerShards: [Range<Int>]
  private let batchSize: Int
  // Checking exclusive access at every turn took 2 % of a tiny step.
  @exclusivity(unchecked) private(set) var batch = StepBatch()
  @exclusivity(unchecked) var outcome = StepOutcome()
  @exclusivity(unchecked) var spikes: SpikeWatch
  /// One a worker while phases are measured; else none.
  private var meters: [PhaseMeter] = []

  init(
    team: WorkerTeam, shards: ShardComputation, exchange: any GradientExchange, reduction: GradientReduction,
    update: WeightUpdate, batchSize: Int, spikes: SpikeWatch
  ) {
    self.team = team
    self.shards = shards
    self.exchange = exchange
    self.reduction = reduction
    self.update = update
    self.batchSize = batchSize
    self.spikes = spikes
    workerShards = (0..<team.count).map { shards.plan.shards(ofWorker: $0, within: shards.gradients.shards) }
  }

  /// The model that is evaluated and used: the average of the trained weights, where there is one, or these.
  var usedModel: Model { update.average?.model ?? shards.model }

  /// The summed gradient of the last step, before clipping; flat.
  var gradient: Vector { exchange.gradients.total.readOnly }

  /// Puts back the gradient of a checkpoint, which the next checkpoint holds if no step comes in between.
  func restoreGradient(_ gradient: Vector) { exchange.gradients.total.copy(from: gradient) }

  // MARK: Running

  /// Runs one step over the samples `rows` of the source.
  ///
  /// - Parameters:
  ///   - key: key of this attempt's dropout masks.
  ///   - probing: whether activations are looked at, for the history.
  ///   - measuringNoise: whether the shards' gradients are measured one by one.
  /// - Precondition: `1 <= rows.count <= batchSize`.
  func run(rows: UnsafeBufferPointer<Int32>, key: UInt64, probing: Bool, measuringNoise: Bool = false) throws {
    batch = shards.batch(
      rows: rows, key: key, iteration: update.state.iterations, isProbed: probing, measuresNoise: measuringNoise)
    reduction.begin(batch)
    exchange.begin(active: batch.active, records: shards.recordsOfStep(isProbed: probing))
    try team.run(self)
    guard outcome.isHealthy else { return }
    outcome.disposition = Verdict.afterUpdate(outcome.disposition, areWeightsSane: update.leavesSaneWeights)
    // Else the gradient was good, the weights or the optimizer's state were not: a checkpoint is needed.
    guard outcome.isHealthy else { return }
    if let norm = update.clippedNorm { outcome.clippedNorm = norm }
    update.commit()
    shards.updateState(after: batch)
  }

  func run(worker: Int) throws {
    let meter = meters.isEmpty ? nil : meters[worker]
    meter?.end(.between)
    for shard in workerShards[worker] where shard < batch.active {
      if worker == 0 { try exchange.keepAlive() }
      shards.compute(shard, of: batch, worker: worker)
    }
    meter?.end(.compute)
    try team.synchronize()
    meter?.end(.waitForGradients)
    try exchange.exchange(by: reduction, worker: worker, team: team)
    meter?.end(.reduce)
    try team.synchronize { passVerdict() }
    meter?.end(.waitForVerdict)
    if outcome.isHealthy { update.apply(gradient, worker: worker) }
    meter?.end(.update)
  }

  /// Combines the shards' losses in shard order and the tiles' statistics in tile order.
  private func passVerdict() {
    let losses = shards.figures.sum(active: batch.active)
    var sums = StepSums()
    sums.loss = batch.divisor.mean(losses.loss)
    sums.penalty = batch.divisor.mean(losses.penalty)
    (sums.rows, sums.batchSize) = (batch.rows.count, batchSize)
    reduction.fold(into: &sums, entrySquares: &update.norms.entrySquares)
    outcome = Verdict.beforeUpdate(sums, withholdsSpikes: spikes.withholds) {
      spikes.monitor.observe($0, reference: spikes.reference)
    }
    outcome.learningRate = update.learningRate
    outcome.noise = shards.noise(of: batch, gradient: gradient)
    update.norms.global = outcome.gradientNorm
    if outcome.isHealthy { outcome.clippedNorm = update.prepare() }
  }

  // MARK: Measuring

  /// Begins to measure phases, from zero.
  func measurePhases() { meters = (0..<team.count).map { _ in PhaseMeter() } }

  var phases: StepPhases? {
    guard let steps = meters.first?.steps, steps > 0 else { return nil }
    return StepPhases(steps: steps, seconds: meters.map { $0.seconds.map { $0 / Double(steps) } })
  }

  // MARK: For the history

  var tileStatistics: UnsafeMutableBufferPointer<TileStatistics> { reduction.statistics }
  var updateStatistics: UnsafeMutableBufferPointer<UpdateStatistics> { update.statistics }

  /// The fraction that a probe came to in the last step.
  func fraction(of probe: ActivationProbe) -> Double { shards.fraction(of: probe, in: batch) }

  /// What a measurement came to in the last step.
  ///
  /// - Parameter values: overwritten, one a position.
  func combine(_ place: MeasuredPlace, into values: UnsafeMutablePointer<Float>) {
    shards.combine(place, in: batch, into: values)
  }
}

/// Looks out for sudden rises that stay finite.
struct SpikeWatch {
  var monitor: SpikeMonitor
  /// Whether a spike's update is kept from the weights.
  let withholds: Bool
  /// What a spike is measured by; asked on any thread while the team runs.
  var reference: () -> SpikeReference
}
