/// A few of many rows, such as those held back for validation: read in one pass when they are first needed,
/// and kept. Its fingerprint is a sampled one, as of `StreamedSource`.
public final class KeptRows: SampleSource, @unchecked Sendable {
  // Unchecked: `rows` is written by `prepare`, while nobody gathers.
  public let count: Int
  public let fingerprint: String
  public let schema: SampleSchema
  private let file: StreamedRows
  private let selection: [Int32]
  private let pipeline: ColumnPipeline
  private var rows: InMemorySource?

  init(_ file: StreamedRows, selection: [Int32], pipeline: ColumnPipeline) {
    self.file = file
    self.selection = selection
    self.pipeline = pipeline
    schema = file.schema(behind: pipeline)
    count = selection.count
    fingerprint = file.fingerprint(selection: selection, pipeline: pipeline, plan: [])
  }

  public var featureNames: [String] { file.featureNames }
  public var origins: FeatureOrigins { file.origins }
  public var targetRange: ClosedRange<Float>? { file.reader.targetRange }

  public func prepare(_ positions: Range<Int>) throws {
    if rows == nil { rows = try load() }
  }

  public func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch) {
    precondition(self.rows != nil, "rows were gathered before they were prepared")
    self.rows?.gather(rows, into: batch)
  }

  private func load() throws -> InMemorySource {
    let (columns, targetColumns) = (file.columns, targetColumns)
    var features: [Float] = []
    var targets: [Float] = []
    features.reserveCapacity(count * columns)
    targets.reserveCapacity(count * targetColumns)
    var place = 0
    try file.eachPortion(needed: { place < selection.count && selection[place] < $0.upperBound }) { range, x, y in
      while place < selection.count, selection[place] < range.upperBound {
        let row = Int(selection[place]) - range.lowerBound
        features.append(contentsOf: x[row * columns..<(row + 1) * columns])
        targets.append(contentsOf: y[row * targetColumns..<(row + 1) * targetColumns])
        place += 1
      }
    }
    return pipeline.applied(
      to: InMemorySource(
        features: features, sampleShape: file.sampleShape, targets: targets, targetColumns: targetColumns,
        targetKind: targetKind))
  }
}
