internal import HDF5Storage

/// A column of a CSV file.
public enum CSVColumn: Sendable, Equatable, CustomStringConvertible {
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

/// Samples in a CSV file (RFC 4180, UTF-8): a line for each, columns of numbers, some of them targets.
///
/// One target column of whole numbers is classes 0..<count (counted over the whole file); of texts, classes named by
/// them, in the order of their names; of other numbers, values. Several target columns are values.
public struct CSVSource: Sendable, Equatable {
  public var path: String
  /// Empty for features alone.
  public var targets: [CSVColumn]
  /// Whether the first line names the columns.
  public var header: Bool
  /// One ASCII character.
  public var delimiter: Character
  public var rows: RowRange

  public init(
    path: String, targets: [CSVColumn], header: Bool = true, delimiter: Character = ",", rows: RowRange = RowRange()
  ) {
    self.path = path
    self.targets = targets
    self.header = header
    self.delimiter = delimiter
    self.rows = rows
  }

  /// Reads the rows into memory.
  ///
  /// - Throws: `DatasetError`, placed at file:line:column.
  public func load(_ options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    let bytes: [UInt8]
    do {
      try checkMemory(fileBytes: FileContents.size(path), at: path)
      bytes = try FileContents.read(path)
    } catch let error as FileError {
      throw DatasetError(error)
    }
    guard let byte = delimiter.asciiValue, byte != UInt8(ascii: "\""), byte != 10, byte != 13 else {
      throw DatasetError(
        .arguments, at: path, "no delimiter", expected: "one ASCII character, no quote or line end",
        found: "`\(delimiter)`")
    }
    return try bytes.withUnsafeBufferPointer {
      try read(CSVReader($0, path: path, delimiter: byte), options)
    }
  }

  private func read(_ reader: CSVReader, _ options: ReadOptions) throws -> InMemorySource {
    var reader = reader
    guard try reader.next() else { throw DatasetError(.noRows, at: path, "the file is empty") }
    let width = reader.cells.count
    let names = header ? reader.cells.map { trimmed(reader.text($0)) } : []
    let targetIndices = try targets.map { try index(of: $0, names: names, width: width) }
    if Set(targetIndices).count < targetIndices.count {
      throw DatasetError(.arguments, at: path, "a target column is named twice")
    }
    let featureIndices = (0..<width).filter { !targetIndices.contains($0) }
    if featureIndices.isEmpty { throw DatasetError(.shape, at: path, "no column is left for the features") }

    var features: [Float] = []
    var columns = targetIndices.map { CSVTargetColumn(index: $0, takesText: targetIndices.count == 1) }
    var count = 0
    var more = header ? try reader.next() : true
    while more {
      guard reader.cells.count == width else {
        throw DatasetError(
          .shape, at: reader.rowPlace, "the row does not fit the first", expected: "\(width) cells",
          found: "\(reader.cells.count)")
      }
      if count >= rows.from ?? 0 && count < rows.to ?? .max {
        for (column, index) in featureIndices.enumerated() {
          features.append(
            Float(try number(reader, index, row: count, column: column, names: names, options.nonFinite)))
        }
      }
      for column in columns.indices {
        try columns[column].append(reader, row: count, column: column, options.nonFinite)
      }
      count += 1
      more = try reader.next()
    }
    let range = try rows.resolved(count: count, at: path)
    let (targetValues, kind) = try CSVTargetColumn.merged(columns, range, at: path)
    return InMemorySource(
      features: features, sampleShape: [featureIndices.count], targets: targetValues,
      targetColumns: targetIndices.count, targetKind: kind, featureNames: header ? featureIndices.map { names[$0] } : []
    )
  }

  private func number(
    _ reader: CSVReader, _ index: Int, row: Int, column: Int, names: [String], _ policy: NonFinitePolicy
  ) throws -> Double {
    let cell = reader.cells[index]
    switch CSVNumber(reader.bytes, cell.range) {
    case .number(let value, _) where Float(value).isFinite || policy == .keep: return value
    case .missing where policy == .keep: return .nan
    case .number, .missing: throw reader.nonFinite(cell, row: row, column: column)
    case .text:
      let name = names.isEmpty ? "column \(index + 1)" : "`\(names[index])`"
      throw DatasetError(
        .unparsable, at: reader.place(cell), "\(name) is no number", found: "`\(reader.text(cell))`",
        remedy: row == 0 && !header ? "is this a header? then say header: true" : nil)
    }
  }

  private func index(of column: CSVColumn, names: [String], width: Int) throws -> Int {
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
      let found = names.indices.filter { names[$0] == name }
      if found.count == 1 { return found[0] }
      if found.count > 1 {
        throw DatasetError(
          .missingName, at: path, "\(found.count) columns are named \(column)",
          remedy: "give the column's number from 1")
      }
      let nearest = nearestName(to: name, in: names)
      throw DatasetError(
        .missingName, at: path, "there is no column \(column)",
        found: names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : ""),
        remedy: nearest.map { "did you mean `\($0)`?" })
    }
  }

  private func trimmed(_ text: String) -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let start = text.drop(while: isBlank)
    return String(start.reversed().drop(while: isBlank).reversed())
  }
}

extension CSVReader {
  func nonFinite(_ cell: Cell, row: Int, column: Int) -> DatasetError {
    let text = text(cell)
    return DatasetError(
      .nonFinite(row: row, column: column), at: place(cell), "no finite number",
      found: text.isEmpty ? "nothing" : "`\(text)`",
      remedy: "remove the row or fill the gap")
  }
}
