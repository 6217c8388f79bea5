/// Columns of text for a terminal: the first row is the heading, numbers stand to the right.
public enum TextTable {
  public static func render(_ rows: [[String]]) -> String {
    guard let heading = rows.first else { return "" }
    let body = rows.dropFirst()
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let numeric = heading.indices.map { column in
      body.contains { !$0[column].isEmpty } && body.allSatisfy { $0[column].isEmpty || Double($0[column]) != nil }
    }
    return rows.map { row in
      let cells = row.indices.map { column -> String in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return numeric[column] ? space + row[column] : row[column] + space
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
