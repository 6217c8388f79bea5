internal import DataParallel
internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// From the shards' gradients, or the factors of large ones, to the finished gradient, by tile.
final class GradientReduction: GradientWork, @unchecked Sendable {
  // Unchecked: in the phase that sums, a tile of the gradients and its statistics belong to the worker that is asked for
  // it, or to the exchange; afterwards they are only read. `divisor` is written between steps.
  private let shards: ShardComputation
  private let gradients: ShardGradients
  let tiling: Tiling
  /// One a tile.
  let statistics: UnsafeMutableBufferPointer<TileStatistics>
  /// By trainable entry.
  private let regularizers: [Regularizer?]
  private let scratch: WorkerScratch
  /// What the sums over the batch are divided by, in the step at hand.
  @exclusivity(unchecked) private var divisor = Divisor(0)

  init(_ shards: ShardComputation, tiling: Tiling, batchSize: Int) {
    self.shards = shards
    gradients = shards.gradients
    self.tiling = tiling
    statistics = .allocate(capacity: tiling.tiles.count)
    statistics.initialize(repeating: TileStatistics())
    regularizers = shards.model.network.layout.trainable.map(\.spec.regularizer)
    scratch = WorkerScratch(workers: shards.plan.workers, count: shards.productScratchCount(batchSize: batchSize))
  }

  deinit { statistics.deallocate() }

  func begin(_ batch: StepBatch) { divisor = batch.divisor }

  func sum(_ tiles: Range<Int>, of node: Range<Int>, worker: Int, finishing: Bool) {
    var next = tiles.lowerBound
    while next < tiles.upperBound {
      let entry = tiling.tiles[next].entry
      if let product = shards.product(ofEntry: entry) {
        let end = min(tiles.upperBound, tiling.entryTiles[entry].upperBound)
        sum(product, next..<end, of: node, worker: worker, finishing: finishing)
        next = end
      } else {
        gradients.sum(tiling.tiles[next].range, of: node)
        if finishing { finish(next) }
        next += 1
      }
    }
  }

  /// The same of tiles of one entry whose gradient is a product, in parts of whole rows.
  private func sum(_ product: any FactoredSum, _ tiles: Range<Int>, of node: Range<Int>, worker: Int, finishing: Bool) {
    let range = shards.model.network.layout.trainable[tiling.tiles[tiles.lowerBound].entry].range
    let end = tiling.tiles[tiles.upperBound - 1].range.upperBound - range.lowerBound
    var start = tiling.tiles[tiles.lowerBound].range.lowerBound - range.lowerBound
    var next = tiles.lowerBound
    let scratch = scratch.of(worker)
    while start < end {
      let stop = min((start / product.units + ProductSum.partRows) * product.units, end)
      product.sum(
        of: shards.number(node.lowerBound)..<shards.number(node.upperBound), elements: start..<stop,
        into: gradients.gradient(ofShard: node.lowerBound)[range], scratch: scratch)
      while next < tiles.upperBound, tiling.tiles[next].range.upperBound - range.lowerBound <= stop {
        if finishing { finish(next) }
        next += 1
      }
      start = stop
    }
  }

  /// Divides the sum over the shards, adds the penalties' gradients, takes the statistics.
  func finish(_ number: Int) {
    let tile = tiling.tiles[number]
    let regularizer = regularizers[tile.entry]
    statistics[number] = Reductions.finishGradient(
      gradients.total[tile.range], scale: divisor.scale,
      weights: regularizer == nil ? nil : shards.model.parameters.readOnly[tile.range], l1: regularizer?.l1 ?? 0,
      l2: regularizer?.l2 ?? 0)
  }

  /// Adds the tiles' statistics up in tile order, on top of what the shards' figures came to.
  ///
  /// - Parameter entrySquares: overwritten with the sum of squares of each trainable entry's gradient.
  func fold(into sums: inout StepSums, entrySquares: inout [Double]) {
    for (entry, tiles) in tiling.entryTiles.enumerated() {
      var square = 0.0
      for tile in tiles {
        square += statistics[tile].squareSum
        sums.penalty += statistics[tile].penalty
        sums.nonfinite += Int(statistics[tile].nonfinite)
      }
      entrySquares[entry] = square
      sums.gradientSquare += square
    }
  }
}
