/// An array of numbers as a file holds it: what NPY and IDX have in common. Read once, from front to end.
struct NumberTable {
  /// What errors call it.
  let place: String
  let type: NumberType
  /// Extents, as the array's maker counts them: rows first.
  let shape: [Int]
  /// Whether the first extent runs fastest (Fortran's order).
  let isColumnMajor: Bool
  private let stream: ByteStream
  /// The numbers once more, from the first on.
  private let reopen: () throws -> ByteStream

  private static let portion = 1 << 16

  /// - Parameters:
  ///   - stream: stands at the first number.
  ///   - remaining: bytes that it still holds, if that is known.
  ///   - reopen: gives a stream that stands there again.
  /// - Throws: `DatasetError`: `noRows`, `shape`, and `damagedFile` where the numbers cannot be there.
  init(
    _ stream: ByteStream, at place: String, type: NumberType, shape: [Int], isColumnMajor: Bool = false,
    remaining: Int? = nil, reopen: @escaping () throws -> ByteStream
  ) throws {
    self.reopen = reopen
    self.place = place
    self.type = type
    self.shape = shape
    self.isColumnMajor = isColumnMajor
    self.stream = stream
    guard let rows = shape.first else {
      throw DatasetError(.shape, at: place, "no rows of numbers", expected: "shape [rows, ...]", found: "one number")
    }
    var bytes = type.size
    for extent in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow, extent <= stream.bound else { throw impossible("shape \(shape)") }
      bytes = product
    }
    guard remaining.map({ $0 == bytes }) ?? (bytes <= stream.bound) else {
      throw impossible("shape \(shape) of \(type), \(bytes) bytes")
    }
    if rows == 0 { throw DatasetError(.noRows, at: place, "the dataset has no rows") }
    if bytes == 0 {
      throw DatasetError(.shape, at: place, "no rows of numbers", expected: "shape [rows, ...]", found: "\(shape)")
    }
    try checkMemory(
      numbers: bytes / type.size, type.storage, at: place, rows: rows, columns: bytes / type.size / rows)
  }

  var rows: Int { shape[0] }
  /// Numbers in one row.
  var columns: Int { shape.dropFirst().reduce(1, *) }

  private func impossible(_ found: String) -> DatasetError {
    DatasetError(
      .damagedFile, at: place, "the file cannot hold what its header promises", expected: "the size of the file",
      found: found, remedy: "is the file complete?")
  }

  /// Extents of one sample: of one extent, each number is a sample.
  var sampleShape: [Int] { shape.count == 1 ? [1] : Array(shape.dropFirst()) }

  /// The rows of `range`, row-major, held as narrow as the type allows. Reads the whole table, to its checksum.
  func values(_ range: Range<Int>) throws -> FieldValues {
    switch type.storage {
    case .floats: .floats(try floats(range))
    case .bytes: .bytes(try ordered(range, 0) { type.copy($0, into: $1) })
    case .integers: .integers(try ordered(range, 0) { type.decode($0, into: $1) })
    }
  }

  /// The rows of `range`, row-major, as floats. Reads the whole table, to its checksum.
  func floats(_ range: Range<Int>) throws -> [Float] { try ordered(range, 0) { type.decode($0, into: $1) } }

  /// All whole numbers, row-major.
  func integers() throws -> [Int64] { try ordered(0..<rows, 0) { type.decode($0, into: $1) } }

  private func ordered<Number>(
    _ range: Range<Int>, _ zero: Number, _ decode: (UnsafeRawBufferPointer, UnsafeMutablePointer<Number>) -> Void
  ) throws -> [Number] {
    if isColumnMajor && shape.count > 1 {
      let all = rowMajor(try decoded(0..<rows * columns, decode), zero)
      return range == 0..<rows ? all : Array(all[range.lowerBound * columns..<range.upperBound * columns])
    }
    return try decoded(range.lowerBound * columns..<range.upperBound * columns, decode)
  }

  /// Decodes the numbers `wanted`, counted as they stand in the file, portion by portion.
  private func decoded<Number>(
    _ wanted: Range<Int>, _ decode: (UnsafeRawBufferPointer, UnsafeMutablePointer<Number>) -> Void
  ) throws -> [Number] {
    let total = rows * columns
    var raw = [UInt8](repeating: 0, count: min(total, NumberTable.portion) * type.size)
    let numbers = try [Number](unsafeUninitializedCapacity: wanted.count) { buffer, initialized in
      var position = 0
      while position < total {
        // Portions end where the wanted numbers begin and end.
        var end = min(position + NumberTable.portion, total)
        for edge in [wanted.lowerBound, wanted.upperBound] where position < edge { end = min(end, edge) }
        try raw.withUnsafeMutableBytes {
          let part = UnsafeMutableRawBufferPointer(rebasing: $0[..<((end - position) * type.size)])
          try stream.read(part)
          if wanted.contains(position), let base = buffer.baseAddress {
            decode(UnsafeRawBufferPointer(part), base + (position - wanted.lowerBound))
          }
        }
        position = end
      }
      initialized = wanted.count
    }
    try stream.expectEnd()
    return numbers
  }

  /// Reads numbers of some columns again, less an origin each: calls `body` with row (counted within `range`), place of the
  /// column in `wanted`, and difference.
  func eachDifference(
    _ range: Range<Int>, _ wanted: [Int], _ origins: [Double], _ body: (Int, Int, Double) -> Void
  ) throws {
    let stream = try reopen()
    let total = rows * columns
    var places = [Int](repeating: -1, count: columns)
    for (index, column) in wanted.enumerated() { places[column] = index }
    if isColumnMajor { places = columnsInFileOrder.map { places[$0] } }
    func place(_ position: Int) -> Int { places[isColumnMajor ? position / rows : position % columns] }
    var raw = [UInt8](repeating: 0, count: min(total, NumberTable.portion) * type.size)
    for first in stride(from: 0, to: total, by: NumberTable.portion) {
      try raw.withUnsafeMutableBytes {
        let count = min(NumberTable.portion, total - first)
        let part = UnsafeMutableRawBufferPointer(rebasing: $0[..<(count * type.size)])
        try stream.read(part)
        type.eachDifference(UnsafeRawBufferPointer(part)) { index in
          let column = place(first + index)
          return column < 0 ? 0 : origins[column]
        } _: { index, difference in
          let row = isColumnMajor ? (first + index) % rows : (first + index) / columns
          let column = place(first + index)
          if column >= 0, range.contains(row) { body(row - range.lowerBound, column, difference) }
        }
      }
    }
  }

  /// Columns of a row-major table, in the order in which a column-major one stores them.
  private var columnsInFileOrder: [Int] {
    let extents = Array(shape.dropFirst())
    var index = [Int](repeating: 0, count: extents.count)
    return (0..<columns).map { _ in
      let column = zip(index, extents).reduce(0) { $0 * $1.1 + $1.0 }
      for axis in extents.indices {
        index[axis] += 1
        if index[axis] < extents[axis] { break }
        index[axis] = 0
      }
      return column
    }
  }

  private func rowMajor<Number>(_ values: [Number], _ zero: Number) -> [Number] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    var output = [Number](repeating: zero, count: values.count)
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for value in values {
      output[place] = value
      for axis in shape.indices {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= index[axis] * strides[axis]
        index[axis] = 0
      }
    }
    return output
  }
}

/// - Throws: `DatasetError` `nonFinite` at the first value that is NaN or infinite; rows count from `firstRow`.
func requireFinite(_ values: [Float], columns: Int, firstRow: Int, at place: String) throws {
  guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
  throw nonFiniteValue(values[index], row: firstRow + index / columns, column: index % columns, at: place)
}

func nonFiniteValue(_ value: Float, row: Int, column: Int, at place: String) -> DatasetError {
  DatasetError(
    .nonFinite(row: row, column: column), at: place, "row \(row), column \(column) is no finite number",
    found: "\(value)",
    remedy: value.isNaN
      ? "remove the row or fill the gap (rows and columns count from 0)"
      : "float32 holds \(FeatureOrigins.range): remove the row, or \(FeatureOrigins.rangeRemedy) (rows and columns count from 0)"
  )
}

extension InMemorySource {
  /// Samples of tables, a row of each for one.
  ///
  /// - Parameter tables: one for each input.
  /// - Throws: `DatasetError`.
  init(
    inputs: InputArrays, tables: [NumberTable], targets: NumberTable?, lengths: InputLengths = .none, rows: RowRange,
    options: ReadOptions
  ) throws {
    let first = tables[0]
    for (table, what) in tables.map({ ($0, "inputs") }) + (targets.map { [($0, "features and targets")] } ?? [])
    where table.rows != first.rows {
      throw DatasetError(
        .shape, at: table.place, "\(what) differ in rows", expected: "\(first.rows) rows, as \(first.place) has",
        found: "\(table.rows)")
    }
    let range = try rows.resolved(count: first.rows, at: first.place)
    let (targetValues, kind) =
      try targets.map { try $0.targets(range, lengths.ofTargets($0.sampleShape), options) } ?? (.floats([]), .values)
    let kinds = tables.map {
      InputKind(isNamed: inputs.areNamed, isInteger: $0.type.isInteger, size: $0.type.size, shape: $0.shape)
    }
    try options.requireOrigins(
      columns: zip(tables, kinds).reduce(0) { $1.1 == .values ? $0 + $1.0.columns : $0 }, at: first.place)
    var (fields, values, warnings) = ([SampleSchema.Field](), [FieldValues](), [String]())
    var origins: [(FeatureOrigins, Int)] = []
    for (number, table) in tables.enumerated() {
      var (numbers, kind) = (FieldValues.floats([]), SampleSchema.Kind.values)
      switch kinds[number] {
      case .categories: (numbers, kind) = try table.categories(range, lengths[number])
      case .values:
        numbers = try table.values(range)
        lengths[number]?.clear(&numbers, from: range.lowerBound, columns: table.columns)
        let first = origins.reduce(0) { $0 + $1.1 }
        let rule = inputs.areNamed ? options.origins.part(first..<first + table.columns) : options.origins
        let settled = try table.reading(range, numbers).settle(&numbers, rule)
        origins.append((settled.origins, table.columns))
        warnings += settled.warnings
        if !settled.origins.isEmpty { lengths[number]?.clear(&numbers, from: range.lowerBound, columns: table.columns) }
        if options.nonFinite == .refuse, case .floats(let floats) = numbers {
          try requireFinite(floats, columns: table.columns, firstRow: range.lowerBound, at: table.place)
        }
      }
      let name = inputs.areNamed ? inputs.inputs[number].name : SampleSchema.features
      fields.append(SampleSchema.Field(name, shape: table.sampleShape, kind: kind))
      values.append(numbers)
    }
    let masks = lengths.masks(of: fields, range)
    self.init(
      SampleSchema(inputs: fields + masks.fields, targetShape: targets?.sampleShape ?? [], targetKind: kind),
      inputs: values + masks.values, targets: targetValues, origins: FeatureOrigins(joining: origins),
      warnings: warnings)
  }
}

extension NumberTable {
  /// Targets of some rows, and what they are.
  fileprivate func targets(
    _ range: Range<Int>, _ lengths: RowLengths?, _ options: ReadOptions
  ) throws -> (FieldValues, TargetKind) {
    if type.isInteger, columns == 1 {
      let whole = try WholeNumberTargets(integers().map { Double($0) }, role: options.targets, at: place)
      let (values, kind) = whole.targets(range)
      return (.floats(values), kind)
    }
    if type.isInteger, options.targets == .classes {
      var found = WholeNumberTargets.WholeNumberRange(columns: columns)
      var labels = try integers()
      lengths?.clear(&labels, from: 0, columns: columns)
      for label in labels { found.add(Double(label)) }
      let (kind, meaning) = try found.targets(names: [], role: options.targets, at: place)
      let part = labels[range.lowerBound * columns..<range.upperBound * columns]
      if meaning != .itself { return (.floats(part.map { meaning.target(Float($0)) }), kind) }
      return (type.storage == .bytes ? .bytes(part.map { UInt8($0) }) : .integers(part.map { Int32($0) }), kind)
    }
    var numbers = try values(range)
    lengths?.clear(&numbers, from: range.lowerBound, columns: columns)
    if options.nonFinite == .refuse, case .floats(let floats) = numbers {
      try requireFinite(floats, columns: columns, firstRow: range.lowerBound, at: place)
    }
    return (numbers, .values)
  }

  /// Category numbers of some rows, and how many categories the whole table has.
  fileprivate func categories(
    _ range: Range<Int>, _ lengths: RowLengths?
  ) throws -> (FieldValues, SampleSchema.Kind) {
    var found = CategoryRange()
    var numbers = try integers()
    lengths?.clear(&numbers, from: 0, columns: columns)
    try found.add(numbers, columns: columns, at: place)
    let part = numbers[range.lowerBound * columns..<range.upperBound * columns]
    return (.integers(part.map { Int32($0) }), found.kind)
  }

  /// - Parameter numbers: the rows, which narrow numbers are exactly.
  fileprivate func reading(_ range: Range<Int>, _ numbers: FieldValues) -> FeatureReading {
    guard type.isWiderThanFloat else {
      return FeatureReading(of: numbers, columns: columns, place: place, firstRow: range.lowerBound)
    }
    return FeatureReading(
      columns: columns, names: [], place: place, firstRow: range.lowerBound, exact: type.isInteger ? 0x1p24 : 0
    ) { try eachDifference(range, $0, $1, $2) }
  }
}
