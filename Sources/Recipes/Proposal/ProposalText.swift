internal import Datasets

/// Words and figures of a proposed recipe. Whatever a file holds stays on its line, and within its quotes.
enum ProposalText {
  /// A scalar that no terminal takes for an order, nor an editor for another direction of writing.
  static func scalar(_ text: String) -> String { escaped(YAMLText.scalar(text)) }

  private static func quoted(_ text: String) -> String { escaped(YAMLText.quoted(text)) }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if [0x200E, 0x200F].contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
        || (0x2066...0x2069).contains(scalar.value)
      {
        result += "\\u" + String(scalar.value, radix: 16, uppercase: true)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A text of the file for a comment.
  static func shown(_ text: String) -> String {
    let most = 40
    return quoted(text.count > most ? text.prefix(most) + "..." : text)
  }

  static func number(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    let digits = 4
    let size = value == 0 ? 0 : Int(logBase10(abs(value)).rounded(.down))
    if size < -4 || size > 14 { return YAMLText.number(value) }
    let scale = powerOf10(max(0, digits - 1 - size))
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
  }

  private static func powerOf10(_ exponent: Int) -> Double { (0..<exponent).reduce(1) { value, _ in value * 10 } }

  private static func logBase10(_ value: Double) -> Double {
    var (value, exponent) = (value, 0.0)
    while value >= 10 { (value, exponent) = (value / 10, exponent + 1) }
    while value < 1 { (value, exponent) = (value * 10, exponent - 1) }
    return exponent
  }

  /// What a column holds: range or values, and gaps.
  static func facts(_ column: TableSurvey.Column) -> String {
    var parts: [String] = []
    switch column.contents {
    case .numbers(let numbers):
      if column.present > 0 {
        parts.append(
          "\(number(numbers.minimum)) to \(number(numbers.maximum)), median \(number(numbers.median))")
        parts.append("\(column.distinct) different")
      }
    case .texts(let texts):
      let most = column.distinct <= 4 ? 4 : 3
      let frequent = texts.counts.prefix(most).map { "\(shown($0.text)) \($0.rows)" }
      parts.append(
        "\(column.distinct) values: \(frequent.joined(separator: ", "))\(column.distinct > most ? ", ..." : "")")
    }
    if column.gaps > 0 { parts.append("missing in \(column.gaps) of \(column.rows) rows") }
    return parts.joined(separator: "; ")
  }

  /// Lines of `key: value   # comment`, comments in one place where values are short.
  static func lines(_ entries: [(key: String, value: String, comment: String)], indent: Int) -> [String] {
    let heads = entries.map { String(repeating: " ", count: indent) + ProposalText.scalar($0.key) + ": " + $0.value }
    let width = min(72, heads.map(\.count).max() ?? 0)
    return zip(heads, entries).map { head, entry in
      entry.comment.isEmpty
        ? head : head + String(repeating: " ", count: max(0, width - head.count)) + "  # " + entry.comment
    }
  }

  /// Comment lines of at most 120 characters.
  static func comment(_ text: String, indent: Int = 0) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + word.count + 3 > 120 {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return (lines + [line]).map { String(repeating: " ", count: indent) + "# " + $0 }
  }
}
