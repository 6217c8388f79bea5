public import Datasets
internal import Kernels

extension Predictor {
  /// What the rows of a source are, in the unit of the file, to be compared with their predictions, and what each counts for.
  ///
  /// - Returns: `[source.count, targetColumns]`, row-major; `[source.count]`, empty where rows have no weights.
  /// - Throws: `DatasetError` where rows cannot be read; `OutOfMemory`.
  public func targets(of source: any SampleSource) throws -> (targets: [Float], weights: [Float]) {
    let found = try scaledTargets(of: source)
    return (targetScaling?.undo(found.targets, columns: source.targetColumns) ?? found.targets, found.weights)
  }

  /// The same as they are trained on, and what sums over the rows are divided by.
  func scaledTargets(
    of source: any SampleSource
  ) throws -> (targets: [Float], weights: [Float], divisor: Double) {
    let columns = source.targetColumns
    try MemoryBudget.require(
      4 * source.count * (columns + 1), for: "the targets of \(source.count) rows",
      remedy: "take fewer rows with `rows:`")
    var (targets, weights, divisor) = ([Float](), [Float](), 0.0)
    targets.reserveCapacity(source.count * columns)
    let most = min(256, source.count)
    let gathered = GatheredFields(source.schema, rows: most)
    source.begin(source.plan?.inOrder ?? [], at: 0)
    defer { source.begin([], at: 0) }
    for first in stride(from: 0, to: source.count, by: most) {
      let rows = first..<min(first + most, source.count)
      try source.prepare(rows)
      let batch = gathered.batch(rows: rows.count)
      rows.map { Int32($0) }.withUnsafeBufferPointer {
        source.gather($0, into: batch)
        divisor += source.divisor(of: $0).amount
      }
      targets += batch.target(0).readOnly.vector.array
      if let own = batch.weights { weights += own.readOnly.array }
    }
    return (targets, weights, divisor)
  }
}
