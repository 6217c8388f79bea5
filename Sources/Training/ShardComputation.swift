internal import Checkpointing
internal import DataParallel
internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// Forward and backward of a step, shard by shard. All that a step asks of the network stands here.
///
/// A shard's gradient goes into its flat vector; of large kernels only the two factors stay, in the shard's own memory.
/// Where a step is made of several batches, a shard is computed in as many parts, one after the other in the worker's
/// workspace; each part's gradient is whole and is added to the shard's.
final class ShardComputation: @unchecked Sendable {
  // Unchecked: in the compute phase a shard's factors, gradient and figures belong to the worker that computes it, as a
  // workspace does to its worker; in the phase that sums, all workers read the factors. `fault`, `poisonedRow`
  // and `rowCounts` are touched between steps.
  let model: Model
  let plan: ShardPlan
  let gradients: ShardGradients
  let figures: ShardFigures
  /// nil: no layer goes on from batch to batch.
  let carried: CarriedState?
  private let source: any SampleSource
  private let views: BatchViews
  /// Of each input of the source, its number in the network.
  let binding: [Int]
  /// Of the source's inputs, those that say which positions of the output count.
  private let masks: [Int]
  private let largestPart: Int
  /// Of the network's factored kernels; `productOfEntry`: number of a trainable entry's whose sum over the shards is
  /// computed from factors, -1 for most.
  private let products: [any FactoredSum]
  private let productOfEntry: [Int]
  /// One a worker.
  private let workspaces: UnsafeMutableBufferPointer<Workspace?>
  /// One a shard of this process: its factors until they are summed; one a worker where shards are computed in parts;
  /// none where nothing is factored.
  private let factors: UnsafeMutableBufferPointer<ShardMemory?>
  /// A part's own gradient and figures, before they are added to the shard's.
  private let partGradients: WorkerScratch
  private let partFigures: WorkerScratch
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
    largestPart = plan.largestPart(batch: batchSize)
    gradients = ShardGradients(shards: block, count: network.layout.trainableCount)
    figures = ShardFigures(
      shards: plan.shards, parts: plan.parts, stateCount: network.layout.stateCount, probeWidth: network.probeWidth)
    carried =
      network.carriedWidth > 0 ? CarriedState(plan: plan, rows: batchSize, width: network.carriedWidth) : nil
    let isCut = plan.parts > 1
    let factorHolders = isCut ? plan.workers : block.count
    products = network.productSums(shards: factorHolders)
    var productOfEntry = Array(repeating: -1, count: network.layout.trainable.count)
    if !isCut {
      for (number, place) in network.factored.enumerated() { productOfEntry[place.entry] = number }
    }
    self.productOfEntry = productOfEntry
    partGradients = WorkerScratch(workers: plan.workers, count: network.layout.trainableCount)
    partFigures = WorkerScratch(workers: plan.workers, count: network.probeWidth)
    workspaces = .allocate(capacity: plan.workers)
    workspaces.initialize(repeating: nil)
    factors = .allocate(capacity: products.isEmpty ? 0 : factorHolders)
    factors.initialize(repeating: nil)
    rowCounts = Array(repeating: 0, count: plan.shards * plan.parts)
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
      // The estimate is of rows that count alike.
      measuresNoise: measuresNoise && !source.schema.isWeighted, positionWeight: positionWeight(of: rows),
      divisor: source.divisor(of: rows))
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
    let gradient = gradients.gradient(ofShard: shard)
    let probes = batch.isProbed ? figures.probes(ofShard: shard) : nil
    let rows = plan.rows(ofShard: shard, batch: batch.rows.count)
    var loss = ShardLoss()
    for part in 0..<plan.parts {
      let own = plan.rows(ofPart: part, of: rows)
      if own.isEmpty { continue }
      let isFirst = own.lowerBound == rows.lowerBound
      let partGradient = isFirst ? gradient : partGradients.of(worker)
      let partProbes = isFirst ? probes : probes.map { _ in partFigures.of(worker) }
      let (workspace, partLoss) = computePart(
        part, ofShard: shard, of: batch, rows: own, worker: worker, gradient: partGradient, probes: partProbes)
      loss.add(partLoss)
      if !isFirst {
        Elementwise.add(partGradient.readOnly, to: gradient)
        if let probes, let partProbes { model.network.addFigures(partProbes.readOnly, to: probes) }
      }
      if fault != nil, plan.parts == 1 { completeGradient(shard, workspace) }
    }
    if batch.measuresNoise {
      for (number, entry) in model.network.layout.trainable.enumerated() where productOfEntry[number] < 0 {
        loss.gradientSquare += GradientNoise.squareSum(gradient.readOnly[entry.range])
      }
    }
    figures.losses[shard] = loss
    spoil(shard)
  }

  /// Computes rows of a shard, as many as a part has at most; whole kernels' gradients where the shard has several parts.
  ///
  /// - Parameters:
  ///   - gradient, probes: overwritten with those of these rows.
  private func computePart(
    _ part: Int, ofShard shard: Int, of batch: StepBatch, rows: Range<Int>, worker: Int, gradient: MutableVector,
    probes: MutableVector?
  ) -> (workspace: Workspace, loss: ShardLoss) {
    let workspace = workspace(of: worker)
    let holder = plan.parts > 1 ? worker : number(shard)
    if !products.isEmpty { workspace.use(factors(of: holder, workspace)) }
    source.gather(
      UnsafeBufferPointer(rebasing: batch.rows[rows]),
      into: views.batch(
        worker: worker, rows: rows.count, inputs: { workspace.input(binding[$0], rows: rows.count) },
        targets: { _ in workspace.targets(rows: rows.count) }, weights: workspace.weights(rows: rows.count)))
    if let poisonedRow {
      for input in binding.indices {
        poison(poisonedRow, among: batch.rows[rows], workspace.input(input, rows: rows.count))
      }
    }
    if let fault, fault.kind == .nanInput, shard == fault.shard,
      rows.lowerBound == plan.rows(ofShard: shard, batch: batch.rows.count).lowerBound
    {
      workspace.input(rows: rows.count)[0, 0] = .nan
    }
    let loss = model.network.computeGradient(
      parameters: model.parameters.readOnly, state: model.state.readOnly, workspace: workspace, rows: rows.count,
      training: batch.trainingPass(firstRow: rows.lowerBound), gradient: gradient,
      statistics: figures.statistics(ofShard: shard, part: part), figures: probes,
      carried: carried?.current(of: rows), carriedOn: carried?.next(ofShard: shard, rows: rows))
    if !products.isEmpty {
      model.network.setFactors(ofShard: holder, of: products, workspace: workspace, rows: rows.count)
      if plan.parts > 1 {
        model.network.completeGradient(ofShard: holder, from: products, workspace: workspace, gradient: gradient)
      }
    }
    return (workspace, loss)
  }

  /// Computes rows of the batch as one part of a shard, with all of the gradient, on the calling thread between steps.
  /// Allocates freely; clobbers the shard's gradient and loss.
  func computeWhole(_ shard: Int, of batch: StepBatch, rows: Range<Int>) -> Workspace {
    let (workspace, loss) = computePart(
      0, ofShard: shard, of: batch, rows: rows, worker: 0, gradient: gradients.gradient(ofShard: shard), probes: nil)
    figures.losses[shard] = loss
    if plan.parts == 1 { completeGradient(shard, workspace) }
    spoil(shard)
    return workspace
  }

  private func spoil(_ shard: Int) {
    guard let fault, shard == fault.shard else { return }
    fault.spoil(gradients.gradient(ofShard: shard), layout: model.network.layout)
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

  /// For the exchange: what shards tell of themselves, that of steps which are looked at last.
  var records: [ShardRecords] { figures.records(carried: carried?.records) }
  /// How many of `records` a step exchanges.
  func recordsOfStep(isProbed: Bool) -> Int { (isProbed ? 3 : 2) + (carried == nil ? 0 : 1) }

  /// After an update: folds the shards' statistics into the model's state; what rows carry goes over to the next step.
  func updateState(after batch: StepBatch) {
    carried?.commit()
    guard model.network.layout.stateCount > 0 else { return }
    for shard in 0..<plan.shards {
      let rows = plan.rows(ofShard: shard, batch: batch.rows.count)
      for part in 0..<plan.parts {
        rowCounts[shard * plan.parts + part] = plan.rows(ofPart: part, of: rows).count
      }
    }
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
      network: model.network, rows: largestPart, targetColumns: source.targetColumns, training: true,
      isWeighted: source.schema.isWeighted)
    workspaces[worker] = made
    return made
  }

  private func factors(of holder: Int, _ workspace: Workspace) -> ShardMemory {
    if let made = factors[holder] { return made }
    let made = workspace.makeShardMemory()
    factors[holder] = made
    return made
  }

  /// A fault is put into a shard's own gradient, and a culprit is looked for there: both need all of it.
  private func completeGradient(_ shard: Int, _ workspace: Workspace) {
    model.network.completeGradient(
      ofShard: number(shard), from: products, workspace: workspace, gradient: gradients.gradient(ofShard: shard))
  }
}

extension StepBatch {
  func trainingPass(firstRow: Int) -> TrainingPass {
    TrainingPass(
      key: key, step: UInt32(truncatingIfNeeded: iteration), firstRow: UInt32(firstRow), positionWeight: positionWeight)
  }
}
