internal import Kernels

/// In which order the rows of an epoch come: a pure function of (seed, epoch, attempt).
///
/// Batch k of an epoch is the slice `batch(k, size:, count:)` of it. An attempt is a try of the same epoch after a
/// rollback; it gets an order of its own, so that what blew up need not come up again.
///
/// A source that is read by chunks has its rows shuffled within windows alone: its chunks are shuffled, so many of them
/// make a window, and the rows of a window are shuffled. Which chunks and windows there are belongs to the source.
public struct BatchOrder: Sendable, Equatable {
  /// Rows of the source.
  public let count: Int
  public let seed: UInt64
  /// Whether the rows are shuffled; else every epoch is 0, 1, 2, ...
  public let shuffle: Bool
  /// nil: all rows are in memory, and shuffled as a whole.
  public let plan: WindowPlan?

  /// - Precondition: `0 <= count <= Int32.max`, and the plan is for as many rows.
  public init(count: Int, seed: UInt64, shuffle: Bool, plan: WindowPlan? = nil) {
    precondition(count >= 0 && count <= Int(Int32.max), "\(count) rows")
    precondition(plan.map { Int($0.starts[$0.chunks]) == count } ?? true, "a plan of other rows")
    self.count = count
    self.seed = seed
    self.shuffle = shuffle
    self.plan = plan
  }

  /// Which chunks an epoch needs for which positions; empty without a plan.
  public func schedule(epoch: Int, attempt: Int) -> [ReadWindow] {
    guard let plan else { return [] }
    guard shuffle else { return plan.inOrder }
    return plan.schedule(
      permutation(of: plan.chunks, seed: seed, stream: BatchOrder.stream(epoch: epoch, attempt: attempt)))
  }

  private static func stream(epoch: Int, attempt: Int) -> UInt64 { UInt64(attempt) << 32 | UInt64(epoch) }

  /// Writes the row numbers of an epoch; without a plan it allocates nothing.
  ///
  /// - Parameter rows: overwritten; exactly `count`.
  /// - Precondition: `epoch` and `attempt` are in `0..<2^31`.
  public func fill(_ rows: UnsafeMutableBufferPointer<Int32>, epoch: Int, attempt: Int) {
    precondition(rows.count == count, "room for \(rows.count) of \(count) rows")
    precondition(0..<(1 << 31) ~= epoch && 0..<(1 << 31) ~= attempt, "epoch \(epoch), attempt \(attempt)")
    let stream = BatchOrder.stream(epoch: epoch, attempt: attempt)
    if let plan, shuffle { return fill(rows, plan, stream, schedule(epoch: epoch, attempt: attempt)) }
    for index in 0..<count { rows[index] = Int32(truncatingIfNeeded: index) }
    if shuffle {
      var draws = Draws(seed: seed, stream: stream)
      draws.shuffle(rows)
    }
  }

  private func fill(
    _ rows: UnsafeMutableBufferPointer<Int32>, _ plan: WindowPlan, _ stream: UInt64, _ schedule: [ReadWindow]
  ) {
    var draws = Draws(seed: seed, stream: 1 << 63 | stream)
    var position = 0
    for window in schedule {
      for chunk in window.chunks {
        for row in plan.rows(ofChunk: chunk) {
          rows[position] = row
          position += 1
        }
      }
      draws.shuffle(UnsafeMutableBufferPointer(rebasing: rows[window.positions]))
    }
  }

  /// Batches of an epoch; the last may be short.
  public static func batches(size: Int, count: Int) -> Int { (count + size - 1) / size }

  /// Where batch `index` stands in the epoch's order.
  public static func batch(_ index: Int, size: Int, count: Int) -> Range<Int> {
    (index * size)..<min((index + 1) * size, count)
  }
}

/// 0..<count in an order that follows from (seed, stream) alone. Streams 2^63 and above are for other uses than epochs.
func permutation(of count: Int, seed: UInt64, stream: UInt64) -> [Int32] {
  var rows = (0..<count).map { Int32($0) }
  var draws = Draws(seed: seed, stream: stream)
  rows.withUnsafeMutableBufferPointer { draws.shuffle($0) }
  return rows
}

/// Random numbers by their number: the n-th of a stream is a hash of (seed, stream, n).
private struct Draws: RandomWords {
  private let key: UInt64
  private var counter: UInt64 = 0

  init(seed: UInt64, stream: UInt64) {
    key = Draws.mixed(Draws.mixed(seed &+ 0x9E37_79B9_7F4A_7C15) ^ stream)
  }

  /// Fisher-Yates. Source: Richard Durstenfeld, "Algorithm 235: Random permutation", 1964.
  mutating func shuffle(_ rows: UnsafeMutableBufferPointer<Int32>) {
    for last in stride(from: rows.count - 1, through: 1, by: -1) {
      rows.swapAt(last, Int(below(UInt32(truncatingIfNeeded: last + 1))))
    }
  }

  mutating func next() -> UInt32 {
    counter &+= 1
    return UInt32(truncatingIfNeeded: Draws.mixed(key &+ counter &* 0x9E37_79B9_7F4A_7C15) >> 32)
  }

  /// SplitMix64's finalizer. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
  private static func mixed(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}
