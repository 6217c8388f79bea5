internal import DataParallel
internal import Kernels
internal import NeuralNetwork

/// Looks for what made the last step bad. Not on the way of a healthy step; allocates freely.
struct CulpritSearch {
  let step: TrainingStep
  /// Those that look with this one, each at its own shards; nil: this one trains alone.
  let processes: (any ProcessGroup)?

  private var shards: ShardComputation { step.shards }
  private var layout: ParameterLayout { step.shards.model.network.layout }

  /// What made the last step's loss or gradient non-finite, found by computing its shards again one by one. Clobbers the
  /// shards' gradients.
  func findCulprit() throws -> Culprit? {
    guard let processes else { return findOwnCulprit()?.culprit }
    return try processes.first(findOwnCulprit())
  }

  /// The same of this process's shards, and where it stands in the order of computation.
  private func findOwnCulprit() -> (order: Int, culprit: Culprit)? {
    for (entries, weights) in [
      (layout.trainable, shards.model.parameters.readOnly), (layout.state, shards.model.state.readOnly),
    ] {
      for entry in entries where !Verdict.isSane(weights[entry.range]) {
        return (-1, Culprit(quantity: .weight, layer: entry.layerName, shard: nil))
      }
    }
    // The earliest layer over all shards counts; of equals the lowest shard.
    var best: (order: Int, culprit: Culprit)?
    for shard in shards.gradients.shards where shard < step.batch.active {
      guard let found = inspect(shard), best.map({ found.order < $0.order }) ?? true else { continue }
      best = found
    }
    guard var found = best else { return nil }
    if let shard = found.culprit.shard, found.culprit.quantity != .input {
      found.culprit.rows = rowsAlone(shards.plan.rows(ofShard: shard, batch: step.batch.rows.count))
    }
    return found
  }

  /// Order: input, each layer's output, loss, each layer's gradient.
  private func inspect(_ shard: Int) -> (order: Int, culprit: Culprit)? {
    let (plan, rows) = (shards.plan, shards.plan.rows(ofShard: shard, batch: step.batch.rows.count))
    let found = (0..<plan.parts).map { plan.rows(ofPart: $0, of: rows) }.filter { !$0.isEmpty }
      .compactMap { inspect(shard, rows: $0) }
    return found.min { $0.order < $1.order }
  }

  /// - Parameter rows: of one of the shard's parts.
  private func inspect(_ shard: Int, rows: Range<Int>) -> (order: Int, culprit: Culprit)? {
    let batch = step.batch
    let places = shards.model.network.places
    switch shards.firstBadQuantity(ofShard: shard, of: batch, rows: rows) {
    case nil: return nil
    case .input(let row, let column, let input):
      var culprit = Culprit(quantity: .input, layer: nil, shard: shard)
      culprit.rows = [Int(batch.rows[row])]
      culprit.column = column
      let inputs = shards.model.network.namedInputs
      if shards.model.network.hasNamedInputs { culprit.input = inputs[input].name }
      return (0, culprit)
    case .activation(let layer):
      return (1 + layer, Culprit(quantity: .activation, layer: places[layer].name, shard: shard))
    case .loss: return (1 + places.count, Culprit(quantity: .loss, layer: nil, shard: shard))
    case .gradient(let number):
      let entry = layout.trainable[number]
      return (2 + places.count + entry.layer, Culprit(quantity: .gradient, layer: entry.layerName, shard: shard))
    }
  }

  /// Rows whose loss or gradient is not finite when computed alone; none if that is so for more than half of them, as
  /// then no row is to blame.
  private func rowsAlone(_ range: Range<Int>) -> [Int] {
    let injected = shards.fault
    shards.fault = nil  // a fault put in on purpose is no row's doing
    defer { shards.fault = injected }
    let shard = shards.gradients.shards.lowerBound
    let bad = range.filter { shards.hasBadResult(shard: shard, of: step.batch, rows: $0..<$0 + 1) }
    return bad.count * 2 > range.count ? [] : bad.map { Int(step.batch.rows[$0]) }
  }

  /// After a poisoned step: the first weights that are not such as training makes, or the update that made them so.
  func findPoison() throws -> Culprit? {
    guard let processes else { return findOwnPoison() }
    return try processes.first(findOwnPoison().map { (0, $0) })
  }

  private func findOwnPoison() -> Culprit? {
    let statistics = step.update.statistics
    for (entry, tiles) in zip(layout.trainable, step.reduction.tiling.entryTiles) {
      guard let tile = tiles.first(where: { !Verdict.isSane(statistics[$0]) }) else { continue }
      let quantity: Culprit.Quantity = statistics[tile].updateSquareSum < 1e30 ? .weight : .update
      return Culprit(quantity: quantity, layer: entry.layerName, shard: nil)
    }
    return nil
  }
}
