/// What an exchange has done to a step's gradient, tile by tile: the arithmetic is not its own.
public protocol GradientWork: AnyObject, Sendable {
  /// Sums `tiles` of the gradient over `shards`, which are a subtree: the sum stands in its first shard's gradient.
  ///
  /// - Parameter finishing: whether each tile is also finished, while it is in the cache. `shards` are all that hold rows.
  func sum(_ tiles: Range<Int>, of shards: Range<Int>, worker: Int, finishing: Bool)
  /// Finishes a tile of the sum over all shards, and takes its statistics.
  func finish(_ tile: Int)
}

/// The way from the shards' gradients to the finished gradient of the whole batch, with its statistics.
///
/// Afterwards every process of the run has all of it, and all shards' records: verdict and update then are the same
/// everywhere. Its bits depend on the shards alone, not on workers or processes.
public protocol GradientExchange: AnyObject, Sendable {
  /// Of the shards that this process computes; afterwards `total` is the finished gradient.
  var gradients: ShardGradients { get }
  /// Whether gradients travel while others are still summed, where they travel at all; the bits are the same.
  var overlaps: Bool { get set }
  /// What travels has cost so far; nil: nothing travels.
  var cost: ExchangeCost? { get }

  /// Between steps: a step begins.
  ///
  /// - Parameters:
  ///   - active: shards that hold rows: the first ones.
  ///   - records: how many of the kinds of records that the exchange was made with are exchanged: the first ones.
  func begin(active: Int, records: Int)
  /// In the compute phase, worker 0: shows those who wait elsewhere that this process works. Cheap.
  func keepAlive() throws
  /// On every worker, once all shards of this process are computed. The gradient is finished when all have returned.
  func exchange(by work: any GradientWork, worker: Int, team: WorkerTeam) throws
}

/// What an exchange between processes has come to.
public struct ExchangeCost: Sendable, Hashable {
  /// Seconds that a step stood still for it, so far: what was not hidden behind computing.
  public let secondsExposed: Double
  /// Bytes that this process sends in a step whose shards all hold rows, statistics included.
  public let bytesPerStep: Int
}

/// Memory that holds a record of each shard, all of one size, in shard order.
public struct ShardRecords {
  public let memory: UnsafeMutableRawBufferPointer
  public let shards: Int

  public init(memory: UnsafeMutableRawBufferPointer, shards: Int) {
    self.memory = memory
    self.shards = shards
  }

  /// Where each process's part begins and ends, in bytes.
  func bounds(blocks: [Range<Int>], active: Int) -> [Int] {
    [0] + blocks.map { min($0.upperBound, active) * (memory.count / shards) }
  }
}
