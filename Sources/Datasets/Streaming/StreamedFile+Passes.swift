/// What asks for a look at every row, and gets one pass over the file.
extension StreamedFile {
  /// Floats of features that are in memory at once.
  private static let portion = 1 << 20

  /// Calls `body` with portions of the rows: the first row's number, how many, features and targets.
  ///
  /// - Parameter needed: whether any row of a range is needed at all.
  func eachPortion(
    needed: (Range<Int>) -> Bool = { _ in true },
    _ body: (Range<Int>, UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) throws -> Void
  ) throws {
    let stored = rows.storedChunkRows
    let portion = max(1, StreamedFile.portion / rows.columns / stored) * stored
    let first = rows.opened.range.lowerBound
    let most = min(portion, rows.count)
    let features = UnsafeMutableBufferPointer<Float>.allocate(capacity: most * rows.columns)
    let targets = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, most * rows.targetColumns))
    defer {
      features.deallocate()
      targets.deallocate()
    }
    var row = 0
    while row < rows.count {
      let next = min(rows.count, max(row + 1, (first + row + portion) / stored * stored - first))
      let range = row..<min(next, row + most)
      if needed(range), let x = features.baseAddress, let y = targets.baseAddress {
        try rows.read(range, features: x, targets: y)
        try body(
          range, UnsafeMutableBufferPointer(start: x, count: range.count * rows.columns),
          UnsafeMutableBufferPointer(start: y, count: range.count * rows.targetColumns))
      }
      row = range.upperBound
    }
  }

  /// Rows without NaN and Inf, in order; nil: all are. One pass over the file.
  ///
  /// - Throws: `DatasetError`.
  public func finiteRows() throws -> [Int32]? {
    var good: [Int32] = []
    try eachPortion { range, features, targets in
      for (place, row) in range.enumerated() {
        let isGood =
          features[place * columns..<(place + 1) * columns].allSatisfy(\.isFinite)
          && targets[place * rows.targetColumns..<(place + 1) * rows.targetColumns].allSatisfy(\.isFinite)
        if isGood { good.append(Int32(row)) }
      }
    }
    return good.count == count ? nil : good
  }

  /// Fits a scaling to rows of the file (all if nil) in one pass; none needs none.
  ///
  /// Mean and variance of portions are combined as by Tony Chan, Gene Golub and Randall LeVeque, "Updating Formulae and a
  /// Pairwise Algorithm for Computing Sample Variances", 1979; a source in memory, in two passes, may differ in the last bit.
  /// - Throws: `DatasetError`.
  public func scaling(_ method: ScalingMethod, fittedTo selection: [Int32]?) throws -> Scaling {
    if method == .none { return .none }
    var figures = ColumnFigures(columns: columns)
    var place = 0
    try eachPortion { range, features, _ in
      guard let base = features.baseAddress else { return }
      guard let selection else { return figures.add(base, rows: 0..<range.count) }
      let first = place
      while place < selection.count, selection[place] < range.upperBound { place += 1 }
      figures.add(base, rows: selection[first..<place].lazy.map { Int($0) - range.lowerBound })
    }
    for column in 0..<columns where figures.high[column] - figures.low[column] > 0x1p126 {
      let name = featureNames.isEmpty ? "column \(column)" : "`\(featureNames[column])`"
      throw DatasetError(
        .type, at: source.place(rows.opened.x), "\(name) cannot be scaled in float32",
        expected: "a range of at most 8e37",
        found: "\(figures.low[column]) to \(figures.high[column])", remedy: "divide it by a constant")
    }
    return Scaling(
      method, low: figures.low, high: figures.high, mean: figures.mean,
      variance: figures.squares.map { $0 / Double(figures.rows) })
  }
}

/// Smallest, largest, mean and sum of squared differences from it, of every column, portion by portion.
struct ColumnFigures {
  private let columns: Int
  private(set) var rows = 0
  private(set) var low: [Float]
  private(set) var high: [Float]
  private(set) var mean: [Double]
  private(set) var squares: [Double]

  init(columns: Int) {
    self.columns = columns
    low = [Float](repeating: .infinity, count: columns)
    high = [Float](repeating: -.infinity, count: columns)
    mean = [Double](repeating: 0, count: columns)
    squares = mean
  }

  /// Takes in rows of a portion, `[..., columns]`, all finite.
  mutating func add(_ values: UnsafePointer<Float>, rows portion: some Collection<Int>) {
    if portion.isEmpty { return }
    let (before, added) = (Double(rows), Double(portion.count))
    var sums = [Double](repeating: 0, count: columns)
    for row in portion {
      for column in 0..<columns {
        let value = values[row * columns + column]
        low[column] = min(low[column], value)
        high[column] = max(high[column], value)
        sums[column] += Double(value)
      }
    }
    let means = sums.map { $0 / added }
    var differences = [Double](repeating: 0, count: columns)
    for row in portion {
      for column in 0..<columns {
        let difference = Double(values[row * columns + column]) - means[column]
        differences[column] += difference * difference
      }
    }
    rows += portion.count
    for column in 0..<columns {
      let step = means[column] - mean[column]
      squares[column] += differences[column] + step * step * before * added / (before + added)
      mean[column] += step * added / (before + added)
    }
  }
}
