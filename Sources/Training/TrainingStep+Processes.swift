internal import DataParallel
internal import Kernels
internal import NeuralNetwork

/// The processes that train together, and this one's share of the work.
struct ProcessShare {
  let group: any ProcessGroup
  /// Shards of each process.
  let blocks: [Range<Int>]

  var block: Range<Int> { blocks[group.rank] }
}

/// Where each process's part of the shards' records begins and ends, in bytes.
struct ShardRecords {
  let losses: [Int]
  let statistics: [Int]
  let probes: [Int]
}

/// A step of several processes: as one process's, but for the way from the shards' gradients to the verdict.
///
/// Losses, statistics and probes of all shards come to every process and are folded in shard order; so does the finished
/// gradient with its tiles' statistics. Verdict and update then are the same everywhere.
extension TrainingStep {
  /// Before the team runs.
  func beginJoint(_ joint: ProcessExchange) { joint.begin(active: active) }

  func run(worker: Int, joint: ProcessExchange) throws {
    for shard in workerShards[worker] where shard < active {
      if worker == 0 { try joint.group.keepAlive() }
      computeShard(shard, worker: worker)
    }
    try team.synchronize()
    for bucket in joint.bucketIndices {
      let tiles = joint.tiles(ofBucket: bucket, worker: worker)
      for node in joint.ownNodes {
        if worker == 0 { try joint.group.keepAlive() }
        sum(tiles, of: node, worker: worker) { _ in }
      }
      joint.arrive(bucket: bucket)
      if worker == 0 && overlaps { joint.advance { self.finish($0) } }
    }
    try team.synchronize()
    if worker == 0 {
      try shareRecords(joint)
      try joint.complete { finish($0) }
      try joint.group.finish(ProcessExchange.recordsLane)
    }
    try team.synchronize { passVerdict() }
    updateTiles(worker: worker)
  }

  private func shareRecords(_ joint: ProcessExchange) throws {
    let bounds = records(joint)
    func share(_ memory: UnsafeMutableRawBufferPointer, _ bounds: [Int]) throws {
      try joint.group.shareParts(of: memory, bounds: bounds, on: ProcessExchange.recordsLane)
    }
    try share(UnsafeMutableRawBufferPointer(shardLosses), bounds.losses)
    try share(shardStatistics.mutable.bytes, bounds.statistics)
    if probesActivations { try share(shardProbes.mutable.bytes, bounds.probes) }
  }

  private func records(_ joint: ProcessExchange) -> ShardRecords {
    if let known = records[active] { return known }
    let (shards, active) = (plan.shards, active)
    func bounds(_ size: Int) -> [Int] {
      [0] + joint.blocks.map { min($0.upperBound, active) * size }
    }
    let made = ShardRecords(
      losses: bounds(MemoryLayout<ShardLoss>.stride), statistics: bounds(shardStatistics.count / shards * 4),
      probes: bounds(shardProbes.count / shards * 4))
    records[active] = made
    return made
  }

  /// A number that two processes have in common only if their weights are the same, to all intents and purposes.
  func weightDigest() -> UInt64 {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for tile in updateStatistics {
      digest = (digest ^ tile.weightSum.bitPattern) &* 0x100_0000_01b3
      digest = (digest ^ tile.weightSquareSum.bitPattern) &* 0x100_0000_01b3
    }
    return digest
  }

  /// After a step: another process's weights or optimizer are not such as training makes.
  func markPoisoned() { outcome.disposition = .appliedToPoisoned }
}

extension MutableVector {
  var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count * 4) }
}
