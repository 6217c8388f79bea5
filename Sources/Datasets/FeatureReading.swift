/// A second look at features whose floats have lost digits: the file is read again for these columns, in Double.
struct FeatureReading {
  let columns: Int
  /// Empty where the source has none.
  let names: [String]
  /// What messages call the features.
  let place: String
  /// Number of the first row in the file, for messages.
  let firstRow: Int
  /// Floats up to this size stand for themselves; 0: none is known to.
  let exact: Float
  /// Columns that are known to be exact, whatever their size; nil: none is known.
  var exactColumns: [Bool]?
  /// Reads the given columns from the file again and calls the body with row (from 0), place in the list, and the
  /// difference from the origin given for the column, which of whole numbers is exact.
  let each: (_ columns: [Int], _ origins: [Double], _ body: (Int, Int, Double) -> Void) throws -> Void

  /// Of a source whose numbers floats hold exactly: only their range may be too large.
  ///
  /// - Parameter numbers: `[rows, columns]`.
  init(of numbers: FieldValues, columns: Int, place: String, firstRow: Int) {
    self.init(
      columns: columns, names: [], place: place, firstRow: firstRow, exact: 0,
      exactColumns: [Bool](repeating: true, count: columns)
    ) { wanted, origins, body in
      let floats = numbers.floats
      for row in 0..<floats.count / columns {
        for (index, column) in wanted.enumerated() {
          body(row, index, Double(floats[row * columns + column]) - origins[index])
        }
      }
    }
  }

  init(
    columns: Int, names: [String], place: String, firstRow: Int, exact: Float, exactColumns: [Bool]? = nil,
    each: @escaping ([Int], [Double], (Int, Int, Double) -> Void) throws -> Void
  ) {
    self.columns = columns
    self.names = names
    self.place = place
    self.firstRow = firstRow
    self.exact = exact
    self.exactColumns = exactColumns
    self.each = each
  }

  /// Replaces what rounding has spoiled, or says so.
  ///
  /// - Parameter features: read and overwritten, `[rows, columns]`: the values as floats.
  /// - Returns: where features are measured from now, and what is to be said.
  /// - Throws: `DatasetError`, and what `each` throws.
  func settle(
    _ features: inout [Float], _ rule: OriginRule
  ) throws -> (origins: FeatureOrigins, warnings: [String]) {
    if case .given(let origins) = rule {
      guard origins.isEmpty || origins.origin.count == columns else {
        throw DatasetError(
          .shape, at: place, "the run was trained on other features", expected: "\(origins.origin.count) of them",
          found: "\(columns)")
      }
      try replace(&features, origins)
      return (origins, [])
    }
    let ranges = try self.ranges(of: suspects(features))
    if rule == .asWritten { return (.none, warnings(ranges)) }
    let origins = FeatureReading.origins(ranges, columns: columns, digitsAlone: rule == .digits)
    try replace(&features, origins)
    return (origins, [])
  }

  /// The same of numbers that may be held as bytes or whole numbers: they stay so where no origin is given to them.
  func settle(
    _ values: inout FieldValues, _ rule: OriginRule
  ) throws -> (origins: FeatureOrigins, warnings: [String]) {
    var given = FeatureOrigins.none
    if case .given(let origins) = rule { given = origins }
    // Bytes lose nothing, and their squares are small.
    if case .bytes = values, given.isEmpty { return (.none, []) }
    var floats = values.floats
    if case .floats = values { values = .floats([]) }  // the array is changed where it stands
    let settled = try settle(&floats, rule)
    if values.count == 0 || !settled.origins.isEmpty { values = .floats(floats) }
    return settled
  }

  /// Ranges of some columns.
  func ranges(of columns: [Int]) throws -> [(column: Int, range: FeatureRange)] {
    if columns.isEmpty { return [] }
    var ranges = [FeatureRange](repeating: FeatureRange(), count: columns.count)
    try each(columns, [Double](repeating: 0, count: columns.count)) { _, index, value in ranges[index].add(value) }
    return zip(columns, ranges).map { ($0, $1) }
  }

  /// - Parameter digitsAlone: whether ranges beyond float32's middle are left as they are.
  static func origins(
    _ ranges: [(column: Int, range: FeatureRange)], columns: Int, digitsAlone: Bool = false
  ) -> FeatureOrigins {
    var (origin, unit) = ([Double](repeating: 0, count: columns), [Double](repeating: 1, count: columns))
    for (column, range) in ranges {
      if let found = digitsAlone ? range.digitsOrigin : range.origin { (origin[column], unit[column]) = found }
    }
    return FeatureOrigins(origin: origin, unit: unit)
  }

  private func suspects(_ features: [Float]) -> [Int] {
    var bounds = FloatBounds(columns: columns)
    features.withUnsafeBufferPointer { bounds.add($0) }
    return suspects(bounds)
  }

  /// Columns whose floats do not rule out that they lose digits.
  func suspects(_ bounds: FloatBounds) -> [Int] {
    (0..<columns).filter { column in
      let (low, high) = (bounds.low[column], bounds.high[column])
      if !bounds.isFinite[column] { return true }
      if let exactColumns, exactColumns[column] {
        // Exact, but perhaps too large or small for sums of squares.
        let range = Double(high) - Double(low)
        return range > 0x1p125 || range > 0 && range < 0x1p-109
      }
      return FeatureRange.isSuspect(low: low, high: high, exact: exact)
    }
  }

  private func replace(_ features: inout [Float], _ origins: FeatureOrigins) throws {
    if origins.isEmpty { return }
    let wanted = origins.columns
    try features.withUnsafeMutableBufferPointer { features in
      try each(wanted, wanted.map { origins.origin[$0] }) { row, index, difference in
        let column = wanted[index]
        features[row * columns + column] = Float(difference / origins.unit[column])
      }
    }
  }

  private func warnings(_ ranges: [(column: Int, range: FeatureRange)]) -> [String] {
    let spoiled = ranges.filter { $0.range.losesDigits && !$0.range.isBeyondFloat }
    let few = spoiled.prefix(3).map { column, range in
      let name = names.isEmpty ? "column \(column)" : "`\(names[column])`"
      return
        "\(place): \(name) loses digits in float32: its values differ by \(shortest(range.high - range.low)) around "
        + "\(shortest(range.high)), and are rounded to steps of \(shortest(Double(Float(range.high).ulp))); say scaling: "
        + "standard or min_max, which measure it from its smallest value, or subtract a constant"
    }
    return few + (spoiled.count > 3 ? ["\(place): the same of \(spoiled.count - 3) more columns"] : [])
  }

  private func shortest(_ value: Double) -> String { "\(Float(value))" }
}

/// Smallest and largest float of every column.
struct FloatBounds {
  private(set) var low: [Float]
  private(set) var high: [Float]
  private(set) var isFinite: [Bool]

  init(columns: Int) {
    low = [Float](repeating: .infinity, count: columns)
    high = [Float](repeating: -.infinity, count: columns)
    isFinite = [Bool](repeating: true, count: columns)
  }

  /// Takes in whole rows.
  mutating func add(_ features: UnsafeBufferPointer<Float>) {
    let columns = low.count
    for start in stride(from: 0, to: features.count, by: columns) {
      for column in 0..<columns {
        let value = features[start + column]
        if value < low[column] { low[column] = value }
        if value > high[column] { high[column] = value }
        if !value.isFinite { isFinite[column] = false }
      }
    }
  }
}
