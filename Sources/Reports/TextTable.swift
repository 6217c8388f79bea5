internal import HDF5Storage

/// Columns of text for a terminal: the first row is the heading, numbers stand to the right.
public enum TextTable {
  public static func render(_ rows: [[String]]) -> String {
    let rows = rows.map { row in row.map { $0.printable() } }
    guard let heading = rows.first else { return "" }
    let body = rows.dropFirst()
    let lengths = rows.map { row in row.map(length) }
    let widths = heading.indices.map { column in lengths.map { $0[column] }.max() ?? 0 }
    let numeric = heading.indices.map { column in
      body.contains { !$0[column].isEmpty } && body.allSatisfy { $0[column].isEmpty || Double($0[column]) != nil }
    }
    return rows.enumerated().map { number, row in
      var line = ""
      for column in row.indices {
        if column > 0 { line += "  " }
        let space = String(repeating: " ", count: widths[column] - lengths[number][column])
        line += numeric[column] ? space + row[column] : row[column] + space
      }
      while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// Characters; of plain text, which most cells are, without looking for those that take several bytes.
  private static func length(_ text: String) -> Int {
    text.utf8.allSatisfy { $0 >= 32 && $0 < 127 } ? text.utf8.count : text.count
  }
}
