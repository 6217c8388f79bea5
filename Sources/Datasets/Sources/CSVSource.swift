/// A column of a CSV file.
public enum CSVColumn: Sendable, Hashable, CustomStringConvertible {
  case name(String)
  /// From 1, as spreadsheets and error messages count.
  case number(Int)

  public var description: String {
    switch self {
    case .name(let name): "`\(name)`"
    case .number(let number): "\(number)"
    }
  }
}

extension CSVColumn {
  /// As recipes say it: a number from 1, or a name.
  init(_ text: String) { self = Int(text).map { .number($0) } ?? .name(text) }
}

/// Samples in a CSV file (RFC 4180, UTF-8): a line for each, columns of numbers, some of them targets.
///
/// One target column of whole numbers is classes 0..<count (counted over the whole file; see `WholeNumberTargets`); of
/// texts, classes named by them, in the order of their names; of other numbers, values. Several target columns are values.
/// A file in gzip is unpacked.
public struct CSVSource: Sendable, Hashable {
  public var path: String
  /// Empty for features alone.
  public var targets: [CSVColumn]
  /// Whether the first line names the columns.
  public var header: Bool
  /// One ASCII character.
  public var delimiter: Character
  public var rows: RowRange
  /// Columns that are features, in this order; empty: all that are no targets, or with windows all but that of the groups.
  public var features: [CSVColumn] = []
  /// What samples are windows of; nil: each row is one.
  public var windows: SeriesWindows?
  /// What stands before a number's decimals: a point or a comma.
  public var decimal: Character = "."
  /// Columns that are neither features nor targets: the groups of a split.
  public var ignored: [CSVColumn] = []
  /// Column of what each row counts for; nil: each for 1. It is no feature.
  public var weights: CSVColumn?
  /// What columns are, where a recipe says so.
  public var columns: [DeclaredColumn] = []
  /// Cells that mean that nothing is known, beside empty ones; nil: the usual words.
  public var missingValues: [String]?

  public init(
    path: String, targets: [CSVColumn], header: Bool = true, delimiter: Character = ",", rows: RowRange = RowRange()
  ) {
    self.path = path
    self.targets = targets
    self.header = header
    self.delimiter = delimiter
    self.rows = rows
  }

  /// Reads the rows into memory, each as a sample.
  ///
  /// - Throws: `DatasetError`, placed at file:line:column.
  public func load(_ options: ReadOptions = ReadOptions()) throws -> InMemorySource { try loadRows(options).rows }

  /// The same, and which series each row belongs to, where there are windows by groups.
  func loadRows(_ options: ReadOptions) throws -> (rows: InMemorySource, groups: RowGroups?) {
    try withReader { try read($0, options) }
  }

  /// Runs `body` with a reader that stands at the file's beginning.
  func withReader<Result>(_ body: (CSVReader) throws -> Result) throws -> Result {
    guard let byte = delimiter.asciiValue, byte != UInt8(ascii: "\""), byte != 10, byte != 13 else {
      throw DatasetError(
        .arguments, at: path, "no delimiter", expected: "one ASCII character, no quote or line end",
        found: "`\(delimiter)`")
    }
    guard decimal != delimiter, let point = decimal.asciiValue else {
      throw DatasetError(
        .arguments, at: path, "cells cannot be told from decimals", expected: "another delimiter than decimal sign",
        found: "`\(delimiter)` as both", remedy: "say delimiter: \";\", or what the file has")
    }
    return try TextFile.withBytes(of: path) { bytes, file in
      try body(
        CSVReader(
          bytes, file: file, path: path, delimiter: byte, decimal: point,
          missing: missingValues.map { CSVMissing($0) } ?? .usual))
    }
  }

  private func read(
    _ start: CSVReader, _ options: ReadOptions
  ) throws -> (rows: InMemorySource, groups: RowGroups?) {
    var reader = start
    guard try reader.next() else { throw DatasetError(.noRows, at: path, "the file is empty") }
    let width = reader.cells.count
    let names = header ? try reader.cells.map { try reader.text($0).trimmingBlanks } : []
    // Stands before the first row of data.
    let rowsStart = header ? reader : start
    reader = rowsStart
    let asked = try targetIndices(names: names, width: width, options)
    if Set(asked).count < asked.count {
      throw DatasetError(.arguments, at: path, "a target column is named twice")
    }
    let by = try windows?.by.map { try index(of: CSVColumn($0), names: names, width: width) }
    let weightIndex = try weightIndex(names: names, width: width, targets: asked, options)
    let featureIndices = try featureIndices(
      names: names, width: width, targets: asked, by: by, options)
    let targetIndices = options.featuresAlone ? [] : asked
    if featureIndices.isEmpty { throw DatasetError(.shape, at: path, "no column is left for the features") }
    func called(_ index: Int) -> String { header ? "`\(names[index])`" : "column \(index + 1)" }

    let isText = KnownClasses(options.classNames ?? []).haveText
    let table = CSVTable(rowsStart, width: width)
    var columns = try targetIndices.map {
      try CSVTargetColumn(
        index: $0, name: called($0), isAlone: targetIndices.count == 1, isText: isText, role: options.targets,
        options.nonFinite, rowsStart)
    }
    let others = weightIndex.map { [weightWanted($0, options)] } ?? []
    let contents = try table.read(
      matrix: featureIndices.enumerated().map { featureWanted($1, column: $0, options) },
      columns: others + (by.map { [groupWanted($0)] } ?? []) + columns.map(\.wanted), rows: rows
    ) { reader, row in
      if holds(row) {
        if let weightIndex { _ = try weight(reader, weightIndex, called(weightIndex), options) }
        if let by { _ = try group(reader, by, called(by)) }
        for (column, index) in featureIndices.enumerated() {
          _ = try number(reader, index, row: row, column: column, called(index), options)
        }
      }
      for column in columns.indices { try columns[column].check(reader, row: row, column: column) }
    }
    let range = try rows.resolved(count: table.count, at: path)
    if options.nonFinite == .refuse, let column = contents.counts.indices.first(where: { contents.counts[$0].gaps > 0 })
    {
      let index = featureIndices[column]
      throw try gapError(
        contents.counts[column], table, index, header ? names[index] : "\(index + 1)", column: column, of: range.count,
        options)
    }
    for column in columns.indices {
      let cells = contents.columns[contents.columns.count - columns.count + column]
      try columns[column].finish(cells, table, column: column)
    }
    let weights = weightIndex.map { _ in contents.columns[0].numbers.map { Float($0) } } ?? []
    let groups = by.map { _ in RowGroups(contents.columns[others.count]) }
    let featureNames = header ? featureIndices.map { names[$0] } : []
    let reading = FeatureReading(
      columns: featureIndices.count, names: featureNames, place: path, firstRow: range.lowerBound, exact: 0,
      exactColumns: contents.areExact
    ) { try differences(table, $0.map { featureIndices[$0] }, $1, $2) }
    var features = contents.matrix
    let (origins, spoiled) = try reading.settle(&features, options.origins)
    let (targetValues, kind) = try CSVTargetColumn.merged(columns, range, at: path)
    let heading = headingWarnings(names)
    let rows = InMemorySource(
      features: features, sampleShape: [featureIndices.count], targets: targetValues,
      targetColumns: targetIndices.count, targetKind: kind, featureNames: featureNames, origins: origins,
      warnings: heading + columns.flatMap(\.warnings) + spoiled)
    return (weights.isEmpty ? rows : rows.weighted(by: weights), groups)
  }

  /// Which group each of the rows asked for belongs to.
  public func groups(named name: String) throws -> RowGroups {
    try withReader { reader in
      var reader = reader
      guard try reader.next() else { throw DatasetError(.noRows, at: path, "the file is empty") }
      let width = reader.cells.count
      let names = header ? try reader.cells.map { try reader.text($0).trimmingBlanks } : []
      let column = try index(of: CSVColumn(name), names: names, width: width)
      var (groups, row) = (RowGroups(), 0)
      var more = header ? try reader.next() : true
      while more {
        if holds(row) { groups.add(try group(reader, column, CSVColumn(name).description)) }
        row += 1
        more = try reader.next()
      }
      return groups
    }
  }

  /// What the first row, if it is a heading, gives rise to.
  func headingWarnings(_ names: [String]) -> [String] {
    guard header else { return [] }
    return (CSVHeading.warning(names, at: path).map { [$0] } ?? [])
      + CSVHeading.ambiguities(targets + features + (weights.map { [$0] } ?? []), names, at: path)
  }

  /// What a row counts for; NaN: a gap, whose row is to be left out.
  func weight(
    _ reader: CSVReader, _ index: Int, _ name: @autoclosure () -> String, _ options: ReadOptions
  ) throws -> Float {
    let cell = reader.cells[index]
    switch reader.number(cell) {
    case .number(let value, _) where Float(value).isFinite && value >= 0: return Float(value)
    case .missing where options.nonFinite == .keep: return .nan
    default:
      throw DatasetError(
        .unparsable, at: reader.place(cell), "\(name()) is no weight", expected: "a finite number from 0 on",
        found: reader.isBlank(cell) ? "nothing" : "`\(reader.shown(cell))`", remedy: "0 leaves the row out")
    }
  }

  /// The series that a row belongs to.
  func group(_ reader: CSVReader, _ index: Int, _ name: String) throws -> String {
    let cell = reader.cells[index]
    guard !reader.isBlank(cell) else {
      throw DatasetError(
        .unparsable, at: reader.place(cell), "the row belongs to no series or group: \(name) is empty",
        expected: "a name")
    }
    return try reader.text(cell)
  }

  /// Whether a row of the file is among those asked for.
  func holds(_ row: Int) -> Bool { row >= rows.from ?? 0 && row < rows.to ?? .max }

  /// Reads columns of the file once more: row, place of the column, and its number less an origin.
  private func differences(
    _ table: CSVTable, _ columns: [Int], _ origins: [Double], _ body: (Int, Int, Double) -> Void
  ) throws {
    // Few at once: they are read as Doubles.
    let most = 4
    for first in stride(from: 0, to: columns.count, by: most) {
      let wanted = (first..<min(first + most, columns.count)).map { place in
        var wanted = CSVWanted(columns[place], .number)
        wanted.origin = origins[place]
        return wanted
      }
      for (place, cells) in try table.read(columns: wanted, rows: rows).columns.enumerated() {
        for (row, value) in cells.numbers.enumerated() { body(row, first + place, value) }
      }
    }
  }

  private func featureWanted(_ index: Int, column: Int, _ options: ReadOptions) -> CSVWanted {
    var wanted = CSVWanted(index, .number)
    // Gaps that are refused are counted first.
    wanted.accepted = options.nonFinite == .keep ? .all.subtracting(.text) : [.negative, .missing]
    if options.mayMove(column) { wanted.accepted.insert(.beyondFloat) }
    return wanted
  }

  func weightWanted(_ index: Int, _ options: ReadOptions) -> CSVWanted {
    var wanted = CSVWanted(index, .number)
    wanted.accepted = options.nonFinite == .keep ? .missing : []
    return wanted
  }

  private func groupWanted(_ index: Int) -> CSVWanted {
    var wanted = CSVWanted(index, .text)
    (wanted.missing, wanted.accepted) = (.blank, [])
    return wanted
  }

  private func number(
    _ reader: CSVReader, _ index: Int, row: Int, column: Int, _ name: @autoclosure () -> String, _ options: ReadOptions
  ) throws -> Double {
    let cell = reader.cells[index]
    switch reader.number(cell) {
    case .number(let value, _)
    where Float(value).isFinite || options.nonFinite == .keep || value.isFinite && options.mayMove(column):
      return value
    case .missing: return .nan
    case .number(let value, _): throw reader.nonFinite(cell, value, row: row, column: column)
    case .text: throw reader.noFeature(cell, name: name(), mayBeHeading: row == 0 && !header)
    }
  }

  func index(of column: CSVColumn, names: [String], width: Int) throws -> Int {
    switch column {
    case .number(let number):
      if (1...width).contains(number) { return number - 1 }
      throw DatasetError(.missingName, at: path, "there is no column \(number)", expected: "1 to \(width)")
    case .name(let name):
      if !header {
        throw DatasetError(
          .arguments, at: path, "no column is named \(column) in a file without header",
          remedy: "say header: true, or give the column's number from 1")
      }
      let found = names.indices.filter { ExactText(names[$0]) == ExactText(name) }
      if found.count == 1 { return found[0] }
      if found.count > 1 {
        throw DatasetError(
          .missingName, at: path, "\(found.count) columns are named \(column)",
          remedy: "give the column's number from 1")
      }
      throw DatasetError(
        .missingName, at: path, "there is no column \(column)", found: names.listed, remedy: names.hint(for: name))
    }
  }
}
