internal import DataParallel
internal import Kernels
internal import NeuralNetwork

/// What each shard of the run tells of itself besides its gradient: loss, batch statistics, and what probes saw.
///
/// Where several processes train, each has all shards' after the exchange.
final class ShardFigures: @unchecked Sendable {
  // Unchecked: in the compute phase a shard's figures belong to the worker that computes it; in the exchange those of
  // other processes' shards are received; afterwards they are only read.
  let losses: UnsafeMutableBufferPointer<ShardLoss>
  private let statisticsMemory: AlignedBuffer
  private let probeMemory: AlignedBuffer
  /// One for each part of each shard: laid out like the network's state.
  let statistics: [Vector]
  /// One a shard: `probeWidth` floats.
  let probes: [Vector]
  private let parts: Int

  init(shards: Int, parts: Int, stateCount: Int, probeWidth: Int) {
    self.parts = parts
    losses = .allocate(capacity: shards)
    losses.initialize(repeating: ShardLoss())
    func views(_ number: Int, _ memory: Vector, _ count: Int, stride: Int) -> [Vector] {
      (0..<number).map { memory[$0 * stride..<$0 * stride + count] }
    }
    let stride = AlignedBuffer.padded(stateCount)
    statisticsMemory = AlignedBuffer(count: shards * parts * stride)
    statistics = views(shards * parts, statisticsMemory.vector, stateCount, stride: stride)
    probeMemory = AlignedBuffer(count: shards * probeWidth)
    probes = views(shards, probeMemory.vector, probeWidth, stride: probeWidth)
  }

  deinit { losses.deallocate() }

  func statistics(ofShard shard: Int, part: Int) -> MutableVector { statistics[shard * parts + part].overwritten }
  func probes(ofShard shard: Int) -> MutableVector { probes[shard].overwritten }

  /// Loss and activity penalties of the first `active` shards, summed in shard order.
  func sum(active: Int) -> ShardLoss {
    var sum = ShardLoss()
    for shard in 0..<active {
      sum.loss += losses[shard].loss
      sum.penalty += losses[shard].penalty
    }
    return sum
  }

  /// For the exchange: what travels in every step, and last what does where activations are looked at.
  ///
  /// - Parameter carried: what shards leave for the next step; nil: nothing.
  func records(carried: ShardRecords?) -> [ShardRecords] {
    let shards = losses.count
    let inEveryStep = [
      ShardRecords(memory: UnsafeMutableRawBufferPointer(losses), shards: shards),
      ShardRecords(memory: statisticsMemory.mutable.bytes, shards: shards),
    ]
    return inEveryStep + (carried.map { [$0] } ?? [])
      + [ShardRecords(memory: probeMemory.mutable.bytes, shards: shards)]
  }
}

extension Vector {
  fileprivate var overwritten: MutableVector { MutableVector(base: UnsafeMutablePointer(mutating: base), count: count) }
}

extension MutableVector {
  var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count * 4) }
}
