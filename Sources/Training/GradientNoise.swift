internal import Checkpointing
internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// The gradient noise scale, from what the shards of a batch have anyway: how many rows a batch needs for its gradient
/// to be more signal than noise.
///
/// A gradient over n rows has E|g_n|^2 = |G|^2 + tr(S) / n, with G the gradient over all data and S the covariance of one
/// row's. Two sizes of n give both: the shards' gradients, and the whole batch's.
///   tr(S) = (mean_s |g_s|^2 - |g|^2) / (mean_s 1/n_s - 1/n),   |G|^2 = |g|^2 - tr(S) / n,   scale = tr(S) / |G|^2 in rows.
/// Both are averaged over the epoch before they are divided. Penalties are left out, and kernels whose shards' gradients
/// are never written out. Source: McCandlish, Kaplan, Amodei, "An Empirical Model of Large-Batch Training", 2018, app. A.
enum GradientNoise {
  /// Steps between measurements: a pass over the shards' gradients then costs a few thousandths of a step.
  static let everySteps = 32

  /// Of a step whose shards have told their squares; nil: it has too few rows or shards.
  ///
  /// - Parameters:
  ///   - gradient: the batch's, divided, penalties' gradients included.
  ///   - isWritten: by trainable entry, whether the shards write its gradient.
  static func sample(
    of batch: StepBatch, plan: (_ shard: Int) -> Int, losses: UnsafeMutableBufferPointer<ShardLoss>, gradient: Vector,
    model: Model, isWritten: (_ entry: Int) -> Bool
  ) -> NoiseSample? {
    let rows = Double(batch.rows.count)
    guard batch.active > 1 else { return nil }
    var (shardSquare, inverse) = (0.0, 0.0)
    for shard in 0..<batch.active {
      let count = Double(plan(shard))
      guard count > 0 else { return nil }
      // From a sum over rows to the mean over the shard's own, in the units of the batch's gradient.
      let scale = Double(batch.divisor.scale) * rows / count
      shardSquare += losses[shard].gradientSquare * scale * scale / Double(batch.active)
      inverse += 1 / count / Double(batch.active)
    }
    var square = 0.0
    let weights = model.parameters.readOnly
    for (number, entry) in model.network.layout.trainable.enumerated() where isWritten(number) {
      square +=
        entry.spec.regularizer.map { penalised(gradient, weights, entry.range, $0) }
        ?? squareSum(gradient[entry.range])
    }
    guard inverse > 1 / rows, shardSquare.isFinite, square.isFinite else { return nil }
    let trace = (shardSquare - square) / (inverse - 1 / rows)
    return NoiseSample(trace: trace, square: square - trace / rows)
  }

  static func squareSum(_ x: Vector) -> Double {
    var sum = 0.0
    for index in 0..<x.count { sum += Double(x[index]) * Double(x[index]) }
    return sum
  }

  /// The same without a penalty's gradient.
  private static func penalised(
    _ gradient: Vector, _ weights: Vector, _ range: Range<Int>, _ regularizer: Regularizer
  ) -> Double {
    var sum = 0.0
    for index in range {
      let weight = weights[index]
      let sign: Float = weight > 0 ? 1 : weight < 0 ? -1 : 0
      let value = Double(gradient[index] - regularizer.l1 * sign - 2 * regularizer.l2 * weight)
      sum += value * value
    }
    return sum
  }
}
