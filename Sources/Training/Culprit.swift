internal import DataParallel
internal import Kernels
internal import NeuralNetwork

/// Where a non-finite number came from: the first bad quantity in forward order.
public struct Culprit: Sendable, Hashable {
  public enum Quantity: String, Sendable, Hashable {
    case weight, input, activation, loss, gradient, update
  }

  public let quantity: Quantity
  /// nil: not of one layer.
  public let layer: String?
  public let shard: Int?
  /// Rows of the batch that do it on their own, as row numbers of the training data; empty if none does alone.
  public internal(set) var rows: [Int] = []
  /// Column of a bad input.
  public internal(set) var column: Int?
  /// The process that it arose on, where there are several. Not in `sentence`, which goes into checkpoints.
  public internal(set) var process: Int?
  /// That process's machine.
  public internal(set) var host: String?

  /// `the gradient of layer \`dense\`, shard 0`
  public var sentence: String {
    var text =
      switch quantity {
      case .weight: "a weight"
      case .input: "the input"
      case .activation: "the output"
      case .loss: "the loss"
      case .gradient: "the gradient"
      case .update: "the update"
      }
    if let layer { text += " of layer `\(layer)`" }
    if let shard { text += ", shard \(shard)" }
    if let row = rows.first, rows.count == 1 { text += ", row \(row) of the training data alone" }
    if rows.count > 1 { text += ", rows \(rows.prefix(5).map(String.init).joined(separator: ", ")) each alone" }
    return text
  }
}

extension TrainingStep {
  /// Looks for what made the last step's loss or gradient non-finite, by computing its shards again one by one.
  ///
  /// Not on the way of a healthy step; allocates freely. Clobbers the shards' gradients.
  func findCulprit() throws -> Culprit? {
    guard let group = joint?.group else { return findOwnCulprit()?.culprit }
    return try group.first(findOwnCulprit())
  }

  /// The same of this process's shards, and where it stands in the order of computation.
  private func findOwnCulprit() -> (order: Int, culprit: Culprit)? {
    let network = model.network
    for entry in network.layout.trainable where !TrainingStep.isSane(model.parameters.readOnly[entry.range]) {
      return (-1, Culprit(quantity: .weight, layer: entry.layerName, shard: nil))
    }
    for entry in network.layout.state where !TrainingStep.isSane(model.state.readOnly[entry.range]) {
      return (-1, Culprit(quantity: .weight, layer: entry.layerName, shard: nil))
    }
    // The earliest layer over all shards counts; of equals the lowest shard.
    var best: (order: Int, culprit: Culprit)?
    for shard in exchange.shards where shard < active {
      guard let found = inspect(shard), best.map({ found.order < $0.order }) ?? true else { continue }
      best = found
    }
    guard var found = best else { return nil }
    if let shard = found.culprit.shard, found.culprit.quantity != .input {
      found.culprit.rows = rowsAlone(plan.rows(ofShard: shard, batch: rows.count))
    }
    return found
  }

  /// Order: input, each layer's output, loss, each layer's gradient.
  private func inspect(_ shard: Int) -> (order: Int, culprit: Culprit)? {
    let network = model.network
    let range = plan.rows(ofShard: shard, batch: rows.count)
    let workspace = computeWhole(shard, rows: range)
    let input = workspace.input(rows: range.count)
    for row in 0..<range.count {
      for column in 0..<input.columns where !input[row, column].isFinite {
        var culprit = Culprit(quantity: .input, layer: nil, shard: shard)
        culprit.rows = [Int(rows[range.lowerBound + row])]
        culprit.column = column
        return (0, culprit)
      }
    }
    if let layer = firstNonfiniteLayer(shard, rows: range, workspace) {
      return (1 + layer, Culprit(quantity: .activation, layer: network.places[layer].name, shard: shard))
    }
    let layers = network.places.count
    if !shardLosses[shard].loss.isFinite || !shardLosses[shard].penalty.isFinite {
      return (1 + layers, Culprit(quantity: .loss, layer: nil, shard: shard))
    }
    for entry in network.layout.trainable
    where Reductions.nonfiniteCount(exchange.gradient(ofShard: shard).readOnly[entry.range]) > 0 {
      return (2 + layers + entry.layer, Culprit(quantity: .gradient, layer: entry.layerName, shard: shard))
    }
    return nil
  }

  /// Rows whose loss or gradient is not finite when computed alone; none if that is so for more than half of them, as
  /// then no row is to blame.
  private func rowsAlone(_ range: Range<Int>) -> [Int] {
    var bad: [Int] = []
    let injected = fault
    fault = nil  // a fault put in on purpose is no row's doing
    defer { fault = injected }
    let shard = exchange.shards.lowerBound
    for row in range {
      _ = computeWhole(shard, rows: row..<row + 1)
      let loss = shardLosses[shard]
      let gradient = exchange.gradient(ofShard: shard).readOnly
      if !loss.loss.isFinite || !loss.penalty.isFinite
        || model.network.layout.trainable.contains(where: { Reductions.nonfiniteCount(gradient[$0.range]) > 0 })
      {
        bad.append(Int(rows[row]))
      }
    }
    return bad.count * 2 > range.count ? [] : bad
  }

  /// After a poisoned step: the first weights that are not such as training makes, or the update that made them so.
  func findPoison() throws -> Culprit? {
    guard let group = joint?.group else { return findOwnPoison() }
    return try group.first(findOwnPoison().map { (0, $0) })
  }

  private func findOwnPoison() -> Culprit? {
    for (entry, tiles) in zip(model.network.layout.trainable, tiling.entryTiles) {
      guard let tile = tiles.first(where: { !TrainingStep.isSane(updateStatistics[$0]) }) else { continue }
      let quantity: Culprit.Quantity = updateStatistics[tile].updateSquareSum < 1e30 ? .weight : .update
      return Culprit(quantity: quantity, layer: entry.layerName, shard: nil)
    }
    return nil
  }
}
