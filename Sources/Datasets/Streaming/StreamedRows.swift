/// Rows that are not to be held all at once: a reader, and the sources that read from it by chunks.
public final class StreamedRows: Sendable {
  let reader: any RowReader
  public let schema: SampleSchema
  /// Floats of a sample's quantities, and of its targets.
  public let columns: Int
  let targetColumns: Int

  private static let enoughInOrder = 128_000_000

  public init(_ reader: any RowReader) {
    self.reader = reader
    schema = reader.schema
    columns = schema.hasNamedInputs ? schema.valueColumns : schema.inputs[0].columns
    targetColumns = schema.targetColumns
  }

  /// The rows of a source that can be read by chunks; nil: they fit, or it cannot.
  ///
  /// - Parameter bytes: what there is room for.
  /// - Throws: `DatasetError`.
  public convenience init?(_ source: DataSource, largerThan bytes: Int, options: ReadOptions) throws {
    guard let reader = try source.kind.reader(largerThan: bytes, options) else { return nil }
    self.init(reader)
  }

  public var count: Int { reader.count }
  public var origins: FeatureOrigins { reader.origins }
  public var sampleShape: [Int] { schema.sampleShape }
  public var featureNames: [String] { reader.featureNames }
  var place: String { reader.place }
  /// Bytes of a row in memory.
  public var rowBytes: Int { layout(behind: .none).rowBytes }

  /// The class of every row, which all are held then: 4 bytes a row; nil: they have not one target that is a class.
  ///
  /// - Throws: `DatasetError`.
  public func targetClasses() throws -> [Int32]? { try reader.targetClasses() }

  /// Rows read as they are needed. Those that stand alone are kept, where they fit.
  ///
  /// - Parameters:
  ///   - selection: numbers of rows, ascending; nil: all.
  ///   - bytes: memory for them, for the window at hand and the next one.
  ///   - batch: rows that are prepared at once.
  ///   - isShuffled: whether an order depends on chunks and windows.
  /// - Throws: `DatasetError` where a stored chunk is larger than a window.
  public func source(
    _ selection: [Int32]?, pipeline: ColumnPipeline, bytes: Int, batch: Int, isShuffled: Bool
  ) throws -> StreamedSource {
    // Where no order depends on the windows, a few chunks ahead are enough.
    let enough = max(StreamedRows.enoughInOrder, 2 * reader.storedChunkRows * rowBytes)
    return try StreamedSource(
      self, selection: selection, pipeline: pipeline, bytes: bytes,
      windowBytes: (isShuffled ? bytes : min(bytes, enough)) / 2, batch: batch, isShuffled: isShuffled)
  }

  /// Rows that fit, read when they are first needed and kept.
  ///
  /// - Throws: `DatasetError`.
  public func kept(_ selection: [Int32], pipeline: ColumnPipeline) throws -> any SampleSource {
    guard reader.windowOfLoneRows != nil else { return KeptRows(self, selection: selection, pipeline: pipeline) }
    return try source(
      selection, pipeline: pipeline, bytes: selection.count * layout(behind: pipeline).rowBytes, batch: 1,
      isShuffled: false)
  }

  func fingerprint(selection: [Int32]?, pipeline: ColumnPipeline, plan: [Int]) -> String {
    var hash = reader.sample
    if let selection { hash.add(selection) }
    pipeline.add(to: &hash)
    for number in plan { hash.add(number) }
    return "sampled:" + hash.hexadecimal
  }

  /// What a sample is made of behind a pipeline.
  func schema(behind pipeline: ColumnPipeline) -> SampleSchema {
    let made = pipeline.outputColumns(of: columns)
    if made == columns { return schema }
    precondition(!schema.hasNamedInputs, "\(columns) columns of named inputs become \(made)")
    return SampleSchema(
      inputs: [SampleSchema.Field(SampleSchema.features, shape: [made])], targetShape: schema.targetShape,
      targetKind: schema.targetKind)
  }

  /// How rows lie in memory behind a pipeline: what it changes is floats.
  func layout(behind pipeline: ColumnPipeline) -> RowLayout {
    var storage = reader.storage
    if !pipeline.steps.isEmpty { for number in scaledInputs { storage[number] = .floats } }
    return RowLayout(schema(behind: pipeline), storage: storage)
  }

  /// Numbers of the inputs that a pipeline is applied to.
  var scaledInputs: [Int] { schema.hasNamedInputs ? schema.valueInputs : [0] }

  /// Reads rows and applies a pipeline to them.
  ///
  /// - Parameter block: overwritten; laid out as behind the pipeline.
  /// - Throws: `DatasetError`.
  func read(
    _ rows: Range<Int>, pipeline: ColumnPipeline, into block: RowBlock, isUrgent: () -> Bool
  ) throws {
    let plain = layout(behind: .none)
    precondition(pipeline.columns ?? columns == columns, "fitted to \(pipeline.columns ?? 0) features")
    if pipeline.steps.isEmpty { return try reader.read(rows, into: block, isUrgent: isUrgent) }
    if plain == block.layout, !schema.hasNamedInputs, pipeline.steps.allSatisfy({ $0.outputColumns == $0.columns }) {
      try reader.read(rows, into: block, isUrgent: isUrgent)
      let floats = block.floats(ofInput: 0)
      for step in pipeline.steps { step.apply(rows: rows.count, input: floats, output: floats) }
      return
    }
    try RowBlock.withTemporary(plain, rows: rows.count) { read in
      try reader.read(rows, into: read, isUrgent: isUrgent)
      let made = pipeline.applied(to: values(of: read, rows.count), columns: columns)
      let width = pipeline.outputColumns(of: columns)
      var start = 0
      for (number, field) in block.layout.inputs.enumerated() {
        if scaledInputs.contains(number) {
          let floats = block.floats(ofInput: number)
          for row in 0..<rows.count {
            for column in 0..<field.columns {
              floats[row * field.columns + column] = made[row * width + start + column]
            }
          }
          start += field.columns
        } else if field.storage == .bytes {
          block.bytes(ofInput: number).update(from: read.bytes(ofInput: number), count: rows.count * field.columns)
        } else {
          block.floats(ofInput: number).update(from: read.floats(ofInput: number), count: rows.count * field.columns)
        }
      }
      if targetColumns > 0 { block.targets.update(from: read.targets, count: rows.count * targetColumns) }
    }
  }

  /// The quantities of rows in memory, `[rows, columns]`.
  func values(of block: RowBlock, _ rows: Int) -> [Float] {
    let fields = block.layout.inputs
    let width = scaledInputs.reduce(0) { $0 + fields[$1].columns }
    return [Float](unsafeUninitializedCapacity: rows * width) { output, initialized in
      var start = 0
      for number in scaledInputs {
        let columns = fields[number].columns
        for row in 0..<rows {
          for column in 0..<columns {
            let place = row * columns + column
            output[row * width + start + column] =
              fields[number].storage == .bytes
              ? Float(block.bytes(ofInput: number)[place]) : block.floats(ofInput: number)[place]
          }
        }
        start += columns
      }
      initialized = rows * width
    }
  }
}
