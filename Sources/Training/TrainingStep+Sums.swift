internal import DataParallel
internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// From the shards' gradients, or the factors of large ones, to the finished gradient, by tile.
extension TrainingStep {
  /// Sums `tiles` of the gradient over `shards`, which are a subtree: the sum stands in its first shard's gradient.
  ///
  /// - Parameter then: called for each tile while it is still in the cache.
  func sum(_ tiles: Range<Int>, of shards: Range<Int>, worker: Int, then: (Int) -> Void) {
    var next = tiles.lowerBound
    while next < tiles.upperBound {
      let entry = tiling.tiles[next].entry
      // Under a fault the shards' own gradients are whole.
      guard productOfEntry[entry] >= 0, fault == nil else {
        exchange.sum(tiling.tiles[next].range, of: shards)
        then(next)
        next += 1
        continue
      }
      let product = products[productOfEntry[entry]]
      let range = model.network.layout.trainable[entry].range
      let last = min(tiles.upperBound, tiling.entryTiles[entry].upperBound) - 1
      let end = tiling.tiles[last].range.upperBound - range.lowerBound
      var start = tiling.tiles[next].range.lowerBound - range.lowerBound
      let first = exchange.shards.lowerBound
      while start < end {
        let stop = min((start / product.units + ProductSum.partRows) * product.units, end)
        product.sum(
          of: shards.lowerBound - first..<shards.upperBound - first, elements: start..<stop,
          into: exchange.gradient(ofShard: shards.lowerBound)[range], scratch: scratch(of: worker).product.mutable)
        while next <= last, tiling.tiles[next].range.upperBound - range.lowerBound <= stop {
          then(next)
          next += 1
        }
        start = stop
      }
    }
  }

  /// Divides the sum over the shards, adds the penalties' gradients, takes the statistics.
  func finish(_ number: Int) {
    let tile = tiling.tiles[number]
    let sum = exchange.total[tile.range]
    let regularizer = model.network.layout.trainable[tile.entry].spec.regularizer
    tileStatistics[number] = Reductions.finishGradient(
      sum, scale: divisor.scale, weights: regularizer == nil ? nil : model.parameters.readOnly[tile.range],
      l1: regularizer?.l1 ?? 0, l2: regularizer?.l2 ?? 0)
  }
}
