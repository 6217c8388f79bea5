public import Kernels
internal import Synchronization

/// The all-reduce among the processes of a group, with the bits of one process.
///
/// Every process finishes the nodes of the shard tree that lie in its block (`SharedMemoryExchange`). The flat vector is
/// cut into *buckets* of consecutive layers, the last layers first, and every bucket into *pieces*, one a process: its
/// owner gets the nodes of all processes for that piece, adds them in the tree's order, finishes the gradient (division,
/// penalties, statistics) and sends it to all. So 2 x weights x (p-1)/p floats leave a process where each has one node.
///
/// A bucket may travel while the next ones are still summed: see `arrive` and `advance`.
public final class ProcessExchange: @unchecked Sendable {
  // Unchecked: `arrivals` and `isReady` are atomics; all else is touched by the group's thread alone, but for `tree`,
  // which it sets between steps. The local gradients of a bucket belong to the workers until it is ready, then to the
  // group's thread.

  struct Bucket {
    let tiles: Range<Int>
    let floats: Range<Int>
    /// What each process owns: tiles, and floats.
    let pieces: [(tiles: Range<Int>, floats: Range<Int>)]
    /// What each worker of this process sums.
    let workerTiles: [Range<Int>]
    /// Where other processes' nodes of the own piece are received.
    let stagingStart: Int
  }

  /// The lane for what else a step's processes tell each other.
  public static let recordsLane = Lane.records

  private enum Stage { case computing, collecting, sharing, done }

  public let group: any ProcessGroup
  /// Shards of each process.
  public let blocks: [Range<Int>]
  public var block: Range<Int> { blocks[group.rank] }
  private let local: SharedMemoryExchange
  private let tiling: Tiling
  private let statistics: UnsafeMutableBufferPointer<TileStatistics>
  let buckets: [Bucket]
  private let staging: AlignedBuffer
  private var trees: [Int: ShardTree] = [:]
  private var tree: ShardTree
  private var stages: [Stage]
  private let arrivals: UnsafeMutablePointer<Atomic<Int>>
  private let isReady: UnsafeMutablePointer<Atomic<Bool>>
  private let workers: Int
  private var failure: (any Error)?
  /// Seconds in `complete`, so far: what of the exchange was not hidden behind computing.
  public private(set) var secondsExposed = 0.0

  /// Floats of a bucket, at least: less is not worth a message of its own.
  public static let bucketSize = 1 << 18

  /// - Parameters:
  ///   - local: holds the gradients of this process's block.
  ///   - layers: each layer's range of the flat vector, in order; empty where it has no weights.
  ///   - workers: threads of this process that sum.
  ///   - statistics: one a tile; filled by the tile's owner, and by the exchange for all others.
  public init(
    group: any ProcessGroup, blocks: [Range<Int>], local: SharedMemoryExchange, layers: [Range<Int>], tiling: Tiling,
    statistics: UnsafeMutableBufferPointer<TileStatistics>, workers: Int,
    bucketSize: Int = ProcessExchange.bucketSize
  ) {
    self.group = group
    self.blocks = blocks
    self.local = local
    self.tiling = tiling
    self.statistics = statistics
    self.workers = workers
    let shards = blocks.last?.upperBound ?? 0
    let tree = ShardTree(active: shards, blocks: blocks)
    self.tree = tree
    trees[shards] = tree
    let foreign = tree.nodes.count - tree.ownNodes[group.rank].count

    var buckets: [Bucket] = []
    var end = tiling.tiles.count
    var staged = 0
    let lowest = layers.firstIndex { !$0.isEmpty } ?? 0
    for layer in layers.indices.reversed() where !layers[layer].isEmpty {
      let start = tiling.tiles.firstIndex { $0.range.lowerBound >= layers[layer].lowerBound } ?? end
      guard start < end else { continue }
      let tiles = start..<end
      let floats = tiling.floats(of: tiles)
      guard floats.count >= bucketSize || layer == lowest else { continue }
      let pieces = (0..<group.count).map { process in
        let piece = tiling.part(process, of: group.count, in: tiles)
        return (tiles: piece, floats: tiling.floats(of: piece))
      }
      buckets.append(
        Bucket(
          tiles: tiles, floats: floats, pieces: pieces,
          workerTiles: (0..<workers).map { tiling.part($0, of: workers, in: tiles) }, stagingStart: staged))
      staged += foreign * AlignedBuffer.padded(pieces[group.rank].floats.count)
      end = start
    }
    self.buckets = buckets
    staging = AlignedBuffer(count: staged)
    stages = Array(repeating: .done, count: buckets.count)
    arrivals = .allocate(capacity: buckets.count)
    isReady = .allocate(capacity: buckets.count)
    for bucket in buckets.indices {
      (arrivals + bucket).initialize(to: Atomic(0))
      (isReady + bucket).initialize(to: Atomic(false))
    }
  }

  deinit {
    arrivals.deinitialize(count: buckets.count).deallocate()
    isReady.deinitialize(count: buckets.count).deallocate()
  }

  // MARK: A step

  /// Begins a step of so many shards. Each worker of this process will arrive at every bucket.
  public func begin(active: Int) {
    if let known = trees[active] {
      tree = known
    } else {
      tree = ShardTree(active: active, blocks: blocks)
      trees[active] = tree
    }
    failure = nil
    for bucket in buckets.indices {
      stages[bucket] = .computing
      arrivals[bucket].store(0, ordering: .relaxed)
      isReady[bucket].store(false, ordering: .releasing)
    }
  }

  /// The subtrees of the shards that this process sums: what must stand in their first shards' gradients before a bucket
  /// travels.
  public var ownNodes: some Sequence<Range<Int>> { tree.nodes[tree.ownNodes[group.rank]].lazy.map(\.shards) }

  /// The part of a bucket's tiles that a worker sums; the last layers' bucket first.
  public func tiles(ofBucket bucket: Int, worker: Int) -> Range<Int> { buckets[bucket].workerTiles[worker] }

  public var bucketIndices: Range<Int> { buckets.indices }

  /// Says that a worker has summed its part of a bucket. Once all have, the bucket may travel.
  public func arrive(bucket: Int) {
    guard arrivals[bucket].add(1, ordering: .acquiringAndReleasing).newValue == workers else { return }
    isReady[bucket].store(true, ordering: .releasing)
  }

  /// Moves the exchange along without waiting: to be called between buckets. An error is kept for `complete`.
  ///
  /// - Parameter finish: finishes the gradient of a tile of the total, and sets its statistics.
  public func advance(_ finish: (_ tile: Int) -> Void) {
    guard failure == nil else { return }
    do { try move(finish) } catch { failure = error }
  }

  /// Waits for the whole gradient. All buckets must be ready.
  public func complete(_ finish: (_ tile: Int) -> Void) throws {
    let began = ContinuousClock.now
    defer { secondsExposed += began.duration(to: .now) / .seconds(1) }
    if let failure { throw failure }
    try move(finish)
    for bucket in buckets.indices {
      while true {
        switch stages[bucket] {
        case .computing: preconditionFailure("bucket \(bucket) is not ready")
        case .collecting: try group.finish(lane(bucket, .collecting))
        case .sharing: try group.finish(lane(bucket, .sharing))
        case .done: break
        }
        if stages[bucket] == .done { break }
        try move(finish)
      }
    }
  }

  private func lane(_ bucket: Int, _ stage: Stage) -> Int { Lane.buckets + 2 * bucket + (stage == .sharing ? 1 : 0) }

  private func move(_ finish: (_ tile: Int) -> Void) throws {
    for bucket in buckets.indices {
      if stages[bucket] == .computing, isReady[bucket].load(ordering: .acquiring) { try collect(bucket) }
      if stages[bucket] == .collecting, try group.isDone(lane(bucket, .collecting)) {
        finishPiece(bucket, finish)
        try share(bucket)
      }
      if stages[bucket] == .sharing, try group.isDone(lane(bucket, .sharing)) { stages[bucket] = .done }
    }
  }

  /// Posts the way of this process's nodes to the owners, and of the others' nodes here.
  private func collect(_ number: Int) throws {
    stages[number] = .collecting
    let bucket = buckets[number]
    let lane = lane(number, .collecting)
    let own = bucket.pieces[group.rank].floats
    for offset in 1..<group.count {
      let (from, to) = ((group.rank - offset + group.count) % group.count, (group.rank + offset) % group.count)
      if !own.isEmpty {
        for node in tree.ownNodes[from] { try group.receive(vector(node, of: bucket).bytes, from: from, on: lane) }
      }
      let piece = bucket.pieces[to].floats
      guard !piece.isEmpty else { continue }
      for node in tree.nodes[tree.ownNodes[group.rank]] {
        let partial = local.gradient(ofShard: node.shards.lowerBound)[piece]
        try group.send(UnsafeRawBufferPointer(partial.bytes), to: to, on: lane)
      }
    }
  }

  /// Where a node's floats of the own piece stand.
  private func vector(_ node: Int, of bucket: Bucket) -> MutableVector {
    let piece = bucket.pieces[group.rank].floats
    let mine = tree.ownNodes[group.rank]
    if mine.contains(node) { return local.gradient(ofShard: tree.nodes[node].shards.lowerBound)[piece] }
    let foreign = node < mine.lowerBound ? node : node - mine.count
    let start = bucket.stagingStart + foreign * AlignedBuffer.padded(piece.count)
    return staging.mutable[start..<start + piece.count]
  }

  private func finishPiece(_ number: Int, _ finish: (_ tile: Int) -> Void) {
    let bucket = buckets[number]
    let piece = bucket.pieces[group.rank]
    for tile in piece.tiles {
      let range = tiling.tiles[tile].range
      let inPiece = range.lowerBound - piece.floats.lowerBound..<range.upperBound - piece.floats.lowerBound
      for addition in tree.additions {
        Elementwise.add(
          vector(addition.right, of: bucket)[inPiece].readOnly, to: vector(addition.left, of: bucket)[inPiece])
      }
      let sum = vector(0, of: bucket)[inPiece]
      let total = local.total[range]
      if sum.base != total.base { total.copy(from: sum.readOnly) }
      finish(tile)
    }
  }

  /// Posts the all-gather of the finished gradient and its statistics.
  private func share(_ number: Int) throws {
    stages[number] = .sharing
    let bucket = buckets[number]
    let lane = lane(number, .sharing)
    let own = bucket.pieces[group.rank]
    for offset in 1..<group.count {
      let (from, to) = ((group.rank - offset + group.count) % group.count, (group.rank + offset) % group.count)
      let theirs = bucket.pieces[from]
      if !theirs.tiles.isEmpty {
        try group.receive(local.total[theirs.floats].bytes, from: from, on: lane)
        try group.receive(bytes(ofStatistics: theirs.tiles), from: from, on: lane)
      }
      if !own.tiles.isEmpty {
        try group.send(UnsafeRawBufferPointer(local.total[own.floats].bytes), to: to, on: lane)
        try group.send(UnsafeRawBufferPointer(bytes(ofStatistics: own.tiles)), to: to, on: lane)
      }
    }
  }

  private func bytes(ofStatistics tiles: Range<Int>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: statistics[tiles]))
  }

  /// Bytes that this process sends in a step whose shards all hold rows, statistics included.
  public var bytesPerStep: Int {
    buckets.reduce(0) { sum, bucket in
      let own = bucket.pieces[group.rank]
      let others = bucket.pieces.reduce(0) { $0 + $1.floats.count } - own.floats.count
      return sum + 4 * others * tree.ownNodes[group.rank].count
        + (group.count - 1) * (4 * own.floats.count + own.tiles.count * MemoryLayout<TileStatistics>.stride)
    }
  }
}

extension MutableVector {
  fileprivate var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count * 4) }
}

extension Tiling {
  /// The floats from the first to the last of some tiles, padding between entries included.
  func floats(of tiles: Range<Int>) -> Range<Int> {
    guard !tiles.isEmpty else { return 0..<0 }
    return self.tiles[tiles.lowerBound].range.lowerBound..<self.tiles[tiles.upperBound - 1].range.upperBound
  }
}
