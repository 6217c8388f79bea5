extension RecipeNode {
  /// YAML on one line, read as what this is.
  var flow: String {
    switch content {
    case .scalar(let text, let isPlain): isPlain ? (text.isEmpty ? "null" : text) : YAMLText.quoted(text)
    case .list(let nodes): "[\(nodes.map(\.flow).joined(separator: ", "))]"
    case .map(let entries):
      "{\(entries.map { "\(YAMLText.scalar($0.key)): \($0.value.flow)" }.joined(separator: ", "))}"
    }
  }

  /// A map as YAML on lines of their own: what holds scalars alone stays on one.
  var block: String {
    var lines: [String] = []
    append(to: &lines, indent: "")
    return lines.joined(separator: "\n") + "\n"
  }

  private var isFlat: Bool {
    switch content {
    case .scalar: true
    case .list(let nodes): nodes.allSatisfy { $0.isScalar || $0.isEmpty }
    case .map(let entries): entries.isEmpty || entries.count < 6 && entries.allSatisfy { $0.value.isScalar }
    }
  }

  private var isScalar: Bool { if case .scalar = content { true } else { false } }

  private var isEmpty: Bool {
    switch content {
    case .scalar: false
    case .list(let nodes): nodes.isEmpty
    case .map(let entries): entries.isEmpty
    }
  }

  private func append(to lines: inout [String], indent: String) {
    switch content {
    case .scalar: lines.append(indent + flow)
    case .map(let entries):
      for entry in entries {
        let key = "\(indent)\(YAMLText.scalar(entry.key)):"
        if entry.value.isFlat {
          lines.append("\(key) \(entry.value.flow)")
        } else {
          lines.append(key)
          entry.value.append(to: &lines, indent: indent + "  ")
        }
      }
    case .list(let nodes):
      for node in nodes {
        if node.isFlat {
          lines.append("\(indent)- \(node.flow)")
          continue
        }
        let start = lines.count
        node.append(to: &lines, indent: indent + "  ")
        lines[start] = "\(indent)- " + lines[start].dropFirst(indent.count + 2)
      }
    }
  }
}
