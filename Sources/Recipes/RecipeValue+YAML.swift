extension RecipeValue {
  /// Block YAML in the grammar's order, read alike by YAML 1.1 and 1.2.
  var yaml: String {
    var lines: [String] = []
    appendEntries(to: &lines, indent: "")
    return lines.joined(separator: "\n") + "\n"
  }

  private func appendEntries(to lines: inout [String], indent: String) {
    for entry in entries {
      let key = indent + YAMLText.scalar(entry.key) + ":"
      if let short = entry.value.short {
        lines.append("\(key) \(short)")
      } else if let values = entry.value.list {
        lines.append(key)
        RecipeValue.append(values, to: &lines, indent: indent + "  ")
      } else {
        lines.append(key)
        entry.value.appendEntries(to: &lines, indent: indent + "  ")
      }
    }
  }

  private static func append(_ values: [RecipeValue], to lines: inout [String], indent: String) {
    for value in values {
      if let short = value.short {
        lines.append("\(indent)- \(short)")
        continue
      }
      let start = lines.count
      if let inner = value.list {
        append(inner, to: &lines, indent: indent + "  ")
      } else {
        value.appendEntries(to: &lines, indent: indent + "  ")
      }
      lines[start] = "\(indent)- " + lines[start].dropFirst(indent.count + 2)
    }
  }

  /// What fits on its key's line: scalars, lists of scalars, and choices without arguments as their names.
  var short: String? {
    switch content {
    case .boolean(let boolean): return String(boolean)
    case .integer(let integer): return String(integer)
    case .unsigned(let unsigned): return String(unsigned)
    case .number(let number): return YAMLText.number(number)
    case .text(let text): return YAMLText.scalar(text)
    case .list(let values):
      let elements = values.compactMap { $0.list == nil && $0.entries.isEmpty ? $0.short : nil }
      return elements.count == values.count ? "[\(elements.joined(separator: ", "))]" : nil
    case .map(let entries):
      if entries.isEmpty { return "{}" }
      guard entries.count == 1, entries[0].value.content == .map([]) else { return nil }
      return YAMLText.scalar(entries[0].key)
    }
  }
}

enum YAMLText {
  /// The shortest digits that give the number back, with a point: YAML 1.1 takes `1e-07` for text.
  static func number(_ number: Double) -> String {
    let text = String(number)
    guard !text.contains("."), let exponent = text.firstIndex(of: "e") else { return text }
    return text[..<exponent] + ".0" + text[exponent...]
  }

  /// Plain where no reader could take it for anything but this text, in double quotes elsewhere.
  static func scalar(_ text: String) -> String {
    let start = text.drop { $0 == "." }
    let isWord =
      (text.first?.isLetter ?? false || start.first == "/")
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_-./".utf8.contains(byte)
        }
      }
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    if isWord, !reserved.contains(text.lowercased()) { return text }
    return quoted(text)
  }

  /// A double-quoted YAML scalar, which is a JSON string too. Controls are escaped, so that a text of lines stays on one.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        let isSafe =
          scalar.value >= 0x20 && ![0x7F, 0x85, 0x2028, 0x2029, 0xFEFF].contains(scalar.value)
          && !(0x80...0x9F).contains(scalar.value)
        if isSafe {
          result.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
    return result + "\""
  }
}
