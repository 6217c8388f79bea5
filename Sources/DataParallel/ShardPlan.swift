/// How a batch is cut into logical shards, and the shards dealt to workers.
///
/// Shards belong to the run: sums follow shard numbers, so the bits do not depend on the workers, which belong to the
/// machine.
public struct ShardPlan: Sendable, Hashable {
  public let shards: Int
  public let workers: Int
  /// Into how many parts a shard's rows are cut, which a worker computes one after the other in the same memory.
  public let parts: Int

  /// - Precondition: all positive.
  public init(shards: Int, workers: Int, parts: Int = 1) {
    precondition(shards > 0 && workers > 0 && parts > 0, "\(shards) shards in \(parts) parts on \(workers) workers")
    self.shards = shards
    self.workers = workers
    self.parts = parts
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

  /// Rows of some consecutive shards of a batch of `rows`.
  public func rows(of block: Range<Int>, batch rows: Int) -> Int {
    block.isEmpty
      ? 0
      : self.rows(ofShard: block.upperBound - 1, batch: rows).upperBound
        - self.rows(ofShard: block.lowerBound, batch: rows).lowerBound
  }

  /// Rows of the largest shard.
  public func largest(batch rows: Int) -> Int { (rows + shards - 1) / shards }

  /// Part `part` of a shard's rows; some are empty where there are fewer rows than parts.
  public func rows(ofPart part: Int, of rows: Range<Int>) -> Range<Int> {
    rows.lowerBound + part * rows.count / parts..<rows.lowerBound + (part + 1) * rows.count / parts
  }

  /// Rows of the largest part of any shard.
  public func largestPart(batch rows: Int) -> Int { (largest(batch: rows) + parts - 1) / parts }

  /// The contiguous block of shards that a worker computes.
  public func shards(ofWorker worker: Int) -> Range<Int> { shards(ofWorker: worker, within: 0..<shards) }

  /// The same, of the shards that this process computes.
  public func shards(ofWorker worker: Int, within block: Range<Int>) -> Range<Int> {
    let start = block.lowerBound
    return start + worker * block.count / workers..<start + (worker + 1) * block.count / workers
  }

  /// Deals `shards` to processes in consecutive blocks, in proportion to their workers, at least one each.
  ///
  /// - Precondition: no more processes than shards.
  public static func blocks(shards: Int, workers: [Int]) -> [Range<Int>] {
    precondition(!workers.isEmpty && workers.count <= shards, "\(shards) shards for \(workers.count) processes")
    let all = workers.reduce(0, +)
    var blocks: [Range<Int>] = []
    var (start, sum) = (0, 0)
    for (process, count) in workers.enumerated() {
      sum += count
      let left = workers.count - 1 - process
      let wanted = (2 * shards * sum + all) / (2 * all)  // to the nearest
      let end = left == 0 ? shards : min(max(wanted, start + 1), shards - left)
      blocks.append(start..<end)
      start = end
    }
    return blocks
  }
}
