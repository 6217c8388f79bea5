public import Kernels

/// The seam where gradients of several shards become one: asked for ranges, answers with sums in shard order.
///
/// Within one process this is memory shared by the workers. Over several each process holds a contiguous block of the
/// shards; `ProcessExchange` finishes the tree among them.
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
  /// The shards whose gradients this process computes; all of the run's, where it is alone.
  public let shards: Range<Int>
  /// Floats of one gradient.
  public let count: Int

  /// - Parameters:
  ///   - shards: logical shards of this process; not empty.
  ///   - count: floats of the flat vector of trainable weights.
  public init(shards: Range<Int>, count: Int) {
    self.shards = shards
    self.count = count
    stride = AlignedBuffer.padded(count)
    memory = AlignedBuffer(count: stride * shards.count)
  }

  /// The gradient of one shard, written in the backward phase.
  public func gradient(ofShard shard: Int) -> MutableVector {
    let start = (shard - shards.lowerBound) * stride
    return memory.mutable[start..<start + count]
  }

  /// The sum over all shards, after the reduce phase: the whole flat vector.
  public var total: MutableVector { gradient(ofShard: shards.lowerBound) }

  public func sum(_ range: Range<Int>, active: Int) -> MutableVector {
    sum(range, of: shards.lowerBound..<min(active, shards.upperBound))
    return total[range]
  }

  /// Sums `range` of the gradients of a subtree; the sum stands in its first shard's.
  public func sum(_ range: Range<Int>, of node: Range<Int>) {
    var distance = 1
    while distance < node.count {
      var shard = node.lowerBound
      while shard + distance < node.upperBound {
        Elementwise.add(
          gradient(ofShard: shard + distance).readOnly[range], to: gradient(ofShard: shard)[range])
        shard += 2 * distance
      }
      distance *= 2
    }
  }
}
