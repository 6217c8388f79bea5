internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// What became of a step's update.
enum Disposition {
  /// Applied; loss and gradient were finite, and the weights are such as training makes.
  case applied
  /// Not applied, since loss or gradient is not finite: the weights are as they were.
  case withheldNonFinite
  /// Not applied, since the step is a spike and the recipe says to keep those from the weights.
  case withheldSpike
  /// Applied: loss and gradient were finite, but what the weights have become is not such as training makes. They, the
  /// optimizer's state or the learning rate were not good.
  case appliedToPoisoned
}

/// What one step came to.
struct StepOutcome {
  /// The objective: loss and penalties, mean over the batch's rows, before the update.
  var objective = 0.0
  /// The penalties in it.
  var penalty = 0.0
  /// L2 norm of the objective's whole gradient before and after clipping.
  var gradientNorm = 0.0
  var clippedNorm = 0.0
  var learningRate = 0.0
  /// NaN and Inf in the gradient.
  var nonfinite = 0
  /// A sudden rise of loss or gradient; nil: none.
  var spike: Spike?
  var disposition = Disposition.withheldNonFinite

  var isHealthy: Bool { disposition == .applied }
}

/// One step: gather, forward and backward by shard, all-reduce and verdict by tile, update by tile.
///
/// Everything a step needs is laid out when this is made; `run` allocates nothing. Phases, with a barrier between:
/// 1. a worker computes its shards' gradients, or the factors of large ones (writes the shards' gradients, factors,
///    losses and statistics);
/// 2. a worker sums, divides and measures its tiles (writes its tiles of the sum and their statistics);
/// 3. the last to come passes the verdict (writes `outcome`, prepares the optimizer);
/// 4. if healthy, a worker updates its tiles (writes its tiles of weights and slots).
final class TrainingStep: TeamWork, @unchecked Sendable {
  // Unchecked: who writes what in which phase is said above.
  let model: Model
  /// Its clipping may change between steps, its slots may not.
  var optimizer: Optimizer
  let optimizerState: OptimizerState
  let team: WorkerTeam
  let plan: ShardPlan
  let exchange: SharedMemoryExchange
  /// The way to the other processes of the run; nil: there are none.
  let joint: ProcessExchange?
  /// Shards that each worker of this process computes.
  let workerShards: [Range<Int>]
  let tiling: Tiling
  private let source: any SampleSource
  private let batches: BatchViews
  private let largestShard: Int

  let workerTiles: [Range<Int>]
  /// Of the network's factored kernels; `productOfEntry`: number of a trainable entry's, -1 for most.
  let products: [ProductSum]
  let productOfEntry: [Int]
  /// One a worker.
  private let workspaces: UnsafeMutableBufferPointer<Workspace?>
  /// One a shard of this process: its factors until they are summed; none where nothing is factored.
  private let factors: UnsafeMutableBufferPointer<ShardMemory?>
  private let scratch: UnsafeMutableBufferPointer<Scratch?>
  private let productScratchCount: Int
  let shardLosses: UnsafeMutableBufferPointer<ShardLoss>
  let tileStatistics: UnsafeMutableBufferPointer<TileStatistics>
  let updateStatistics: UnsafeMutableBufferPointer<UpdateStatistics>
  private let clippedSquares: UnsafeMutableBufferPointer<Double>
  let shardStatistics: AlignedBuffer
  private let statisticsViews: [Vector]
  let shardProbes: AlignedBuffer
  private let probeViews: [Vector]
  private var shardRows: [Int]
  @exclusivity(unchecked) private var norms: GradientNorms

  // The step at hand.
  // Who writes what when is said above: checking it at every access took 2 % of a tiny step.
  @exclusivity(unchecked) private(set) var rows = UnsafeBufferPointer<Int32>(start: nil, count: 0)
  /// What sums over `rows` are divided by.
  @exclusivity(unchecked) private(set) var divisor = Divisor(0)
  private var key: UInt64 = 0
  @exclusivity(unchecked) private(set) var active = 0
  private(set) var probesActivations = false
  @exclusivity(unchecked) var outcome = StepOutcome()
  /// Looks out for sudden rises that stay finite, and whether one keeps the update from the weights.
  @exclusivity(unchecked) var spikes = SpikeMonitor()
  var stopsAtSpikes = false
  /// What a spike is measured by; asked on any thread while the team runs.
  @exclusivity(unchecked) var spikeReference: () -> SpikeReference = { SpikeReference() }
  private let batchSize: Int
  /// Where the shards' losses, statistics and probes stand, by process; see `TrainingStep+Processes`.
  var records: [Int: ShardRecords] = [:]
  /// Whether the gradient travels to other processes while the lower layers' is still summed.
  var overlaps = true
  /// One a worker while phases are measured; else none.
  private var meters: [PhaseMeter] = []
  /// A fault for the step at hand; nil as a rule.
  var fault: FaultInjection?

  init(
    model: Model, optimizer: Optimizer, optimizerState: OptimizerState, team: WorkerTeam, shards: Int, batchSize: Int,
    source: any SampleSource, processes: ProcessShare? = nil
  ) {
    let network = model.network
    self.model = model
    self.optimizer = optimizer
    self.optimizerState = optimizerState
    self.team = team
    self.source = source
    batches = BatchViews(source.schema, workers: team.count)
    self.batchSize = batchSize
    let plan = ShardPlan(shards: shards, workers: team.count)
    self.plan = plan
    largestShard = plan.largest(batch: batchSize)
    let block = processes?.block ?? 0..<shards
    exchange = SharedMemoryExchange(shards: block, count: network.layout.trainableCount)
    workerShards = (0..<team.count).map { plan.shards(ofWorker: $0, within: block) }
    let tiling = Tiling(entries: network.layout.trainable.map(\.range))
    self.tiling = tiling
    workerTiles = (0..<team.count).map { tiling.tiles(ofWorker: $0, workers: team.count) }
    products = network.productSums(shards: block.count)
    var productOfEntry = Array(repeating: -1, count: network.layout.trainable.count)
    for (number, place) in network.factored.enumerated() { productOfEntry[place.entry] = number }
    self.productOfEntry = productOfEntry
    let rows = plan.rows(of: block, batch: batchSize)
    productScratchCount =
      network.factored.map { ProductSum.scratchCount(rows: rows * $0.kernel.rowsPerSample) }.max() ?? 0
    workspaces = .allocate(capacity: team.count)
    workspaces.initialize(repeating: nil)
    factors = .allocate(capacity: products.isEmpty ? 0 : block.count)
    factors.initialize(repeating: nil)
    scratch = .allocate(capacity: team.count)
    scratch.initialize(repeating: nil)
    shardLosses = .allocate(capacity: shards)
    shardLosses.initialize(repeating: ShardLoss())
    tileStatistics = .allocate(capacity: tiling.tiles.count)
    tileStatistics.initialize(repeating: TileStatistics())
    let (local, statistics) = (exchange, tileStatistics)
    joint = processes.map {
      ProcessExchange(
        group: $0.group, blocks: $0.blocks, local: local, layers: network.places.map(\.trainable), tiling: tiling,
        statistics: statistics, workers: team.count)
    }
    updateStatistics = .allocate(capacity: tiling.tiles.count)
    updateStatistics.initialize(repeating: UpdateStatistics())
    clippedSquares = .allocate(capacity: tiling.tiles.count)
    clippedSquares.initialize(repeating: 0)
    let stateCount = AlignedBuffer.padded(network.layout.stateCount)
    shardStatistics = AlignedBuffer(count: shards * stateCount)
    let base = shardStatistics.vector
    statisticsViews = (0..<shards).map {
      base[$0 * stateCount..<$0 * stateCount + network.layout.stateCount]
    }
    let probeStride = network.probeWidth
    shardProbes = AlignedBuffer(count: shards * probeStride)
    let probeBase = shardProbes.vector
    probeViews = (0..<shards).map { probeBase[$0 * probeStride..<($0 + 1) * probeStride] }
    shardRows = Array(repeating: 0, count: shards)
    norms = GradientNorms(entries: network.layout.trainable.count)
  }

  deinit {
    workspaces.deinitialize().deallocate()
    factors.deinitialize().deallocate()
    scratch.deinitialize().deallocate()
    shardLosses.deallocate()
    tileStatistics.deallocate()
    updateStatistics.deallocate()
    clippedSquares.deallocate()
  }

  /// Whether a tile's weights are such as training makes: finite, and below 10^15, where a flipped exponent bit shows.
  static func isSane(_ statistics: UpdateStatistics) -> Bool { statistics.weightSquareSum < 1e30 }

  /// The same of weights that are at hand.
  static func isSane(_ weights: Vector) -> Bool {
    (0..<weights.count).allSatisfy { abs(weights.base[$0]) < 1e15 }
  }

  /// The summed gradient of the last step, before clipping; flat.
  var gradient: Vector { exchange.total.readOnly }

  /// Puts back the gradient of a checkpoint, which the next checkpoint holds if no step comes in between.
  func restoreGradient(_ gradient: Vector) { exchange.total.copy(from: gradient) }

  /// Runs one step over the samples `rows` of the source.
  ///
  /// - Parameters:
  ///   - key: key of this attempt's dropout masks.
  ///   - probing: whether activations are looked at, for the history.
  /// - Precondition: `1 <= rows.count <= batchSize`.
  func run(rows: UnsafeBufferPointer<Int32>, key: UInt64, probing: Bool) throws {
    self.rows = rows
    divisor = source.divisor(of: rows)
    self.key = key
    probesActivations = probing
    active = plan.active(batch: rows.count)
    if let joint { beginJoint(joint) }
    try team.run(self)
    guard outcome.isHealthy else { return }
    guard updateStatistics.allSatisfy(TrainingStep.isSane) else {
      // The gradient was good, the weights or the optimizer's state were not: a checkpoint is needed.
      outcome.disposition = .appliedToPoisoned
      return
    }
    if optimizer.clipping.isByValue {
      outcome.clippedNorm = clippedSquares.reduce(0, +).squareRoot()
    }
    optimizer.commit(optimizerState)
    if model.network.layout.stateCount > 0 {
      for shard in shardRows.indices { shardRows[shard] = plan.rows(ofShard: shard, batch: rows.count).count }
      model.network.updateState(model.state, statistics: statisticsViews, rows: shardRows)
    }
  }

  /// Begins to measure phases, from zero.
  func measurePhases() { meters = (0..<team.count).map { _ in PhaseMeter() } }

  var phases: StepPhases? {
    guard let steps = meters.first?.steps, steps > 0 else { return nil }
    return StepPhases(steps: steps, seconds: meters.map { $0.seconds.map { $0 / Double(steps) } })
  }

  func run(worker: Int) throws {
    if let joint { return try run(worker: worker, joint: joint) }
    let meter = meters.isEmpty ? nil : meters[worker]
    meter?.end(.between)
    for shard in workerShards[worker] where shard < active { computeShard(shard, worker: worker) }
    meter?.end(.compute)
    try team.synchronize()
    meter?.end(.waitForGradients)
    sum(workerTiles[worker], of: 0..<active, worker: worker) { self.finish($0) }
    meter?.end(.reduce)
    try team.synchronize { passVerdict() }
    meter?.end(.waitForVerdict)
    updateTiles(worker: worker)
    meter?.end(.update)
  }

  func updateTiles(worker: Int) {
    guard outcome.isHealthy else { return }
    let scratch = scratch(of: worker).tile.mutable
    let optimizer = optimizer  // copied once, not for every tile
    for tile in workerTiles[worker] { update(tile, by: optimizer, scratch: scratch) }
  }

  func computeShard(_ shard: Int, worker: Int) {
    _ = compute(shard, rows: plan.rows(ofShard: shard, batch: rows.count), worker: worker, probing: probesActivations)
  }

  /// Computes `range` of the batch's rows as shard `shard`, with its whole gradient, on the calling thread, between runs.
  func computeWhole(_ shard: Int, rows range: Range<Int>) -> Workspace {
    let workspace = compute(shard, rows: range, worker: 0, probing: false)
    if fault == nil { completeGradient(shard, workspace) }
    return workspace
  }

  private func compute(_ shard: Int, rows range: Range<Int>, worker: Int, probing: Bool) -> Workspace {
    let workspace = workspace(of: worker)
    if !products.isEmpty { workspace.use(factors(ofShard: shard, workspace)) }
    source.gather(
      UnsafeBufferPointer(rebasing: rows[range]),
      into: batches.batch(
        worker: worker, rows: range.count, inputs: { workspace.input($0, rows: range.count) },
        targets: { _ in workspace.targets(rows: range.count) }))
    if let fault, fault.kind == .nanInput, shard == fault.shard { workspace.input(rows: range.count)[0, 0] = .nan }
    let stride = model.network.probeWidth
    shardLosses[shard] = model.network.computeGradient(
      parameters: model.parameters.readOnly, state: model.state.readOnly, workspace: workspace, rows: range.count,
      training: trainingPass(firstRow: range.lowerBound), gradient: exchange.gradient(ofShard: shard),
      statistics: statistics(ofShard: shard),
      figures: probing ? shardProbes.mutable[shard * stride..<(shard + 1) * stride] : nil)
    if !products.isEmpty {
      model.network.setFactors(
        ofShard: shard - exchange.shards.lowerBound, of: products, workspace: workspace, rows: range.count)
    }
    if let fault {
      completeGradient(shard, workspace)
      if shard == fault.shard { inject(fault, into: exchange.gradient(ofShard: shard)) }
    }
    return workspace
  }

  private func trainingPass(firstRow: Int) -> TrainingPass {
    TrainingPass(key: key, step: UInt32(truncatingIfNeeded: optimizerState.iterations), firstRow: UInt32(firstRow))
  }

  private func statistics(ofShard shard: Int) -> MutableVector {
    let view = statisticsViews[shard]
    return MutableVector(base: UnsafeMutablePointer(mutating: view.base), count: view.count)
  }

  /// After `computeWhole`: the first layer whose output is not finite.
  func firstNonfiniteLayer(_ shard: Int, rows range: Range<Int>, _ workspace: Workspace) -> Int? {
    model.network.firstNonfiniteLayer(
      parameters: model.parameters.readOnly, state: model.state.readOnly, workspace: workspace, rows: range.count,
      training: trainingPass(firstRow: range.lowerBound), statistics: statistics(ofShard: shard))
  }

  /// A fault is put into a shard's own gradient, and a culprit is looked for there: both need all of it.
  private func completeGradient(_ shard: Int, _ workspace: Workspace) {
    model.network.completeGradient(
      ofShard: shard - exchange.shards.lowerBound, from: products, workspace: workspace,
      gradient: exchange.gradient(ofShard: shard))
  }

  private func inject(_ fault: FaultInjection, into gradient: MutableVector) {
    let entries = model.network.layout.trainable
    guard let entry = entries.first(where: { $0.layerName == fault.layer }) ?? entries.first else { return }
    switch fault.kind {
    case .nanGradient, .transientNaN: gradient[entry.range.lowerBound] = .nan
    case .infGradient: gradient[entry.range.lowerBound] = .infinity
    case .spikeGradient: Elementwise.scale(gradient[entry.range], by: 1000)
    case .nanWeight, .nanOptimizer, .bitFlip, .nanInput: break  // not of the gradient
    }
  }

  /// The fraction that a probe came to in the last step.
  func fraction(of probe: ActivationProbe) -> Double {
    model.network.fraction(of: probe, shards: probeViews, active: active, rows: rows.count)
  }

  /// Combines the shards' losses in shard order and the tiles' statistics in tile order.
  func passVerdict() {
    var result = StepOutcome()
    var loss = 0.0
    for shard in 0..<active {
      loss += shardLosses[shard].loss
      result.penalty += shardLosses[shard].penalty
    }
    loss = divisor.mean(loss)
    result.penalty = divisor.mean(result.penalty)
    var square = 0.0
    for (entry, tiles) in tiling.entryTiles.enumerated() {
      var entrySquare = 0.0
      for tile in tiles {
        entrySquare += tileStatistics[tile].squareSum
        result.penalty += tileStatistics[tile].penalty
        result.nonfinite += Int(tileStatistics[tile].nonfinite)
      }
      norms.entrySquares[entry] = entrySquare
      square += entrySquare
    }
    norms.global = square.squareRoot()
    result.objective = loss + result.penalty
    result.gradientNorm = norms.global
    result.learningRate = optimizer.learningRate(optimizerState)
    if result.objective.isFinite && result.nonfinite == 0 {
      let figures = BatchFigures(
        loss: result.objective, gradientNorm: result.gradientNorm, rows: rows.count, batchSize: batchSize)
      result.spike = spikes.observe(figures, reference: spikeReference)
      result.disposition = stopsAtSpikes && result.spike != nil ? .withheldSpike : .applied
    }
    result.clippedNorm = result.isHealthy ? optimizer.prepare(optimizerState, norms: norms) : .nan
    outcome = result
  }

  private func update(_ number: Int, by optimizer: Optimizer, scratch: MutableVector) {
    let tile = tiling.tiles[number]
    (updateStatistics[number], clippedSquares[number]) = optimizer.update(
      optimizerState, range: tile.range, entry: tile.entry, gradient: exchange.total.readOnly,
      weights: model.parameters, scratch: scratch)
  }

  /// Made by the worker that uses it, at its first step, so that the pages lie near its core.
  private func workspace(of worker: Int) -> Workspace {
    if let made = workspaces[worker] { return made }
    let made = Workspace(
      network: model.network, rows: largestShard, targetColumns: source.targetColumns, training: true)
    workspaces[worker] = made
    return made
  }

  private func factors(ofShard shard: Int, _ workspace: Workspace) -> ShardMemory {
    let number = shard - exchange.shards.lowerBound
    if let made = factors[number] { return made }
    let made = workspace.makeShardMemory()
    factors[number] = made
    return made
  }

  func scratch(of worker: Int) -> Scratch {
    if let made = scratch[worker] { return made }
    let made = Scratch(productCount: productScratchCount)
    scratch[worker] = made
    return made
  }

  /// What a worker needs for its tiles.
  final class Scratch {
    let tile = AlignedBuffer(count: Tiling.size)
    let product: AlignedBuffer

    init(productCount: Int) { product = AlignedBuffer(count: productCount) }
  }
}
