/// How a batch is cut into logical shards, and the shards dealt to workers.
///
/// Shards belong to the run: sums follow shard numbers, so the bits do not depend on the workers, which belong to the
/// machine.
public struct ShardPlan: Sendable, Hashable {
  public let shards: Int
  public let workers: Int

  /// - Precondition: both positive.
  public init(shards: Int, workers: Int) {
    precondition(shards > 0 && workers > 0, "\(shards) shards on \(workers) workers")
    self.shards = shards
    self.workers = workers
  }

  /// The batch's rows that are shard `shard` of a batch of `rows`: sizes differ by at most one, larger ones first, and
  /// empty shards stand last.
  public func rows(ofShard shard: Int, batch rows: Int) -> Range<Int> {
    let size = rows / shards
    let larger = rows % shards
    let start = shard * size + min(shard, larger)
    return start..<start + size + (shard < larger ? 1 : 0)
  }

  /// Shards that hold rows of a batch of `rows`.
  public func active(batch rows: Int) -> Int { min(shards, rows) }

  /// Rows of the largest shard.
  public func largest(batch rows: Int) -> Int { (rows + shards - 1) / shards }

  /// The contiguous block of shards that a worker computes.
  public func shards(ofWorker worker: Int) -> Range<Int> {
    worker * shards / workers..<(worker + 1) * shards / workers
  }
}
