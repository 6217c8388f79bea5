/// Rows that are not to be held all at once: a reader, and the sources that read from it by chunks.
public final class StreamedRows: Sendable {
  let reader: any RowReader
  public let schema: SampleSchema
  /// Floats of a sample, and of its targets.
  public let columns: Int
  let targetColumns: Int

  private static let enoughInOrder = 128_000_000

  public init(_ reader: any RowReader) {
    self.reader = reader
    schema = reader.schema
    columns = schema.inputs[0].columns
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
  public var rowBytes: Int { (columns + targetColumns) * 4 }

  /// Rows read as they are needed.
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
      self, selection: selection, pipeline: pipeline, windowBytes: (isShuffled ? bytes : min(bytes, enough)) / 2,
      batch: batch, isShuffled: isShuffled)
  }

  /// Rows that fit, read when they are first needed and kept.
  public func kept(_ selection: [Int32], pipeline: ColumnPipeline) -> KeptRows {
    KeptRows(self, selection: selection, pipeline: pipeline)
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
    return made == columns
      ? schema
      : SampleSchema(sampleShape: [made], targetColumns: targetColumns, targetKind: schema.targetKind)
  }
}
