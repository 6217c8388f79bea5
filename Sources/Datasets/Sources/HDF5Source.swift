internal import HDF5Storage

/// Samples in an HDF5 file: one dataset for each input, one of targets, a row of each for a sample.
///
/// Features may be numbers of any type, and have any shape of samples; of one extent, each number is a sample.
/// Strings beside the features, in a dataset of their name and `_columns` (`/data/x_columns`), name the numbers of a row.
/// Inputs that are given by name are fields of these names; what their numbers are, says `InputKind`.
/// Whole-number targets in one column are classes 0..<count (counted over the whole file, see `WholeNumberTargets`; named by
/// the attribute `classes` of the targets, if there is one); in several they are where the loss needs classes. All other
/// targets are values.
public struct HDF5Source: Sendable, Hashable {
  public var path: String
  /// Paths of the inputs in the file.
  public var inputs: InputArrays
  /// Path of the targets in the file; nil for features alone.
  public var targets: String?
  public var rows: RowRange
  /// What samples are windows of; nil: each row is one.
  public var windows: SeriesWindows?
  /// Datasets that say how many positions of a row count; nil: all do.
  public var lengths: LengthArrays?
  /// Dataset of what each row counts for; nil: each for 1.
  public var weights: String?

  public init(
    path: String, features: String = "/data/x", targets: String? = "/data/y", rows: RowRange = RowRange()
  ) {
    self.init(path: path, inputs: InputArrays(features), targets: targets, rows: rows)
  }

  public init(path: String, inputs: InputArrays, targets: String? = "/data/y", rows: RowRange = RowRange()) {
    self.path = path
    self.inputs = inputs
    self.targets = targets
    self.rows = rows
  }

  /// Reads the rows into memory.
  ///
  /// - Throws: `DatasetError`.
  public func load(_ options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    do {
      return try read(options)
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  /// The datasets, found and looked at but not read.
  struct Opened {
    let file: HDF5File
    /// One for each input.
    let inputs: [HDF5Dataset]
    let areNamed: Bool
    let y: HDF5Dataset?
    let range: Range<Int>
    /// Columns of the first input that are the features, in order, and their names; nil: all.
    let match: ColumnMatch
    /// What the loss makes of the targets; nil: not known.
    let role: TargetRole?

    var x: HDF5Dataset { inputs[0] }

    /// Extents of one sample of an input.
    func shape(ofInput number: Int) -> [Int] {
      if number == 0, let columns = match.columns { return [columns.count] }
      return inputs[number].sampleShape
    }
    /// Numbers of a sample of an input.
    func columns(ofInput number: Int) -> Int { shape(ofInput: number).reduce(1, *) }
    var columns: Int { columns(ofInput: 0) }

    func kind(ofInput number: Int) -> InputKind {
      let x = inputs[number]
      return InputKind(
        isNamed: areNamed, isInteger: x.elementClass == .integer, size: x.elementSize, shape: x.shape)
    }

    /// A second look at an input.
    ///
    /// - Parameter numbers: the rows, which narrow numbers are exactly.
    func reading(ofInput number: Int = 0, at place: String, _ numbers: FieldValues) -> FeatureReading {
      let x = inputs[number]
      let columns = columns(ofInput: number)
      guard x.isWiderThanFloat else {
        return FeatureReading(of: numbers, columns: columns, place: place, firstRow: range.lowerBound)
      }
      return FeatureReading(
        columns: columns, names: match.names, place: place, firstRow: range.lowerBound,
        exact: x.elementClass == .integer ? 0x1p24 : 0
      ) { try x.eachDifference(range, number == 0 ? match.places(of: $0) : $0, $1, $2) }
    }

    /// Extents of a sample's targets; empty: there are none.
    var targetShape: [Int] { y?.sampleShape ?? [] }

    /// Whether the targets are class numbers.
    var hasClasses: Bool {
      y.map { $0.elementClass == .integer && ($0.rowCount == 1 || role == .classes) } ?? false
    }
  }

  func open(_ options: ReadOptions) throws -> Opened {
    let file = try HDF5File(readingAt: path)
    let all = try inputs.arrays.map { try numbers($0, in: file) }
    let x = all[0]
    if let other = all.first(where: { $0.shape[0] != x.shape[0] }) {
      throw DatasetError(
        .shape, at: place(other), "inputs differ in rows", expected: "\(x.shape[0]) rows, as \(x.path) has",
        found: "\(other.shape[0])")
    }
    let y = try targets.map { try numbers($0, in: file) }
    if let y, y.shape[0] != x.shape[0] {
      throw DatasetError(
        .shape, at: place(y), "features and targets differ in rows", expected: "\(x.shape[0]) rows, as \(x.path) has",
        found: "\(y.shape[0])")
    }
    let match = try ColumnMatch(
      known: options.featureNames, found: inputs.areNamed ? [] : try HDF5Source.columnNames(x), at: place(x))
    return Opened(
      file: file, inputs: all, areNamed: inputs.areNamed, y: y,
      range: try rows.resolved(count: x.shape[0], at: place(x)), match: match, role: options.targets)
  }

  private func read(_ options: ReadOptions) throws -> InMemorySource {
    let opened = try open(options)
    let range = opened.range
    try options.requireOrigins(columns: opened.valueColumns, at: place(opened.x))
    let lengths = try inputLengths(opened)
    var (fields, values, warnings) = ([SampleSchema.Field](), [FieldValues](), [String]())
    var origins: [(FeatureOrigins, Int)] = []
    for (number, input) in inputs.inputs.enumerated() {
      let x = opened.inputs[number]
      let columns = opened.columns(ofInput: number)
      var (numbers, kind) = (FieldValues.floats([]), SampleSchema.Kind.values)
      switch opened.kind(ofInput: number) {
      case .categories: (numbers, kind) = try categories(x, range, lengths[number])
      case .values:
        numbers = try self.values(x, range, opened, number)
        lengths[number]?.clear(&numbers, from: range.lowerBound, columns: columns)
        let first = origins.reduce(0) { $0 + $1.1 }
        let settled = try opened.reading(ofInput: number, at: place(x), numbers)
          .settle(&numbers, inputs.areNamed ? options.origins.part(first..<first + columns) : options.origins)
        origins.append((settled.origins, columns))
        warnings += settled.warnings
        if !settled.origins.isEmpty { lengths[number]?.clear(&numbers, from: range.lowerBound, columns: columns) }
        if options.nonFinite == .refuse, case .floats(let floats) = numbers {
          try requireFinite(floats, columns: columns, firstRow: range.lowerBound, at: place(x))
        }
      }
      fields.append(SampleSchema.Field(input.name, shape: opened.shape(ofInput: number), kind: kind))
      values.append(numbers)
    }
    var (targetValues, kind) = (FieldValues.floats([]), TargetKind.values)
    if let y = opened.y {
      (targetValues, kind) = try self.targets(
        y, range, hasClasses: opened.hasClasses, lengths.ofTargets(opened.targetShape), options)
    }
    let weights = opened.y == nil ? [] : try rowWeights(opened, options)
    try opened.file.close()
    let masks = lengths.masks(of: fields, range)
    return InMemorySource(
      SampleSchema(inputs: fields + masks.fields, targetShape: opened.targetShape, targetKind: kind),
      inputs: values + masks.values, targets: targetValues, weights: weights,
      featureNames: masks.fields.isEmpty ? opened.match.names : [], origins: FeatureOrigins(joining: origins),
      warnings: warnings)
  }

  /// Numbers of an input, held as narrow as its type allows.
  private func values(
    _ x: HDF5Dataset, _ range: Range<Int>, _ opened: Opened, _ number: Int
  ) throws -> FieldValues {
    let storage = opened.match.columns == nil ? x.storage : .floats
    try checkMemory(x, range, storage)
    switch storage {
    case .bytes: return .bytes(try x.readRows(range))
    case .integers: return .integers(try x.readRows(range))
    case .floats:
      let floats: [Float] = try x.readRows(range)
      return .floats(number == 0 ? opened.match.selected(floats, of: x.rowCount) : floats)
    }
  }

  /// Category numbers of some rows, and how many categories the whole dataset has.
  private func categories(
    _ x: HDF5Dataset, _ range: Range<Int>, _ lengths: RowLengths?
  ) throws -> (FieldValues, SampleSchema.Kind) {
    try checkMemory(x, range, .integers)
    var found = CategoryRange()
    var numbers: [Int32] = []
    numbers.reserveCapacity(range.count * x.rowCount)
    try x.eachPortion { rows, labels in
      var labels = labels
      lengths?.clear(&labels, from: rows.lowerBound, columns: x.rowCount)
      try found.add(labels, columns: x.rowCount, at: place(x))
      let part = rows.clamped(to: range)
      let start = rows.lowerBound
      if part.isEmpty { return }
      for index in (part.lowerBound - start) * x.rowCount..<(part.upperBound - start) * x.rowCount {
        numbers.append(Int32(labels[index]))
      }
    }
    return (.integers(numbers), found.kind)
  }

  /// What the rows that are used count for; empty: each for 1.
  private func rowWeights(_ opened: Opened, _ options: ReadOptions) throws -> [Float] {
    guard let weights else { return [] }
    let dataset = try numbers(weights, in: opened.file)
    guard dataset.rowCount == 1, dataset.shape[0] == opened.x.shape[0] else {
      throw DatasetError(
        .shape, at: place(dataset), "there is not one weight for each row", expected: "[\(opened.x.shape[0])]",
        found: "\(dataset.shape)")
    }
    let found: [Float] = try dataset.readRows(opened.range)
    try SampleWeights.check(
      found, firstRow: opened.range.lowerBound, options.nonFinite, at: place(dataset))
    return found
  }

  /// The lengths of the inputs that have some.
  private func inputLengths(_ opened: Opened) throws -> InputLengths {
    var found = InputLengths.none
    for (number, name) in try lengths?.numbered(inputs, at: path) ?? [] {
      let dataset = try numbers(name, in: opened.file)
      guard dataset.elementClass == .integer, dataset.rowCount == 1 else {
        throw DatasetError(
          .type, at: place(dataset), "these are no lengths", expected: "whole numbers, one a row",
          found: "\(dataset.elementClass) \(dataset.shape)")
      }
      found[number] = try RowLengths(
        dataset.read(), rows: opened.x.shape[0], shape: opened.shape(ofInput: number), at: place(dataset))
    }
    return found
  }

  func place(_ dataset: HDF5Dataset) -> String { "\(path): \(dataset.path)" }

  /// A dataset that has rows of numbers.
  private func numbers(_ name: String, in file: HDF5File) throws -> HDF5Dataset {
    let dataset = try file.root.dataset(name)
    guard dataset.elementClass == .integer || dataset.elementClass == .float else {
      throw DatasetError(
        .type, at: place(dataset), "not numbers", expected: "integers or floats", found: "\(dataset.elementClass)")
    }
    if dataset.shape.first == 0 { throw DatasetError(.noRows, at: place(dataset), "the dataset has no rows") }
    guard !dataset.shape.isEmpty && dataset.rowCount > 0 else {
      throw DatasetError(
        .shape, at: place(dataset), "no rows of numbers", expected: "shape [rows, ...]", found: "\(dataset.shape)")
    }
    return dataset
  }

  private func targets(
    _ dataset: HDF5Dataset, _ range: Range<Int>, hasClasses: Bool, _ lengths: RowLengths?, _ options: ReadOptions
  ) throws -> (FieldValues, TargetKind) {
    func cleared<Number: ExpressibleByIntegerLiteral>(_ numbers: [Number], from row: Int) -> [Number] {
      var numbers = numbers
      lengths?.clear(&numbers, from: row, columns: dataset.rowCount)
      return numbers
    }
    if hasClasses, dataset.rowCount == 1 {
      let names = try HDF5Source.classNames(dataset)
      let labels: [Int64] = try dataset.read()
      let (numbers, kind) = try WholeNumberTargets(labels, names: names, role: options.targets, at: place(dataset))
        .targets(range)
      return (.floats(numbers), kind)
    }
    let storage = dataset.storage
    try checkMemory(dataset, range, storage)
    var kind = TargetKind.values
    if hasClasses {
      var found = WholeNumberTargets.WholeNumberRange(columns: dataset.rowCount)
      try dataset.eachPortion { rows, labels in
        for label in cleared(labels, from: rows.lowerBound) { found.add(Double(label)) }
      }
      let meaning: WholeNumberTargets.Meaning
      (kind, meaning) = try found.targets(
        names: try HDF5Source.classNames(dataset), role: options.targets, at: place(dataset))
      if meaning != .itself {
        let numbers: [Float] = try dataset.readRows(range)
        return (.floats(cleared(numbers, from: range.lowerBound).map(meaning.target)), kind)
      }
    }
    switch storage {
    case .bytes: return (.bytes(cleared(try dataset.readRows(range), from: range.lowerBound)), kind)
    case .integers: return (.integers(cleared(try dataset.readRows(range), from: range.lowerBound)), kind)
    case .floats:
      let values: [Float] = cleared(try dataset.readRows(range), from: range.lowerBound)
      if options.nonFinite == .refuse {
        try requireFinite(values, columns: dataset.rowCount, firstRow: range.lowerBound, at: place(dataset))
      }
      return (.floats(values), kind)
    }
  }

  private func checkMemory(_ dataset: HDF5Dataset, _ range: Range<Int>, _ storage: FieldValues.Storage) throws {
    try Datasets.checkMemory(
      numbers: range.count * dataset.rowCount, storage, at: place(dataset), rows: range.count,
      columns: dataset.rowCount)
  }

  /// Where the names of the columns stand.
  public static func namesPath(of features: String) -> String { features + "_columns" }

  /// Names of the numbers of a row, from the strings beside the dataset; empty where there are none.
  static func columnNames(_ x: HDF5Dataset) throws -> [String] {
    let path = namesPath(of: x.path)
    guard x.shape.count == 2, try x.file.root.contains(path) else { return [] }
    guard let names = try? x.file.root.dataset(path), names.elementClass == .string else { return [] }
    guard names.count == x.rowCount else {
      throw DatasetError(
        .shape, at: "\(x.file.name): \(path)", "there are not as many names as columns",
        expected: "\(x.rowCount)", found: "\(names.count)")
    }
    return try names.readStrings()
  }

  static func classNames(_ dataset: HDF5Dataset) throws -> [String] {
    try dataset.hasAttribute("classes") ? dataset.stringsAttribute("classes") : []
  }
}

extension HDF5Source.Opened {
  /// Columns of an input among those of all quantities.
  func valueRange(ofInput number: Int) -> Range<Int> {
    let first = (0..<number).reduce(0) { kind(ofInput: $1) == .values ? $0 + columns(ofInput: $1) : $0 }
    return first..<first + columns(ofInput: number)
  }

  /// Numbers of a sample's quantities.
  var valueColumns: Int {
    inputs.indices.reduce(0) { kind(ofInput: $1) == .values ? $0 + columns(ofInput: $1) : $0 }
  }
}

extension HDF5Dataset {
  /// Extents of one sample: of one extent, each number is a sample.
  var sampleShape: [Int] { shape.count == 1 ? [1] : Array(shape.dropFirst()) }

  /// How its numbers can be held so that none changes.
  var storage: FieldValues.Storage {
    guard elementClass == .integer else { return .floats }
    if isUnsigned { return elementSize == 1 ? .bytes : elementSize == 2 ? .integers : .floats }
    return elementSize == 2 || elementSize == 4 ? .integers : .floats
  }

  /// Calls `body` with whole numbers of all rows, portion by portion.
  func eachPortion(_ body: (Range<Int>, [Int64]) throws -> Void) throws {
    let stored = max(1, min(chunkShape?.first ?? 1, shape[0]))
    let portion = max(1, (1 << 18) / rowCount / stored) * stored
    for first in stride(from: 0, to: shape[0], by: portion) {
      let rows = first..<min(first + portion, shape[0])
      try body(rows, try readRows(rows))
    }
  }

  /// Whether a number may have digits that float32 has not.
  var isWiderThanFloat: Bool { elementClass == .float ? elementSize > 4 : elementSize >= 4 }

  /// Reads numbers of some columns as doubles, less an origin each: calls `body` with row (counted within `range`), place of
  /// the column in `wanted`, and difference, which of whole numbers is exact.
  func eachDifference(
    _ range: Range<Int>, _ wanted: [Int], _ origins: [Double], _ body: (Int, Int, Double) -> Void
  ) throws {
    let stored = max(1, min(chunkShape?.first ?? 1, shape[0]))
    let portion = max(1, (1 << 18) / rowCount / stored) * stored
    var first = range.lowerBound
    while first < range.upperBound {
      let rows = first..<min(range.upperBound, (first + portion) / stored * stored)
      let part = rows.isEmpty ? first..<range.upperBound : rows
      let doubles: [Double] = try readRows(part)
      // Whole numbers beyond an Int64 are doubles; HDF5 would cut them off.
      let isWhole = elementClass == .integer && doubles.allSatisfy { abs($0) < 0x1p62 }
      let integers: [Int64] = isWhole ? try readRows(part) : []
      for row in 0..<part.count {
        for (place, column) in wanted.enumerated() {
          let index = row * rowCount + column
          body(
            part.lowerBound - range.lowerBound + row, place,
            isWhole ? difference(integers[index], origins[place]) : doubles[index] - origins[place])
        }
      }
      first = part.upperBound
    }
  }
}
