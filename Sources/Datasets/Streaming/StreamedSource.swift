internal import Kernels

/// Rows that are too many for memory, read by chunks ahead of the step.
///
/// Its fingerprint begins with `sampled:`. It covers shapes, types, classes, which rows were chosen, how they are scaled,
/// every target (where a row has at most 16), 64 places of the features, spread evenly from the first row to the last, and
/// for a shuffled source the chunks and windows, which its order follows from. A file that differs elsewhere in its features
/// alone is not told apart: reading all of it at every start would take as long as an epoch's reading. A file that is
/// written to while it is open is noticed (size and time of change), and ends the run with an error.
public final class StreamedSource: SampleSource {
  public let count: Int
  public let schema: SampleSchema
  public let fingerprint: String
  public let featureNames: [String]
  public let origins: FeatureOrigins
  public let plan: WindowPlan?
  /// Smallest and largest target; nil where they were not looked at.
  public let targetRange: ClosedRange<Float>?

  private let columns: Int
  private let targetColumns: Int
  /// Numbers of rows, ascending; nil: all.
  private let selection: [Int32]?
  private let stream: ChunkStream

  /// - Parameters:
  ///   - selection: numbers of rows, ascending; nil: all.
  ///   - windowBytes: memory for one of the two windows.
  ///   - batch: rows that are prepared at once.
  init(
    _ rows: StreamedRows, selection: [Int32]?, pipeline: ColumnPipeline, windowBytes: Int, batch: Int, isShuffled: Bool
  ) throws {
    let reader = rows.reader
    columns = pipeline.outputColumns(of: rows.columns)
    targetColumns = rows.targetColumns
    let rowBytes = (columns + targetColumns) * 4
    let windowRows = max(windowBytes / rowBytes, min(batch, rows.count), 1)
    // At least 16 chunks to a window, of 4 MB at most: small enough to mix well, large enough to read fast. Whole stored
    // chunks, so that none is unpacked twice.
    let stored = reader.storedChunkRows
    guard stored <= max(windowRows, 1) else {
      throw DatasetError(
        .shape, at: rows.place, "its stored chunks do not fit the buffer",
        expected: "chunks of at most \(windowRows) rows", found: "\(stored) rows",
        remedy: "give data.buffer_mb more, or store the dataset in smaller chunks")
    }
    let wanted = max(1, min(windowRows / 16, (4 << 20) / rowBytes))
    let chunkRows = max(1, wanted / stored) * stored
    let plan = WindowPlan(
      chunkRows: chunkRows, fileRows: rows.count, selection: selection, windowRows: windowRows)
    count = selection?.count ?? rows.count
    schema = rows.schema(behind: pipeline)
    featureNames = reader.featureNames
    targetRange = reader.targetRange
    origins = reader.origins
    self.selection = selection
    self.plan = plan
    try MemoryBudget.require(
      2 * min(windowRows, rows.count) * rowBytes, for: "\(rows.place): two windows of its rows",
      remedy: "give data.buffer_mb less")
    stream = try ChunkStream(
      rows, pipeline: pipeline, chunkRows: chunkRows, windowChunks: (plan.chunks + plan.windows - 1) / plan.windows)
    fingerprint = rows.fingerprint(
      selection: selection, pipeline: pipeline, plan: isShuffled ? [chunkRows, plan.windows] : [])
  }

  public func begin(_ schedule: [ReadWindow], at position: Int) { stream.begin(schedule, at: position) }

  public func prepare(_ positions: Range<Int>) throws { try stream.prepare(positions) }

  public func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch) {
    let features = batch.input(0)
    precondition(features.rows == rows.count && features.columns == columns, "\(rows.count) x \(columns)")
    var feature = features.base
    let targets = targetColumns > 0 ? batch.target(0) : features
    var target = targets.base
    selection.withBuffer { selection in
      for row in rows {
        precondition(row >= 0 && row < count, "row \(row) of \(count)")
        let place = stream.row(selection.map { Int($0[Int(row)]) } ?? Int(row))
        feature.update(from: place.features, count: columns)
        feature += features.stride
        if targetColumns > 0 {
          target.update(from: place.targets, count: targetColumns)
          target += targets.stride
        }
      }
    }
  }
}

extension [Int32]? {
  fileprivate func withBuffer<R>(_ body: (UnsafeBufferPointer<Int32>?) -> R) -> R {
    switch self {
    case .none: body(nil)
    case .some(let rows): rows.withUnsafeBufferPointer { body($0) }
    }
  }
}
