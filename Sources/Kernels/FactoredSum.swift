/// The gradient of a large weight, summed over shards from what each shard's backward pass has left instead of its own
/// gradient: no shard's gradient ever stands in memory.
///
/// Any part of the sum may be asked for, from any thread; shards are added along a fixed binary tree over the shard number,
/// ((0 + 1) + (2 + 3)) + ..., and an element's bits depend on neither the part that is asked for nor its place in it.
public protocol FactoredSum: AnyObject, Sendable {
  /// Floats of a row of the weight.
  var units: Int { get }

  /// - Parameters:
  ///   - shard: its number in the table.
  ///   - x: the layer's input, flat.
  ///   - kept: what the backward pass has left; perhaps overwritten behind that.
  /// - Precondition: both stay where they are until the last sum.
  func setFactors(ofShard shard: Int, _ x: Matrix, kept: MutableVector)

  /// Overwrites `elements` of `gradient` with the sum over `shards`, which have their factors.
  ///
  /// - Parameters:
  ///   - elements: row-major; of at most `ProductSum.partRows` rows.
  ///   - scratch: clobbered.
  func sum(of shards: Range<Int>, elements: Range<Int>, into gradient: MutableVector, scratch: MutableVector)
}

extension ProductSum: FactoredSum {
  public func setFactors(ofShard shard: Int, _ x: Matrix, kept: MutableVector) {
    setFactors(ofShard: shard, x, panels: kept.readOnly)
  }
}
