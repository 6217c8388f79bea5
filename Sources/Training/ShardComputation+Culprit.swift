internal import DataParallel
internal import Kernels
internal import NeuralNetwork

/// What is computed again, one by one, after a bad step.
extension ShardComputation {
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

  /// Computes `rows` of the batch again as one part of shard `shard`, on the calling thread, between steps; nil: all is
  /// finite. Allocates freely; clobbers the shard's gradient.
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
      training: batch.trainingPass(firstRow: rows.lowerBound), statistics: figures.statistics(ofShard: shard, part: 0))
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

  private func firstBadResult(ofShard shard: Int) -> BadQuantity? {
    if !figures.losses[shard].loss.isFinite || !figures.losses[shard].penalty.isFinite { return .loss }
    let gradient = gradients.gradient(ofShard: shard).readOnly
    return model.network.layout.trainable.firstIndex { Reductions.nonfiniteCount(gradient[$0.range]) > 0 }
      .map { .gradient($0) }
  }
}
