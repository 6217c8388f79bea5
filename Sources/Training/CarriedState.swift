internal import DataParallel
internal import Kernels

/// What the rows of a step leave for those of the next one: the state of recurrent layers that go on where the batch before
/// ended. Row i of a step goes on from row i of the step before.
final class CarriedState: @unchecked Sendable {
  // Unchecked: in the compute phase `current` is only read, and what a shard leaves belongs to the worker that computes it;
  // in the exchange what other processes' shards leave is received; all else happens between steps.
  private let plan: ShardPlan
  /// Rows of every step: streams side by side.
  let rows: Int
  private let width: Int
  private let largest: Int
  /// `[rows, width]`
  private let currentMemory: AlignedBuffer
  /// One a shard: `[rows of the largest, width]`.
  private let nextMemory: AlignedBuffer

  init(plan: ShardPlan, rows: Int, width: Int) {
    self.plan = plan
    self.rows = rows
    self.width = width
    largest = plan.largest(batch: rows)
    currentMemory = AlignedBuffer(count: rows * width)
    nextMemory = AlignedBuffer(count: plan.shards * largest * width)
  }

  /// What the next step goes on from, `[rows, width]`, row by row.
  var current: MutableVector { currentMemory.mutable }

  /// What rows of the step at hand go on from, `[rows, width]`.
  func current(of rows: Range<Int>) -> Matrix {
    currentMemory.vector[rows.lowerBound * width..<rows.upperBound * width].matrix(rows: rows.count, columns: width)
  }

  /// Where some rows of a shard leave what they come to, `[rows, width]`.
  func next(ofShard shard: Int, rows: Range<Int>) -> MutableMatrix {
    let start = shard * largest + rows.lowerBound - plan.rows(ofShard: shard, batch: self.rows).lowerBound
    return nextMemory.mutable[start * width..<(start + rows.count) * width].matrix(rows: rows.count, columns: width)
  }

  /// The step's update has been applied: the next one goes on from what this one has left.
  func commit() {
    for shard in 0..<plan.shards {
      let own = plan.rows(ofShard: shard, batch: rows)
      current[own.lowerBound * width..<own.upperBound * width].copy(
        from: next(ofShard: shard, rows: own).readOnly.vector)
    }
  }

  /// The next step goes on from zeros.
  func restart() { current.fill(0) }

  /// For the exchange.
  var records: ShardRecords { ShardRecords(memory: nextMemory.mutable.bytes, shards: plan.shards) }
}
