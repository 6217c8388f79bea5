/// A column's cells as they stand in a CSV file.
public struct TextColumn: Sendable, Equatable {
  /// Its name in the header, or `column_` and its number where there is none.
  public let name: String
  /// Of each row asked for; quotes around a cell are no part of it.
  public let cells: [String]

  public init(name: String, cells: [String]) {
    self.name = name
    self.cells = cells
  }
}

extension CSVSource {
  /// The texts of columns, whatever they hold, in the order asked for.
  ///
  /// - Parameter columns: names of the header, byte by byte; where there is none of that name, numbers from 1.
  /// - Throws: `DatasetError`: `missingName` where a column is not there.
  public func texts(of columns: [String]) throws -> [TextColumn] {
    try withReader { reader in
      var reader = reader
      guard try reader.next() else { throw DatasetError(.noRows, at: path, "the file is empty") }
      let width = reader.cells.count
      let names = header ? try reader.cells.map { try reader.text($0).trimmingBlanks } : []
      let indices = try columns.map { name in
        let isName = names.contains { ExactText($0) == ExactText(name) }
        return try index(of: isName ? .name(name) : CSVColumn(name), names: names, width: width)
      }
      var cells = [[String]](repeating: [], count: indices.count)
      var row = 0
      var more = header ? try reader.next() : true
      while more {
        guard reader.cells.count == width else {
          throw DatasetError(
            .shape, at: reader.rowPlace, "the row does not fit the first", expected: "\(width) cells",
            found: "\(reader.cells.count)")
        }
        if row >= rows.from ?? 0 && row < rows.to ?? .max {
          for (place, index) in indices.enumerated() { cells[place].append(try reader.text(reader.cells[index])) }
        }
        row += 1
        more = try reader.next()
      }
      return zip(indices, cells).map { TextColumn(name: header ? names[$0] : "column_\($0 + 1)", cells: $1) }
    }
  }

  /// Names in a list with commas between them, as a line of a CSV file has them: one that holds a comma stands in quotes.
  ///
  /// - Parameter place: what messages call the list.
  /// - Throws: `DatasetError` `unparsable`.
  public static func names(in list: String, at place: String) throws -> [String] {
    let bytes = Array(list.utf8)
    return try bytes.withUnsafeBufferPointer { bytes in
      var reader = CSVReader(bytes, path: place, delimiter: UInt8(ascii: ","))
      guard try reader.next() else { return [] }
      return try reader.cells.map { try reader.text($0).trimmingBlanks }
    }
  }
}
