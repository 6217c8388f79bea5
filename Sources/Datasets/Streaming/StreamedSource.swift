internal import Kernels

/// Rows that are too many for memory, read by chunks ahead of the step; or rows that stand alone, read ahead of the step and
/// kept, where there is room for all of them.
///
/// Its fingerprint begins with `sampled:`. It covers shapes, types, classes, which rows were chosen, how they are scaled,
/// every target (where a row has at most 16), 64 places of the features, spread evenly from the first row to the last, and
/// for a shuffled source the chunks and windows, which its order follows from. A file that differs elsewhere in its features
/// alone is not told apart: reading all of it at every start would take as long as an epoch's reading. A file that is
/// written to while it is open is noticed (size and time of change), and ends the run with an error. Of a folder of images
/// it covers what `ImageSource` says.
public final class StreamedSource: SampleSource {
  public let count: Int
  public let schema: SampleSchema
  public let fingerprint: String
  public let featureNames: [String]
  public let origins: FeatureOrigins
  public let plan: WindowPlan?
  /// Smallest and largest target; nil where they were not looked at.
  public let targetRange: ClosedRange<Float>?
  public let warnings: [String]

  public let glance: Int?
  private let reader: any RowReader
  private let layout: RowLayout
  /// Numbers of rows, ascending; nil: all.
  private let selection: [Int32]?
  private let stream: ChunkStream

  /// - Parameters:
  ///   - selection: numbers of rows, ascending; nil: all.
  ///   - bytes: memory for rows that stand alone, if all are to be kept.
  ///   - windowBytes: memory for one of the two windows.
  ///   - batch: rows that are prepared at once.
  init(
    _ rows: StreamedRows, selection: [Int32]?, pipeline: ColumnPipeline, bytes: Int, windowBytes: Int, batch: Int,
    isShuffled: Bool
  ) throws {
    reader = rows.reader
    glance = reader.windowOfLoneRows
    layout = rows.layout(behind: pipeline)
    let rowBytes = layout.rowBytes
    count = selection?.count ?? rows.count
    var windowRows = max(windowBytes / rowBytes, min(batch, rows.count), 1)
    let stored = reader.storedChunkRows
    guard stored <= max(windowRows, 1) else {
      throw DatasetError(
        .shape, at: rows.place, "its stored chunks do not fit the buffer",
        expected: "chunks of at most \(windowRows) rows", found: "\(stored) rows",
        remedy: "give data.buffer_mb more, or store the dataset in smaller chunks")
    }
    // At least 16 chunks to a window, of 4 MB at most: small enough to mix well, large enough to read fast. Whole stored
    // chunks, so that none is unpacked twice. Rows that stand alone are mixed as a whole.
    var chunkRows = max(1, max(1, min(windowRows / 16, (4 << 20) / rowBytes)) / stored) * stored
    var keepsAll = false
    if let window = reader.windowOfLoneRows {
      chunkRows = 1
      windowRows = min(windowRows, max(window, batch))
      keepsAll = count * rowBytes <= bytes
    }
    let plan = WindowPlan(
      chunkRows: chunkRows, fileRows: rows.count, selection: selection, windowRows: windowRows)
    schema = rows.schema(behind: pipeline)
    featureNames = reader.featureNames
    targetRange = reader.targetRange
    origins = reader.origins
    warnings = reader.warnings
    self.selection = selection
    self.plan = plan
    if keepsAll {
      try MemoryBudget.require(
        count * rowBytes, for: "\(rows.place): \(count) rows", remedy: "give data.buffer_mb less")
    } else {
      try MemoryBudget.require(
        2 * min(windowRows, rows.count) * rowBytes, for: "\(rows.place): two windows of its rows",
        remedy: "give data.buffer_mb less")
    }
    stream = try ChunkStream(
      rows, pipeline: pipeline, chunkRows: chunkRows, windowChunks: (plan.chunks + plan.windows - 1) / plan.windows,
      keepsAll: keepsAll)
    fingerprint = rows.fingerprint(
      selection: selection, pipeline: pipeline, plan: isShuffled ? [chunkRows, plan.windows] : [])
  }

  public var knownTargets: [Float]? {
    guard let all = reader.knownTargets else { return nil }
    return selection.map { $0.map { all[Int($0)] } } ?? all
  }

  public func begin(_ schedule: [ReadWindow], at position: Int) { stream.begin(schedule, at: position) }

  public func prepare(_ positions: Range<Int>) throws { try stream.prepare(positions) }

  public func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch) {
    selection.withBuffer { selection in
      for number in layout.inputs.indices {
        let field = layout.inputs[number]
        let output = batch.input(number)
        precondition(output.rows == rows.count && output.columns == field.columns, "\(rows.count) x \(field.columns)")
        var destination = output.base
        for row in rows {
          precondition(row >= 0 && row < count, "row \(row) of \(count)")
          let source = stream.row(selection.map { Int($0[Int(row)]) } ?? Int(row), field: number)
          switch field.storage {
          case .floats:
            destination.update(from: source.assumingMemoryBound(to: Float.self), count: field.columns)
          case .bytes:
            let bytes = source.assumingMemoryBound(to: UInt8.self)
            for column in 0..<field.columns { destination[column] = Float(bytes[column]) }
          case .integers:
            let integers = source.assumingMemoryBound(to: Int32.self)
            for column in 0..<field.columns { destination[column] = Float(integers[column]) }
          }
          destination += output.stride
        }
      }
      if layout.targetColumns == 0 { return }
      let targets = batch.target(0)
      var destination = targets.base
      for row in rows {
        let source = stream.row(selection.map { Int($0[Int(row)]) } ?? Int(row), field: layout.inputs.count)
        destination.update(from: source.assumingMemoryBound(to: Float.self), count: layout.targetColumns)
        destination += targets.stride
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
