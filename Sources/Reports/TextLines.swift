/// Fields of text on lines of a width.
enum TextLines {
  /// Two blanks between fields; a line ends between two of them, and those after it are indented.
  static func joined(_ fields: [String], width: Int) -> String {
    lines(fields, width: width, indent: 2).joined(separator: "\n")
  }

  /// - Parameters:
  ///   - gap: blanks between fields.
  ///   - indent: blanks before all lines but the first.
  static func lines(_ fields: [String], width: Int, gap: Int = 2, indent: Int = 0) -> [String] {
    var lines: [String] = []
    for field in fields {
      if let last = lines.last, last.count + gap + field.count <= width {
        lines[lines.count - 1] = last + String(repeating: " ", count: gap) + field
      } else {
        lines.append((lines.isEmpty ? "" : String(repeating: " ", count: indent)) + field)
      }
    }
    return lines
  }
}
