/// The recipe's JSON Schema, for editors that check and complete recipes.
public enum RecipeSchema {
  /// JSON Schema, draft 2020-12, indented.
  public static let text: String = {
    var writer = SchemaWriter()
    var root = writer.schema(Grammar.recipe)
    root.insert(("$schema", .text("https://json-schema.org/draft/2020-12/schema")), at: 0)
    root.insert(("title", .text("Cairn recipe")), at: 1)
    root.append(("$defs", .object(writer.definitions)))
    return JSONValue.object(root).indented + "\n"
  }()
}

private struct SchemaWriter {
  typealias Members = [(String, JSONValue)]

  /// Forms that several keys share, by `MapForm.definition`.
  private(set) var definitions: Members = []

  mutating func schema(_ form: Form) -> Members {
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
    case .word(let words, let aliases): return names(words + aliases.keys.sorted())
    case .list(let element, let atLeast):
      let items = schema(element)
      return [("type", .text("array")), ("items", .object(items)), ("minItems", .literal("\(atLeast)"))]
    case .map(let form): return schema(form)
    case .wordOr(let word, let form): return either([("const", .text(word))], schema(form))
    case .offOr(let form): return either(schema(form), [("enum", .list([.literal("0"), .literal("null")]))])
    case .scalarOr(let scalar, let map): return either(schema(scalar), schema(map))
    case .texts:
      return [("type", .text("object")), ("additionalProperties", .object([("type", .text("string"))]))]
    }
  }

  private func either(_ first: Members, _ second: Members) -> Members {
    [("anyOf", .list([.object(first), .object(second)]))]
  }

  private func names(_ names: [String]) -> Members { [("enum", .list(names.map { .text($0) }))] }

  private func schema(_ range: NumberRange) -> Members {
    var members: Members = [("type", .text("number"))]
    if let lower = range.lower {
      members.append((range.includesLower ? "minimum" : "exclusiveMinimum", .literal("\(lower)")))
    }
    if let upper = range.upper {
      members.append((range.includesUpper ? "maximum" : "exclusiveMaximum", .literal("\(upper)")))
    }
    return members
  }

  private func restriction(_ rule: TextRule) -> Members {
    switch rule {
    case .any, .column: []
    case .notEmpty: [("minLength", .literal("1"))]
    case .runName: [("pattern", .text("^[^./ -][^/]*$")), ("maxLength", .literal("200"))]
    case .layerName: [("pattern", .text("^[^/]+$")), ("maxLength", .literal("255"))]
    case .delimiter: [("minLength", .literal("1")), ("maxLength", .literal("1"))]
    }
  }

  mutating func schema(_ form: MapForm) -> Members {
    guard let name = form.definition else { return members(of: form) }
    if !definitions.contains(where: { $0.0 == name }) {
      definitions.append((name, .object(members(of: form))))
    }
    return [("$ref", .text("#/$defs/\(name)"))]
  }

  private mutating func members(of form: MapForm) -> Members {
    func required(_ names: [String]) -> Members { [("required", .list(names.map { .text($0) }))] }
    let properties = form.keys.map { ($0.name, JSONValue.object(property($0))) }
    var members: Members = [
      ("type", .text("object")), ("properties", .object(properties)), ("additionalProperties", .literal("false")),
    ]
    let always = form.keys.filter(\.preset.isRequired).map(\.name)
    if !always.isEmpty { members += required(always) }
    if !form.choices.isEmpty {
      members.append(("oneOf", .list(form.choices.map { .object(required([$0])) })))
    }
    let pairs = form.exclusive.indices.flatMap { first in
      form.exclusive[(first + 1)...].map { JSONValue.object(required([form.exclusive[first], $0])) }
    }
    if !pairs.isEmpty { members.append(("not", .object([("anyOf", .list(pairs))]))) }
    guard !form.bareNames.isEmpty else { return members }
    let aliases = form.aliases.filter { form.bareNames.contains($0.value) }.keys.sorted()
    return either(names(form.bareNames + aliases), members)
  }

  private mutating func property(_ key: Key) -> Members {
    var members = schema(key.form)
    if key.mayBeNull { members = either(members, [("type", .text("null"))]) }
    if !key.summary.isEmpty { members.insert(("description", .text(key.summary)), at: 0) }
    if case .value(let text) = key.preset, text != "{}" {
      var checker = Checker()
      let value = checker.value(RecipeNode(default: text, place: .start), key.form, "")
      if let value { members.append(("default", JSONValue(value))) }
    }
    return members
  }
}

extension Key {
  /// Null is as good as left out for keys without a default, and for maps of defaults.
  fileprivate var mayBeNull: Bool {
    switch preset {
    case .required: false
    case .absent: true
    case .value(let text): text == "{}"
    }
  }
}
