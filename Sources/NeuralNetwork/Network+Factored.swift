public import Kernels

/// A kernel whose gradient is summed from factors, at its place in a network.
public struct FactoredPlace: Sendable {
  public let kernel: FactoredKernel
  /// Number among the trainable entries of the layout.
  public let entry: Int
  /// The entry's range of the flat vector.
  public let range: Range<Int>
  /// Buffers of x and of dz in panels.
  let input: Int
  let panels: Int
}

extension Network {
  /// One sum for each factored kernel.
  public func productSums(shards: Int) -> [any FactoredSum] { factored.map { $0.kernel.makeSum(shards: shards) } }

  /// After `computeGradient`: what the workspace's shard memory holds becomes shard `shard` of `sums`, until it is used
  /// again.
  public func setFactors(ofShard shard: Int, of sums: [any FactoredSum], workspace: Workspace, rows: Int) {
    for (number, place) in schedule.factored.enumerated() {
      let count = rows * place.kernel.rowsPerSample
      let x = workspace.matrix(place.input, rows: count, columns: place.kernel.columns)
      let kept = MutableVector(base: workspace.buffers[place.panels], count: rows * place.kernel.keptCount)
      sums[number].setFactors(ofShard: shard, x.readOnly, kept: kept)
    }
  }

  /// After `setFactors`: writes what `computeGradient` left alone, this shard's own products.
  public func completeGradient(
    ofShard shard: Int, from sums: [any FactoredSum], workspace: Workspace, gradient: MutableVector
  ) {
    let scratch = MutableVector(
      base: workspace.buffers[schedule.product],
      count: factored.map { $0.kernel.scratchCount(rows: workspace.rows, shards: 1) }.max() ?? 0)
    for (sum, place) in zip(sums, factored) {
      let part = ProductSum.partRows * sum.units
      for start in stride(from: 0, to: place.range.count, by: part) {
        sum.sum(
          of: shard..<shard + 1, elements: start..<min(start + part, place.range.count), into: gradient[place.range],
          scratch: scratch)
      }
    }
  }
}
