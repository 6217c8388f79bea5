/// JSON in the order in which it was made.
enum JSONValue {
  /// A number, boolean or null.
  case literal(String)
  case text(String)
  case list([JSONValue])
  case members([Member])

  struct Member {
    let name: String
    let value: JSONValue
  }

  static func object(_ pairs: [(String, JSONValue)]) -> JSONValue {
    .members(pairs.map { Member(name: $0.0, value: $0.1) })
  }

  /// A choice without arguments is its name.
  init(_ value: RecipeValue) {
    switch value.content {
    case .boolean(let boolean): self = .literal(String(boolean))
    case .integer(let integer): self = .literal(String(integer))
    case .unsigned(let unsigned): self = .literal(String(unsigned))
    case .number(let number): self = .literal(String(number))
    case .text(let text): self = .text(text)
    case .list(let values): self = .list(values.map(JSONValue.init))
    case .map(let entries):
      if let only = entries.first, entries.count == 1, only.value.content == .map([]) {
        self = .text(only.key)
      } else {
        self = .object(entries.map { ($0.key, JSONValue($0.value)) })
      }
    }
  }

  var indented: String { written(indent: "") }

  private func written(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .literal(let text): return text
    case .text(let text): return JSONText.string(text)
    case .list(let values):
      let isFlat = values.allSatisfy { if case .members = $0 { false } else { true } }
      let parts = values.map { $0.written(indent: inner) }
      if isFlat { return "[\(parts.joined(separator: ", "))]" }
      return "[\n" + parts.map { inner + $0 }.joined(separator: ",\n") + "\n\(indent)]"
    case .members(let members):
      if members.isEmpty { return "{}" }
      let parts = members.map { "\(inner)\(JSONText.string($0.name)): \($0.value.written(indent: inner))" }
      return "{\n" + parts.joined(separator: ",\n") + "\n\(indent)}"
    }
  }
}
