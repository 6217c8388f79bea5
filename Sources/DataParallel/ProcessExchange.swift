public import Kernels
internal import Synchronization

/// The exchange among the processes of a group, with the bits of one process.
///
/// Every process finishes the nodes of the shard tree that lie in its block (`ShardGradients`). The flat vector is
/// cut into *buckets* of consecutive layers, the last layers first, and every bucket into *pieces*, one a process: its
/// owner gets the nodes of all processes for that piece, adds them in the tree's order, finishes the gradient (division,
/// penalties, statistics) and sends it to all. So 2 x weights x (p-1)/p floats leave a process where each has one node.
///
/// A bucket may travel while the next ones are still summed: see `arrive` and `advance`.
public final class ProcessExchange: GradientExchange, @unchecked Sendable {
  // Unchecked: `arrivals` and `isReady` are atomics; all else is touched by the group's thread, worker 0, alone, but for
  // `tree`, which it sets between steps. The local gradients of a bucket belong to the workers until it is ready, then to
  // the group's thread; a step's records are written before the barrier that stands before its exchange.

  /// The lane for what else a step's processes tell each other.
  public static let recordsLane = Lane.records

  private enum Stage { case computing, collecting, sharing, done }

  public let group: any ProcessGroup
  /// Shards of each process.
  public let blocks: [Range<Int>]
  public let gradients: ShardGradients
  private let tiling: Tiling
  private let statistics: UnsafeMutableBufferPointer<TileStatistics>
  let buckets: [GradientBucket]
  private let staging: AlignedBuffer
  /// Where each bucket's nodes of other processes are received, of the own piece.
  private let stagingStarts: [Int]
  private var trees: [Int: ShardTree] = [:]
  private var tree: ShardTree
  private var stages: [Stage]
  private let arrivals: UnsafeMutablePointer<Atomic<Int>>
  private let isReady: UnsafeMutablePointer<Atomic<Bool>>
  private let workers: Int
  private let records: [ShardRecords]
  /// By the number of active shards: where each process's part of each kind of records begins and ends.
  private var recordBounds: [Int: [[Int]]] = [:]
  private var active = 0
  private var recordsAtHand = 0
  public var overlaps = true
  private var failure: (any Error)?
  private var secondsExposed = 0.0

  /// Floats of a bucket, at least: less is not worth a message of its own.
  public static let bucketSize = 1 << 18

  /// - Parameters:
  ///   - gradients: of this process's block.
  ///   - layers: each layer's range of the flat vector, in order; empty where it has no weights.
  ///   - workers: threads of this process that sum.
  ///   - statistics: one a tile; filled by the tile's owner, and by the exchange for all others.
  ///   - records: what shards tell of themselves besides their gradients, one memory a kind.
  public init(
    group: any ProcessGroup, blocks: [Range<Int>], gradients: ShardGradients, layers: [Range<Int>], tiling: Tiling,
    statistics: UnsafeMutableBufferPointer<TileStatistics>, records: [ShardRecords] = [], workers: Int,
    bucketSize: Int = ProcessExchange.bucketSize
  ) {
    self.group = group
    self.blocks = blocks
    self.gradients = gradients
    self.records = records
    self.tiling = tiling
    self.statistics = statistics
    self.workers = workers
    let shards = blocks.last?.upperBound ?? 0
    let tree = ShardTree(active: shards, blocks: blocks)
    self.tree = tree
    trees[shards] = tree
    let foreign = tree.nodes.count - tree.ownNodes[group.rank].count

    let buckets = GradientBucket.cut(
      layers: layers, tiling: tiling, processes: group.count, workers: workers, size: bucketSize)
    var (starts, staged): ([Int], Int) = ([], 0)
    for bucket in buckets {
      starts.append(staged)
      staged += foreign * AlignedBuffer.padded(bucket.pieces[group.rank].floats.count)
    }
    stagingStarts = starts
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

  public func begin(active: Int, records: Int) {
    (self.active, recordsAtHand) = (active, records)
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

  public func keepAlive() throws { try group.keepAlive() }

  public func exchange(by work: any GradientWork, worker: Int, team: WorkerTeam) throws {
    for bucket in buckets.indices {
      for node in tree.nodes[tree.ownNodes[group.rank]] {
        if worker == 0 { try group.keepAlive() }
        work.sum(buckets[bucket].workerTiles[worker], of: node.shards, worker: worker, finishing: false)
      }
      arrive(bucket: bucket)
      if worker == 0 && overlaps { advance(work) }
    }
    try team.synchronize()
    guard worker == 0 else { return }
    try shareRecords()
    try complete(work)
    try group.finish(Lane.records)
  }

  /// Posts the all-gather of the records.
  private func shareRecords() throws {
    let bounds = recordBounds[active] ?? records.map { $0.bounds(blocks: blocks, active: active) }
    recordBounds[active] = bounds
    for kind in 0..<min(recordsAtHand, records.count) {
      try group.shareParts(of: records[kind].memory, bounds: bounds[kind], on: Lane.records)
    }
  }

  /// Says that a worker has summed its part of a bucket. Once all have, the bucket may travel.
  private func arrive(bucket: Int) {
    guard arrivals[bucket].add(1, ordering: .acquiringAndReleasing).newValue == workers else { return }
    isReady[bucket].store(true, ordering: .releasing)
  }

  /// Moves the exchange along without waiting. An error is kept for `complete`.
  private func advance(_ work: any GradientWork) {
    guard failure == nil else { return }
    do { try move(work) } catch { failure = error }
  }

  /// Waits for the whole gradient. All buckets must be ready.
  private func complete(_ work: any GradientWork) throws {
    let began = ContinuousClock.now
    defer { secondsExposed += began.duration(to: .now) / .seconds(1) }
    if let failure { throw failure }
    try move(work)
    for bucket in buckets.indices {
      while true {
        switch stages[bucket] {
        case .computing: preconditionFailure("bucket \(bucket) is not ready")
        case .collecting: try group.finish(lane(bucket, .collecting))
        case .sharing: try group.finish(lane(bucket, .sharing))
        case .done: break
        }
        if stages[bucket] == .done { break }
        try move(work)
      }
    }
  }

  private func lane(_ bucket: Int, _ stage: Stage) -> Int { Lane.buckets + 2 * bucket + (stage == .sharing ? 1 : 0) }

  private func move(_ work: any GradientWork) throws {
    for bucket in buckets.indices {
      if stages[bucket] == .computing, isReady[bucket].load(ordering: .acquiring) { try collect(bucket) }
      if stages[bucket] == .collecting, try group.isDone(lane(bucket, .collecting)) {
        finishPiece(bucket, work)
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
        for node in tree.ownNodes[from] { try group.receive(vector(node, of: number).bytes, from: from, on: lane) }
      }
      let piece = bucket.pieces[to].floats
      guard !piece.isEmpty else { continue }
      for node in tree.nodes[tree.ownNodes[group.rank]] {
        let partial = gradients.gradient(ofShard: node.shards.lowerBound)[piece]
        try group.send(UnsafeRawBufferPointer(partial.bytes), to: to, on: lane)
      }
    }
  }

  /// Where a node's floats of the own piece stand.
  private func vector(_ node: Int, of bucket: Int) -> MutableVector {
    let piece = buckets[bucket].pieces[group.rank].floats
    let mine = tree.ownNodes[group.rank]
    if mine.contains(node) { return gradients.gradient(ofShard: tree.nodes[node].shards.lowerBound)[piece] }
    let foreign = node < mine.lowerBound ? node : node - mine.count
    let start = stagingStarts[bucket] + foreign * AlignedBuffer.padded(piece.count)
    return staging.mutable[start..<start + piece.count]
  }

  private func finishPiece(_ number: Int, _ work: any GradientWork) {
    let bucket = buckets[number]
    let piece = bucket.pieces[group.rank]
    for tile in piece.tiles {
      let range = tiling.tiles[tile].range
      let inPiece = range.lowerBound - piece.floats.lowerBound..<range.upperBound - piece.floats.lowerBound
      for addition in tree.additions {
        Elementwise.add(
          vector(addition.right, of: number)[inPiece].readOnly, to: vector(addition.left, of: number)[inPiece])
      }
      let sum = vector(0, of: number)[inPiece]
      let total = gradients.total[range]
      if sum.base != total.base { total.copy(from: sum.readOnly) }
      work.finish(tile)
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
        try group.receive(gradients.total[theirs.floats].bytes, from: from, on: lane)
        try group.receive(bytes(ofStatistics: theirs.tiles), from: from, on: lane)
      }
      if !own.tiles.isEmpty {
        try group.send(UnsafeRawBufferPointer(gradients.total[own.floats].bytes), to: to, on: lane)
        try group.send(UnsafeRawBufferPointer(bytes(ofStatistics: own.tiles)), to: to, on: lane)
      }
    }
  }

  private func bytes(ofStatistics tiles: Range<Int>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: statistics[tiles]))
  }

  public var cost: ExchangeCost? { ExchangeCost(secondsExposed: secondsExposed, bytesPerStep: bytesPerStep) }

  private var bytesPerStep: Int {
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
