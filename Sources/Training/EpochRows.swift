internal import Datasets

/// The training data in the order of the epoch at hand.
final class EpochRows {
  private let source: any SampleSource
  private let order: BatchOrder
  private let batchSize: Int
  private let rows: UnsafeMutableBufferPointer<Int32>

  init(_ source: any SampleSource, seed: UInt64, shuffle: Bool, batchSize: Int) {
    self.source = source
    self.batchSize = batchSize
    order = BatchOrder(count: source.count, seed: seed, shuffle: shuffle, plan: source.plan)
    rows = .allocate(capacity: source.count)
    rows.initialize(repeating: 0)
  }

  deinit { rows.deallocate() }

  /// Batches of an epoch.
  var batches: Int { BatchOrder.batches(size: batchSize, count: source.count) }

  /// Begins an epoch, or takes one up again at a batch.
  func begin(epoch: Int, attempt: Int, batch: Int) {
    order.fill(rows, epoch: epoch, attempt: attempt)
    source.begin(order.schedule(epoch: epoch, attempt: attempt), at: batch * batchSize)
  }

  /// The rows of a batch of the epoch; waits until they are in memory.
  func batch(_ number: Int) throws -> UnsafeBufferPointer<Int32> {
    let positions = BatchOrder.batch(number, size: batchSize, count: source.count)
    try source.prepare(positions)
    return UnsafeBufferPointer(rebasing: UnsafeBufferPointer(rows)[positions])
  }
}
