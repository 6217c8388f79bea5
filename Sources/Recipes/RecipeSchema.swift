/// The recipe's JSON Schema, for editors that check and complete recipes.
public enum RecipeSchema {
  /// JSON Schema, draft 2020-12, indented.
  public static let text: String = {
    var root = schema(Grammar.recipe)
    root.insert(("$schema", .text("https://json-schema.org/draft/2020-12/schema")), at: 0)
    root.insert(("title", .text("Cairn recipe")), at: 1)
    return JSONValue.object(root).indented + "\n"
  }()

  private typealias Members = [(String, JSONValue)]

  private static func schema(_ form: Form) -> Members {
    switch form {
    case .boolean: return [("type", .text("boolean"))]
    case .integer(let range):
      return [
        ("type", .text("integer")), ("minimum", .literal("\(range.lowerBound)")),
        ("maximum", .literal("\(range.upperBound)")),
      ]
    case .unsigned:
      return [("type", .text("integer")), ("minimum", .literal("0")), ("maximum", .literal("\(UInt64.max)"))]
    case .number(let range): return schema(range)
    case .text(.column): return [("type", .list([.text("string"), .text("integer")]))]
    case .text(let rule): return [("type", .text("string"))] + restriction(rule)
    case .word(let words, let aliases): return [("enum", .list((words + aliases.keys.sorted()).map { .text($0) }))]
    case .list(let element, let atLeast):
      return [
        ("type", .text("array")), ("items", .object(schema(element))), ("minItems", .literal("\(atLeast)")),
      ]
    case .map(let form): return schema(form)
    case .wordOr(let word, let form): return either([[("const", .text(word))], schema(form)])
    case .offOr(let form): return either([schema(form), [("enum", .list([.literal("0"), .literal("null")]))]])
    case .scalarOr(let scalar, let map): return either([schema(scalar), schema(map)])
    case .texts:
      return [("type", .text("object")), ("additionalProperties", .object([("type", .text("string"))]))]
    }
  }

  private static func either(_ forms: [Members]) -> Members { [("anyOf", .list(forms.map { .object($0) }))] }

  private static func schema(_ range: NumberRange) -> Members {
    var members: Members = [("type", .text("number"))]
    if let lower = range.lower {
      members.append((range.includesLower ? "minimum" : "exclusiveMinimum", .literal("\(lower)")))
    }
    if let upper = range.upper {
      members.append((range.includesUpper ? "maximum" : "exclusiveMaximum", .literal("\(upper)")))
    }
    return members
  }

  private static func restriction(_ rule: TextRule) -> Members {
    switch rule {
    case .any, .column: []
    case .notEmpty: [("minLength", .literal("1"))]
    case .runName: [("pattern", .text("^[^./ -][^/]*$")), ("maxLength", .literal("200"))]
    case .layerName: [("pattern", .text("^[^/]+$")), ("maxLength", .literal("255"))]
    case .delimiter: [("minLength", .literal("1")), ("maxLength", .literal("1"))]
    }
  }

  private static func schema(_ form: MapForm) -> Members {
    var members: Members = [("type", .text("object")), ("properties", .object(form.keys.map(property)))]
    members += [("additionalProperties", .literal("false"))]
    let required = form.keys.filter(\.preset.isRequired).map { JSONValue.text($0.name) }
    if !required.isEmpty { members.append(("required", .list(required))) }
    if !form.choices.isEmpty {
      members.append(("oneOf", .list(form.choices.map { .object([("required", .list([.text($0)]))]) })))
    }
    let pairs = form.exclusive.indices.flatMap { first in
      form.exclusive[(first + 1)...].map { [form.exclusive[first], $0] }
    }
    if !pairs.isEmpty {
      let both = pairs.map { JSONValue.object([("required", .list($0.map { .text($0) }))]) }
      members.append(("not", .object([("anyOf", .list(both))])))
    }
    guard !form.bareNames.isEmpty else { return members }
    let names = form.bareNames + form.aliases.filter { form.bareNames.contains($0.value) }.keys.sorted()
    return either([[("enum", .list(names.map { .text($0) }))], members])
  }

  private static func property(_ key: Key) -> (String, JSONValue) {
    var members = schema(key.form)
    if case .absent = key.preset { members = either([members, [("type", .text("null"))]]) }
    if !key.summary.isEmpty { members.insert(("description", .text(key.summary)), at: 0) }
    if case .value(let text) = key.preset {
      var checker = Checker()
      let node = RecipeNode(default: text, place: .start)
      if text != "{}", let value = checker.value(node, key.form, "") { members.append(("default", JSONValue(value))) }
    }
    return (key.name, .object(members))
  }
}

/// JSON in the order in which it was made.
indirect enum JSONValue {
  /// A number, boolean or null.
  case literal(String)
  case text(String)
  case list([JSONValue])
  case object([(String, JSONValue)])

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

  var indented: String { text(indent: "") }

  private func text(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .literal(let text): return text
    case .text(let text): return JSONText.string(text)
    case .list(let values):
      let isFlat = values.allSatisfy { if case .object = $0 { false } else { true } }
      let parts = values.map { $0.text(indent: inner) }
      if isFlat { return "[\(parts.joined(separator: ", "))]" }
      return "[\n" + parts.map { inner + $0 }.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let parts = members.map { "\(inner)\(JSONText.string($0.0)): \($0.1.text(indent: inner))" }
      return "{\n" + parts.joined(separator: ",\n") + "\n\(indent)}"
    }
  }
}
