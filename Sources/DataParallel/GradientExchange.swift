public import Kernels

/// The seam where gradients of several shards become one: asked for ranges, answers with sums in shard order.
///
/// Within one process this is memory shared by the workers. Over several machines each process would hold a contiguous
/// block of the shards, finish its own subtree and exchange ranges: nothing above this protocol changes.
public protocol GradientExchange: Sendable {
  /// Sums `range` of the first `active` shards along a fixed binary tree over the shard number:
  /// ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) ... Called by several workers at once for different ranges.
  ///
  /// - Returns: where the sum stands; the shards' own gradients in that range are clobbered.
  func sum(_ range: Range<Int>, active: Int) -> MutableVector
}

/// The all-reduce among the workers of one process.
public final class SharedMemoryExchange: GradientExchange, @unchecked Sendable {
  // Unchecked: in the backward phase a shard's gradient belongs to the worker that computes it; in the reduce phase a
  // range of all of them belongs to the worker that asks for it. A barrier stands between.
  private let memory: AlignedBuffer
  private let stride: Int
  public let shards: Int
  /// Floats of one gradient.
  public let count: Int

  /// - Parameters:
  ///   - shards: logical shards of the run.
  ///   - count: floats of the flat vector of trainable weights.
  public init(shards: Int, count: Int) {
    self.shards = shards
    self.count = count
    stride = AlignedBuffer.padded(count)
    memory = AlignedBuffer(count: stride * shards)
  }

  /// The gradient of one shard, written in the backward phase.
  public func gradient(ofShard shard: Int) -> MutableVector {
    memory.mutable[shard * stride..<shard * stride + count]
  }

  /// The sum over all shards, after the reduce phase: the whole flat vector.
  public var total: MutableVector { gradient(ofShard: 0) }

  public func sum(_ range: Range<Int>, active: Int) -> MutableVector {
    var distance = 1
    while distance < active {
      var shard = 0
      while shard + distance < active {
        Elementwise.add(
          gradient(ofShard: shard + distance).readOnly[range], to: gradient(ofShard: shard)[range])
        shard += 2 * distance
      }
      distance *= 2
    }
    return total[range]
  }
}
