/// What asks for a look at every row, and gets one pass over them.
extension StreamedRows {
  /// Floats of features that are in memory at once.
  private static let portion = 1 << 20

  /// Calls `body` with portions of the rows: the first row's number, how many, features and targets.
  ///
  /// - Parameters:
  ///   - pipeline: what is done to the features before.
  ///   - needed: whether any row of a range is needed at all.
  func eachPortion(
    applying pipeline: ColumnPipeline = .none, needed: (Range<Int>) -> Bool = { _ in true },
    _ body: (Range<Int>, UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) throws -> Void
  ) throws {
    let stored = reader.storedChunkRows
    let portion = max(1, StreamedRows.portion / columns / stored) * stored
    let first = reader.firstRow
    let most = min(portion, count)
    let width = pipeline.outputColumns(of: columns)
    let features = UnsafeMutableBufferPointer<Float>.allocate(capacity: most * width)
    let targets = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, most * targetColumns))
    defer {
      features.deallocate()
      targets.deallocate()
    }
    var row = 0
    while row < count {
      let next = min(count, max(row + 1, (first + row + portion) / stored * stored - first))
      let range = row..<min(next, row + most)
      if needed(range), let x = features.baseAddress, let y = targets.baseAddress {
        try pipeline.read(rows: range.count, columns: columns, into: x) {
          try reader.read(range, features: $0, targets: y, isUrgent: { true })
        }
        try body(
          range, UnsafeMutableBufferPointer(start: x, count: range.count * width),
          UnsafeMutableBufferPointer(start: y, count: range.count * targetColumns))
      }
      row = range.upperBound
    }
  }

  /// Rows without NaN and Inf, in order; nil: all are. One pass over them.
  ///
  /// - Throws: `DatasetError`.
  public func finiteRows() throws -> [Int32]? {
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
