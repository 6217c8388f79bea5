/// What asks for a look at every row, and gets one pass over them.
extension StreamedRows {
  /// Floats of features that are in memory at once, and rows at least, where each is read by itself.
  private static let (portion, loneRows) = (1 << 20, 64)

  /// Calls `body` with portions of the rows, in memory.
  ///
  /// - Parameters:
  ///   - pipeline: what is done to the features before.
  ///   - needed: whether any row of a range is needed at all.
  func eachBlock(
    applying pipeline: ColumnPipeline = .none, needed: (Range<Int>) -> Bool = { _ in true },
    _ body: (Range<Int>, RowBlock) throws -> Void
  ) throws {
    let stored = reader.storedChunkRows
    let width = schema.inputs.reduce(0) { $0 + $1.columns }
    let least = reader.windowOfLoneRows == nil ? 1 : StreamedRows.loneRows
    let portion = max(least, StreamedRows.portion / width / stored) * stored
    let first = reader.firstRow
    let most = min(portion, count)
    try RowBlock.withTemporary(layout(behind: pipeline), rows: most) { block in
      var row = 0
      while row < count {
        let next = min(count, max(row + 1, (first + row + portion) / stored * stored - first))
        let range = row..<min(next, row + most)
        if needed(range) {
          try read(range, pipeline: pipeline, into: block, isUrgent: { true })
          try body(range, block)
        }
        row = range.upperBound
      }
    }
  }

  /// Calls `body` with portions of the rows: their numbers, quantities and targets.
  func eachPortion(
    applying pipeline: ColumnPipeline = .none, needed: (Range<Int>) -> Bool = { _ in true },
    _ body: (Range<Int>, UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    try eachBlock(applying: pipeline, needed: needed) { range, block in
      let targets = UnsafeBufferPointer(start: block.targets, count: range.count * targetColumns)
      if block.layout.inputs.count == 1, block.layout.inputs[0].storage == .floats, scaledInputs == [0] {
        let width = block.layout.inputs[0].columns
        return try body(
          range, UnsafeBufferPointer(start: block.floats(ofInput: 0), count: range.count * width), targets)
      }
      try values(of: block, range.count).withUnsafeBufferPointer { try body(range, $0, targets) }
    }
  }

  /// Rows without NaN and Inf that can be read, in order; nil: all are. One pass over them.
  ///
  /// - Throws: `DatasetError`.
  public func finiteRows() throws -> [Int32]? {
    if let rows = try reader.usableRows() { return rows.count == count ? nil : rows }
    var good: [Int32] = []
    try eachPortion { range, features, targets in
      for (place, row) in range.enumerated() {
        let isGood =
          features[place * columns..<(place + 1) * columns].allSatisfy(\.isFinite)
          && targets[place * targetColumns..<(place + 1) * targetColumns].allSatisfy(\.isFinite)
        if isGood { good.append(Int32(row)) }
      }
    }
    return good.count == count ? nil : good
  }
}
