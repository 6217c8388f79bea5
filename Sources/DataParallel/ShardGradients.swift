public import Kernels

/// The gradients of the shards that a process computes: asked for ranges, they are summed in shard order.
///
/// With several processes each holds a contiguous block of the shards; `ProcessExchange` finishes the tree among them.
public final class ShardGradients: @unchecked Sendable {
  // Unchecked: in the backward phase a shard's gradient belongs to the worker that computes it; in the reduce phase a
  // range of all of them belongs to the worker that asks for it. A barrier stands between.
  // The first shard's gradient becomes the sum, the whole vector. Of the others only what is no large kernel is written,
  // as a rule.
  private let first: AlignedBuffer
  private let others: AlignedBuffer
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
    first = AlignedBuffer(count: count)
    others = AlignedBuffer(count: stride * (shards.count - 1), hugePages: false)
  }

  /// The gradient of one shard, written in the backward phase.
  public func gradient(ofShard shard: Int) -> MutableVector {
    if shard == shards.lowerBound { return first.mutable }
    let start = (shard - shards.lowerBound - 1) * stride
    return others.mutable[start..<start + count]
  }

  /// The sum over all shards, after the reduce phase: the whole flat vector.
  public var total: MutableVector { gradient(ofShard: shards.lowerBound) }

  /// Sums `range` of the gradients of `node`, a subtree or the first of all shards, along a fixed binary tree over the
  /// shard number: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) ... Called by several workers at once for different ranges.
  /// The sum stands in its first shard's gradient; the others' are clobbered in that range.
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
