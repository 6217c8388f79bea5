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
  public func productSums(shards: Int) -> [ProductSum] {
    factored.map { ProductSum(inputs: $0.kernel.inputs, units: $0.kernel.units, shards: shards) }
  }

  /// After `computeGradient`: what the workspace's shard memory holds becomes shard `shard` of `sums`, until it is used
  /// again.
  public func setFactors(ofShard shard: Int, of sums: [ProductSum], workspace: Workspace, rows: Int) {
    for (number, place) in schedule.factored.enumerated() {
      let count = rows * place.kernel.rowsPerSample
      let x = workspace.matrix(place.input, rows: count, columns: place.kernel.inputs)
      let panels = MutableVector(
        base: workspace.buffers[place.panels], count: panelCount(rows: count, columns: place.kernel.units))
      sums[number].setFactors(ofShard: shard, x.readOnly, panels: panels.readOnly)
    }
  }

  /// After `setFactors`: writes what `computeGradient` left alone, this shard's own products.
  public func completeGradient(
    ofShard shard: Int, from sums: [ProductSum], workspace: Workspace, gradient: MutableVector
  ) {
    let longest = factored.map(\.kernel.rowsPerSample).max() ?? 0
    let scratch = MutableVector(
      base: workspace.buffers[schedule.product], count: ProductSum.scratchCount(rows: workspace.rows * longest))
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
