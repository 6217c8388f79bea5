internal import Datasets

/// The training data in the order of the epoch at hand.
final class EpochRows {
  private let source: any SampleSource
  private let order: BatchOrder
  /// nil: no batch has anything to do with the one before.
  private let streams: StreamOrder?
  private let batchSize: Int
  private let rows: UnsafeMutableBufferPointer<Int32>
  /// A batch without the rows that are skipped.
  private let kept: UnsafeMutableBufferPointer<Int32>
  private var skippedSet: Set<Int32> = []
  private var newest = 0
  /// Rows that batches come without; the batches' numbers stay the same.
  var skipped: [Int32] = [] {
    didSet { skippedSet = Set(skipped) }
  }

  /// - Parameter inStreams: whether row i of a batch follows row i of the one before (`StreamOrder`); neither shuffled nor
  ///   read by chunks.
  init(_ source: any SampleSource, seed: UInt64, shuffle: Bool, batchSize: Int, inStreams: Bool = false) {
    self.source = source
    self.batchSize = batchSize
    order = BatchOrder(count: source.count, seed: seed, shuffle: shuffle, plan: source.plan)
    streams = inStreams ? StreamOrder(count: source.count, batch: batchSize) : nil
    rows = .allocate(capacity: source.count)
    rows.initialize(repeating: 0)
    kept = .allocate(capacity: min(batchSize, source.count))
    kept.initialize(repeating: 0)
  }

  deinit {
    rows.deallocate()
    kept.deallocate()
  }

  /// Batches of an epoch.
  var batches: Int { streams?.steps ?? BatchOrder.batches(size: batchSize, count: source.count) }

  /// Begins an epoch, or takes one up again at a batch.
  func begin(epoch: Int, attempt: Int, batch: Int) {
    order.fill(rows, epoch: epoch, attempt: attempt)
    if let streams { streams.fill(UnsafeMutableBufferPointer(rebasing: rows[..<(streams.steps * streams.batch)])) }
    source.begin(order.schedule(epoch: epoch, attempt: attempt), at: batch * batchSize)
  }

  /// The rows of a batch of the epoch, none where all are skipped; waits until they are in memory.
  func batch(_ number: Int) throws -> UnsafeBufferPointer<Int32> {
    let positions = BatchOrder.batch(number, size: batchSize, count: source.count)
    try source.prepare(positions)
    let batch = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(rows)[positions])
    newest = number
    guard !skippedSet.isEmpty, batch.contains(where: skippedSet.contains) else { return batch }
    var count = 0
    for row in batch where !skippedSet.contains(row) {
      kept[count] = row
      count += 1
    }
    return UnsafeBufferPointer(rebasing: UnsafeBufferPointer(kept)[..<count])
  }

  /// The rows of the newest batches that have been asked for, up to five of the epoch.
  var recent: [Int32] {
    let first = BatchOrder.batch(max(0, newest - 4), size: batchSize, count: source.count).lowerBound
    let last = BatchOrder.batch(newest, size: batchSize, count: source.count).upperBound
    return Array(rows[first..<last])
  }
}
