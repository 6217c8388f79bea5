public import Kernels

/// A kernel whose gradient is summed from factors, at its place in a network.
public struct FactoredPlace: Sendable {
  public let kernel: FactoredKernel
  /// Number among the trainable entries of the layout.
  public let entry: Int
  /// The entry's range of the flat vector.
  public let range: Range<Int>
  /// Number of the running step.
  let step: Int
}

extension Network {
  /// In the order of the running steps.
  static func factored(_ steps: [Place], layout: ParameterLayout) -> [FactoredPlace] {
    steps.indices.compactMap { number in
      let step = steps[number]
      guard let kernel = step.layer.factoredKernel(for: step.input),
        let entry = layout.trainable.firstIndex(where: { $0.range.lowerBound == step.trainable.lowerBound })
      else { return nil }
      return FactoredPlace(kernel: kernel, entry: entry, range: layout.trainable[entry].range, step: number)
    }
  }

  /// One sum for each factored kernel.
  public func productSums(shards: Int) -> [ProductSum] {
    factored.map { ProductSum(inputs: $0.kernel.inputs, units: $0.kernel.units, shards: shards) }
  }

  /// After `computeGradient`: what `workspace` holds becomes shard `shard` of `sums`, until it is used again.
  public func setFactors(ofShard shard: Int, of sums: [ProductSum], workspace: Workspace, rows: Int) {
    for (number, place) in factored.enumerated() {
      let input = place.step == 0 ? workspace.input(rows: rows) : workspace.output(place.step - 1, rows: rows)
      let x = input.vector.matrix(rows: rows * place.kernel.rowsPerSample, columns: place.kernel.inputs)
      sums[number].setFactors(ofShard: shard, x.readOnly, panels: workspace.panels(number).readOnly)
    }
  }

  /// After `setFactors`: writes what `computeGradient` left alone, this shard's own products.
  public func completeGradient(
    ofShard shard: Int, from sums: [ProductSum], workspace: Workspace, gradient: MutableVector
  ) {
    for (sum, place) in zip(sums, factored) {
      let part = ProductSum.partRows * sum.units
      for start in stride(from: 0, to: place.range.count, by: part) {
        sum.sum(
          of: shard..<shard + 1, elements: start..<min(start + part, place.range.count), into: gradient[place.range],
          scratch: workspace.productScratch)
      }
    }
  }
}
