internal import Checkpointing
internal import DataParallel
internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// Forward and backward of a step, shard by shard. All that a step asks of the network stands here.
///
/// A shard's gradient goes into its flat vector; of large kernels only the two factors stay, in the shard's own memory.
final class ShardComputation: @unchecked Sendable {
  // Unchecked: in the compute phase a shard's factors, gradient and figures belong to the worker that computes it, as a
  // workspace does to its worker; in the phase that sums, all workers read the factors. `fault`, `poisonedRow`
  // and `rowCounts` are touched between steps.
  let model: Model
  let plan: ShardPlan
  let gradients: ShardGradients
  let figures: ShardFigures
  private let source: any SampleSource
  private let views: BatchViews
  /// Of each input of the source, its number in the network.
  private let binding: [Int]
  /// Of the source's inputs, those that say which positions of the output count.
  private let masks: [Int]
  private let largestShard: Int
  /// Of the network's factored kernels; `productOfEntry`: number of a trainable entry's, -1 for most.
  private let products: [any FactoredSum]
  private let productOfEntry: [Int]
  /// One a worker.
  private let workspaces: UnsafeMutableBufferPointer<Workspace?>
  /// One a shard of this process: its factors until they are summed; none where nothing is factored.
  private let factors: UnsafeMutableBufferPointer<ShardMemory?>
  private var rowCounts: [Int]
  /// A fault for the step at hand; nil as a rule.
  var fault: FaultInjection?
  /// A row whose features are out of all proportion by a fault put in; nil as a rule.
  var poisonedRow: Int32?

  /// - Parameter block: shards that this process computes.
  init(model: Model, source: any SampleSource, plan: ShardPlan, block: Range<Int>, batchSize: Int) {
    let network = model.network
    self.model = model
    self.plan = plan
    self.source = source
    views = BatchViews(source.schema, workers: plan.workers)
    let binding = network.binding(of: source.schema)
    self.binding = binding
    masks = network.maskInputs.compactMap { binding.firstIndex(of: $0) }
    largestShard = plan.largest(batch: batchSize)
    gradients = ShardGradients(shards: block, count: network.layout.trainableCount)
    figures = ShardFigures(
      shards: plan.shards, stateCount: network.layout.stateCount, probeWidth: network.probeWidth)
    products = network.productSums(shards: block.count)
    var productOfEntry = Array(repeating: -1, count: network.layout.trainable.count)
    for (number, place) in network.factored.enumerated() { productOfEntry[place.entry] = number }
    self.productOfEntry = productOfEntry
    workspaces = .allocate(capacity: plan.workers)
    workspaces.initialize(repeating: nil)
    factors = .allocate(capacity: products.isEmpty ? 0 : block.count)
    factors.initialize(repeating: nil)
    rowCounts = Array(repeating: 0, count: plan.shards)
  }

  deinit {
    workspaces.deinitialize().deallocate()
    factors.deinitialize().deallocate()
  }

  // MARK: A step

  /// The batch of a step over the samples `rows` of the source.
  func batch(
    rows: UnsafeBufferPointer<Int32>, key: UInt64, iteration: Int, isProbed: Bool, measuresNoise: Bool = false
  ) -> StepBatch {
    StepBatch(
      rows: rows, key: key, iteration: iteration, active: plan.active(batch: rows.count), isProbed: isProbed,
      measuresNoise: measuresNoise, positionWeight: positionWeight(of: rows), divisor: source.divisor(of: rows))
  }

  private func positionWeight(of rows: UnsafeBufferPointer<Int32>) -> Double? {
    if masks.isEmpty { return nil }
    let counted = source.countedPositions(of: rows, inputs: masks)
    return counted > 0 ? Double(rows.count) / Double(counted) : 0
  }

  /// The batch's estimates, after the sum; nil: they were not asked for, or the batch has one shard.
  func noise(of batch: StepBatch, gradient: Vector) -> NoiseSample? {
    guard batch.measuresNoise else { return nil }
    return GradientNoise.sample(
      of: batch, plan: { plan.rows(ofShard: $0, batch: batch.rows.count).count }, losses: figures.losses,
      gradient: gradient, model: model, isWritten: { productOfEntry[$0] < 0 })
  }

  /// Computes loss, gradient and figures of one of the batch's shards.
  func compute(_ shard: Int, of batch: StepBatch, worker: Int) {
    let rows = plan.rows(ofShard: shard, batch: batch.rows.count)
    _ = compute(shard, of: batch, rows: rows, worker: worker, isProbed: batch.isProbed)
  }

  private func compute(
    _ shard: Int, of batch: StepBatch, rows: Range<Int>, worker: Int, isProbed: Bool
  ) -> Workspace {
    let workspace = workspace(of: worker)
    if !products.isEmpty { workspace.use(factors(ofShard: shard, workspace)) }
    source.gather(
      UnsafeBufferPointer(rebasing: batch.rows[rows]),
      into: views.batch(
        worker: worker, rows: rows.count, inputs: { workspace.input(binding[$0], rows: rows.count) },
        targets: { _ in workspace.targets(rows: rows.count) }))
    if let poisonedRow {
      for input in binding.indices {
        poison(poisonedRow, among: batch.rows[rows], workspace.input(input, rows: rows.count))
      }
    }
    if let fault, fault.kind == .nanInput, shard == fault.shard { workspace.input(rows: rows.count)[0, 0] = .nan }
    figures.losses[shard] = model.network.computeGradient(
      parameters: model.parameters.readOnly, state: model.state.readOnly, workspace: workspace, rows: rows.count,
      training: batch.trainingPass(firstRow: rows.lowerBound), gradient: gradients.gradient(ofShard: shard),
      statistics: figures.statistics(ofShard: shard), figures: isProbed ? figures.probes(ofShard: shard) : nil)
    if !products.isEmpty {
      model.network.setFactors(ofShard: number(shard), of: products, workspace: workspace, rows: rows.count)
    }
    if batch.measuresNoise {
      let gradient = gradients.gradient(ofShard: shard).readOnly
      for (number, entry) in model.network.layout.trainable.enumerated() where productOfEntry[number] < 0 {
        figures.losses[shard].gradientSquare += GradientNoise.squareSum(gradient[entry.range])
      }
    }
    if let fault {
      completeGradient(shard, workspace)
      if shard == fault.shard { fault.spoil(gradients.gradient(ofShard: shard), layout: model.network.layout) }
    }
    return workspace
  }

  private func poison(_ row: Int32, among rows: Slice<UnsafeBufferPointer<Int32>>, _ input: MutableMatrix) {
    for (place, number) in rows.enumerated() where number == row {
      for column in 0..<input.columns {
        let value = input[place, column]
        input[place, column] = FaultInjection.featureFactor * (value == 0 ? 1 : value)
      }
    }
  }

  /// What the gradient of a trainable entry is summed from; nil: from the shards' own gradients.
  func product(ofEntry entry: Int) -> (any FactoredSum)? {
    // Under a fault the shards' own gradients are whole.
    guard productOfEntry[entry] >= 0, fault == nil else { return nil }
    return products[productOfEntry[entry]]
  }

  /// A shard's number among this process's.
  func number(_ shard: Int) -> Int { shard - gradients.shards.lowerBound }

  /// Floats that `FactoredSum.sum` clobbers.
  func productScratchCount(batchSize: Int) -> Int {
    let rows = plan.rows(of: gradients.shards, batch: batchSize)
    return model.network.factored.map { $0.kernel.scratchCount(rows: rows, shards: gradients.shards.count) }.max() ?? 0
  }

  /// After an update: folds the shards' statistics into the model's state.
  func updateState(after batch: StepBatch) {
    guard model.network.layout.stateCount > 0 else { return }
    for shard in rowCounts.indices { rowCounts[shard] = plan.rows(ofShard: shard, batch: batch.rows.count).count }
    model.network.updateState(model.state, statistics: figures.statistics, rows: rowCounts)
  }

  /// The fraction that a probe came to in a step.
  func fraction(of probe: ActivationProbe, in batch: StepBatch) -> Double {
    model.network.fraction(of: probe, shards: figures.probes, active: batch.active, rows: batch.rows.count)
  }

  /// What a measurement came to in a step.
  ///
  /// - Parameter values: overwritten, one a position.
  func combine(_ place: MeasuredPlace, in batch: StepBatch, into values: UnsafeMutablePointer<Float>) {
    place.combine(
      shards: figures.probes, active: batch.active, rows: batch.rows.count, gradientScale: batch.divisor.scale,
      into: values)
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
    if let made = factors[number(shard)] { return made }
    let made = workspace.makeShardMemory()
    factors[number(shard)] = made
    return made
  }

  /// A fault is put into a shard's own gradient, and a culprit is looked for there: both need all of it.
  private func completeGradient(_ shard: Int, _ workspace: Workspace) {
    model.network.completeGradient(
      ofShard: number(shard), from: products, workspace: workspace, gradient: gradients.gradient(ofShard: shard))
  }

  // MARK: After a bad step

  /// The first bad quantity of a shard, in the order in which they are computed.
  enum BadQuantity {
    /// Row of the batch, number of the input.
    case input(row: Int, column: Int, input: Int)
    /// Number of a layer.
    case activation(Int)
    case loss
    /// Number of a trainable entry.
    case gradient(Int)
  }

  /// Computes `rows` of the batch again as shard `shard`, on the calling thread, between steps; nil: all is finite.
  /// Allocates freely; clobbers the shard's gradient.
  func firstBadQuantity(ofShard shard: Int, of batch: StepBatch, rows: Range<Int>) -> BadQuantity? {
    let workspace = computeWhole(shard, of: batch, rows: rows)
    for row in 0..<rows.count {
      for number in binding.indices {
        let input = workspace.input(number, rows: rows.count)
        for column in 0..<input.columns where !input[row, column].isFinite {
          return .input(row: rows.lowerBound + row, column: column, input: number)
        }
      }
    }
    let layer = model.network.firstNonfiniteLayer(
      parameters: model.parameters.readOnly, state: model.state.readOnly, workspace: workspace, rows: rows.count,
      training: batch.trainingPass(firstRow: rows.lowerBound), statistics: figures.statistics(ofShard: shard))
    if let layer { return .activation(layer) }
    return firstBadResult(ofShard: shard)
  }

  /// The same of loss and gradient alone.
  func hasBadResult(shard: Int, of batch: StepBatch, rows: Range<Int>) -> Bool {
    _ = computeWhole(shard, of: batch, rows: rows)
    return firstBadResult(ofShard: shard) != nil
  }

  /// The L2 norm of a batch's gradient, penalties left out, computed as one shard on the calling thread. The same.
  func gradientNorm(of batch: StepBatch) -> Double {
    let shard = gradients.shards.lowerBound
    _ = computeWhole(shard, of: batch, rows: 0..<batch.rows.count)
    let gradient = gradients.gradient(ofShard: shard).readOnly
    var square = 0.0
    for entry in model.network.layout.trainable {
      for index in entry.range { square += Double(gradient[index]) * Double(gradient[index]) }
    }
    return square.squareRoot()
  }

  private func computeWhole(_ shard: Int, of batch: StepBatch, rows: Range<Int>) -> Workspace {
    let workspace = compute(shard, of: batch, rows: rows, worker: 0, isProbed: false)
    if fault == nil { completeGradient(shard, workspace) }
    return workspace
  }

  private func firstBadResult(ofShard shard: Int) -> BadQuantity? {
    if !figures.losses[shard].loss.isFinite || !figures.losses[shard].penalty.isFinite { return .loss }
    let gradient = gradients.gradient(ofShard: shard).readOnly
    return model.network.layout.trainable.firstIndex { Reductions.nonfiniteCount(gradient[$0.range]) > 0 }
      .map { .gradient($0) }
  }
}

extension StepBatch {
  fileprivate func trainingPass(firstRow: Int) -> TrainingPass {
    TrainingPass(
      key: key, step: UInt32(truncatingIfNeeded: iteration), firstRow: UInt32(firstRow), positionWeight: positionWeight)
  }
}
