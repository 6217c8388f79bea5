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
    let fields = file.layout(behind: pipeline).inputs
    var floats = fields.map { field -> [Float] in
      var values: [Float] = []
      if field.storage == .floats { values.reserveCapacity(count * field.columns) }
      return values
    }
    var bytes = fields.map { _ in [UInt8]() }
    var targets: [Float] = []
    targets.reserveCapacity(count * targetColumns)
    var place = 0
    try file.eachBlock(
      applying: pipeline, needed: { place < selection.count && selection[place] < $0.upperBound }
    ) { range, block in
      while place < selection.count, selection[place] < range.upperBound {
        let row = Int(selection[place]) - range.lowerBound
        for (number, field) in fields.enumerated() {
          if field.storage == .bytes {
            bytes[number] += UnsafeBufferPointer(
              start: block.bytes(ofInput: number) + row * field.columns, count: field.columns)
          } else {
            floats[number] += UnsafeBufferPointer(
              start: block.floats(ofInput: number) + row * field.columns, count: field.columns)
          }
        }
        targets += UnsafeBufferPointer(start: block.targets + row * targetColumns, count: targetColumns)
        place += 1
      }
    }
    let inputs = fields.indices.map {
      fields[$0].storage == .bytes ? FieldValues.bytes(bytes[$0]) : .floats(floats[$0])
    }
    return InMemorySource(schema, inputs: inputs, targets: .floats(targets))
  }
}
