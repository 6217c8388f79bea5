internal import JSON

/// The recipe's JSON Schema, for editors that check and complete recipes.
public enum RecipeSchema {
  /// JSON Schema, draft 2020-12, indented.
  public static let text: String = {
    var writer = SchemaWriter()
    var root = writer.schema(Grammar.recipe)
    root.insert(("$schema", .string("https://json-schema.org/draft/2020-12/schema")), at: 0)
    root.insert(("title", .string("Cairn recipe")), at: 1)
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
    case .boolean: return [("type", .string("boolean"))]
    case .integer(let range):
      return [
        ("type", .string("integer")), ("minimum", .integer(range.lowerBound)),
        ("maximum", .integer(range.upperBound)),
      ]
    case .unsigned:
      return [("type", .string("integer")), ("minimum", 0), ("maximum", .unsigned(.max))]
    case .number(let range): return schema(range)
    case .text(.column): return [("type", .array([.string("string"), .string("integer")]))]
    case .text(.cell):
      return [("type", .array(["string", "number", "boolean", "null"]))]
    case .text(let rule): return [("type", .string("string"))] + restriction(rule)
    case .word(let words, let aliases): return names(words + aliases.keys.sorted())
    case .list(let element, let atLeast):
      let items = schema(element)
      return [("type", .string("array")), ("items", .object(items)), ("minItems", .integer(atLeast))]
    case .map(let form): return schema(form)
    case .wordOr(let word, let form): return either([("const", .string(word))], schema(form))
    case .offOr(let form): return either(schema(form), [("enum", .array([0, .null]))])
    case .scalarOr(let scalar, let map): return either(schema(scalar), schema(map))
    case .pair(let element):
      return [
        ("type", .string("array")), ("items", .object(schema(element))), ("minItems", 2), ("maxItems", 2),
      ]
    case .oneOrMore(let element): return either(schema(element), schema(.list(element, atLeast: 1)))
    case .textOrNamed(let rule):
      return either(
        schema(.text(rule)),
        [
          ("type", .string("object")), ("minProperties", 1),
          ("additionalProperties", .object(schema(.text(rule)))),
        ])
    case .texts:
      return [("type", .string("object")), ("additionalProperties", .object([("type", .string("string"))]))]
    case .numbers(let range):
      return [
        ("type", .string("object")), ("minProperties", 1), ("additionalProperties", .object(schema(.number(range)))),
      ]
    case .anything: return []
    case .named(let form):
      return [("type", .string("object")), ("minProperties", 1), ("additionalProperties", .object(schema(form)))]
    case .layers: return layers()
    }
  }

  /// A list of layers, which refers to itself.
  private mutating func layers() -> Members {
    let name = "layers"
    let reference: Members = [("$ref", .string("#/$defs/\(name)"))]
    guard !definitions.contains(where: { $0.0 == name }) else { return reference }
    definitions.append((name, .object(Members())))
    let items = either(members(of: Grammar.layerEntry), reference)
    let list: Members = [("type", .string("array")), ("items", .object(items)), ("minItems", 1)]
    for index in definitions.indices where definitions[index].0 == name { definitions[index].1 = .object(list) }
    return reference
  }

  private func either(_ first: Members, _ second: Members) -> Members {
    [("anyOf", .array([.object(first), .object(second)]))]
  }

  private func names(_ names: [String]) -> Members { [("enum", .array(names.map { .string($0) }))] }

  private func schema(_ range: NumberRange) -> Members {
    var members: Members = [("type", .string("number"))]
    if let lower = range.lower {
      members.append((range.includesLower ? "minimum" : "exclusiveMinimum", .number(lower)))
    }
    if let upper = range.upper {
      members.append((range.includesUpper ? "maximum" : "exclusiveMaximum", .number(upper)))
    }
    return members
  }

  private func restriction(_ rule: TextRule) -> Members {
    switch rule {
    case .any, .column, .cell: []
    case .notEmpty, .path, .folder, .fileOrFolder: [("minLength", 1)]
    case .runName: [("pattern", .string("^[^./ -][^/]*$")), ("maxLength", 200)]
    case .layerName: [("pattern", .string("^[^/]+$")), ("maxLength", 255)]
    case .delimiter: [("minLength", 1), ("maxLength", 1)]
    }
  }

  mutating func schema(_ form: MapForm) -> Members {
    guard let name = form.definition else { return members(of: form) }
    if !definitions.contains(where: { $0.0 == name }) {
      definitions.append((name, .object(members(of: form))))
    }
    return [("$ref", .string("#/$defs/\(name)"))]
  }

  private mutating func members(of form: MapForm) -> Members {
    func required(_ names: [String]) -> Members { [("required", .array(names.map { .string($0) }))] }
    let properties = form.keys.map { ($0.name, JSONValue.object(property($0))) }
    var members: Members = [
      ("type", .string("object")), ("properties", .object(properties)), ("additionalProperties", false),
    ]
    let always = form.keys.filter(\.preset.isRequired).map(\.name)
    if !always.isEmpty { members += required(always) }
    if !form.choices.isEmpty {
      members.append(("oneOf", .array(form.choices.map { .object(required([$0])) })))
    }
    let pairs = form.exclusive.indices.flatMap { first in
      form.exclusive[(first + 1)...].map { JSONValue.object(required([form.exclusive[first], $0])) }
    }
    if !pairs.isEmpty { members.append(("not", .object([("anyOf", .array(pairs))]))) }
    if let shorthand = form.shorthand, let key = form.key(shorthand) { members = either(members, schema(key.form)) }
    guard !form.bareNames.isEmpty else { return members }
    let aliases = form.aliases.filter { form.bareNames.contains($0.value) }.keys.sorted()
    return either(names(form.bareNames + aliases), members)
  }

  private mutating func property(_ key: Key) -> Members {
    var members = schema(key.form)
    if key.mayBeNull { members = either(members, [("type", .string("null"))]) }
    if !key.summary.isEmpty { members.insert(("description", .string(key.summary)), at: 0) }
    if case .value(let text) = key.preset, text != "{}" {
      var checker = Checker()
      let value = checker.value(RecipeNode(default: text, place: .start), key.form, "")
      if let value { members.append(("default", JSONValue(value))) }
    }
    return members
  }
}

extension JSONValue {
  /// A choice without arguments is its name.
  fileprivate init(_ value: RecipeValue) {
    switch value.content {
    case .boolean(let boolean): self = .bool(boolean)
    case .integer(let integer): self = .integer(integer)
    case .unsigned(let unsigned): self = .unsigned(unsigned)
    case .number(let number): self = .number(number)
    case .text(let text): self = .string(text)
    case .list(let values): self = .array(values.map(JSONValue.init))
    case .map(let entries):
      if let only = entries.first, entries.count == 1, only.value.content == .map([]) {
        self = .string(only.key)
      } else {
        self = .object(entries.map { ($0.key, JSONValue($0.value)) })
      }
    }
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
