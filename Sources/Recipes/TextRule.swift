extension TextRule {
  /// The node's text if the rule allows it.
  func accepted(_ node: RecipeNode) -> String? {
    if case .column = self, let number = node.integer, number >= 0 { return String(number) }
    if case .cell = self, case .scalar(let text, _) = node.content { return text.utf8.contains(0) ? nil : text }
    guard let text = node.text, !text.utf8.contains(0) else { return nil }
    switch self {
    case .any, .cell: return text
    case .notEmpty, .path, .folder, .fileOrFolder, .column: return text.isEmpty ? nil : text
    case .runName: return TextRule.isRunName(text) ? text : nil
    case .layerName: return text.isEmpty || text.contains("/") || text == "." || text.count > 255 ? nil : text
    case .delimiter:
      guard text.utf8.count == 1, let byte = text.utf8.first, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\"")
      else { return nil }
      return text
    }
  }

  /// Whether a run's directory may be called so: no path, nothing hidden, nothing that a shell takes for an option.
  static func isRunName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, text.utf8.count <= 200 else { return false }
    return first != "." && first != "-" && first != " " && text.last != " "
      && text.unicodeScalars.allSatisfy { $0 != "/" && $0.properties.generalCategory != .control }
  }

  var expected: String {
    switch self {
    case .cell: "text as a cell has it"
    case .any: "text (numbers and yes/no in quotes)"
    case .notEmpty, .path, .folder, .fileOrFolder: "text that is not empty (numbers and yes/no in quotes)"
    case .runName: "a name for a directory (no `/`, no leading `.` or `-`, at most 200 bytes, numbers in quotes)"
    case .layerName: "a layer's name (no `/`, at most 255 characters, numbers in quotes)"
    case .column: "a column's name or number"
    case .delimiter: "one ASCII character in quotes"
    }
  }
}
