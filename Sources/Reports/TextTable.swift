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

  /// The table cut down to a width: long words are shortened first, then whole columns give way; the first column stays.
  ///
  /// - Parameter givingWay: headings of columns that may go, in the order in which they do.
  static func fitting(_ rows: [[String]], width: Int, givingWay: [String]) -> (rows: [[String]], dropped: [String]) {
    var rows = rows
    func total() -> Int {
      let widths = (rows.first ?? []).indices.map { column in rows.map { length($0[column]) }.max() ?? 0 }
      return widths.reduce(0, +) + 2 * max(0, widths.count - 1)
    }
    func shorten(to limit: Int) {
      for row in rows.indices.dropFirst() {
        for column in rows[row].indices where length(rows[row][column]) > limit {
          rows[row][column] = String(rows[row][column].prefix(limit - 1)) + "…"
        }
      }
    }
    if total() > width { shorten(to: max(12, width / 3)) }
    var dropped: [String] = []
    for heading in givingWay where total() > width {
      guard let column = rows.first?.firstIndex(of: heading), column > 0 else { continue }
      for row in rows.indices { rows[row].remove(at: column) }
      dropped.append(heading)
    }
    if total() > width { shorten(to: max(4, width / 3)) }
    return (rows, dropped)
  }

  /// Characters; of plain text, which most cells are, without looking for those that take several bytes.
  private static func length(_ text: String) -> Int {
    text.utf8.allSatisfy { $0 >= 32 && $0 < 127 } ? text.utf8.count : text.count
  }
}
