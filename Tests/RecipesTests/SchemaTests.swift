import Foundation
import Testing

@testable import Recipes

@Suite struct SchemaTests {
  private let schema: [String: Any]

  init() throws {
    schema = try #require(try JSONSerialization.jsonObject(with: Data(RecipeSchema.text.utf8)) as? [String: Any])
  }

  /// The schema or what it refers to.
  private func resolved(_ schema: [String: Any]) -> [String: Any] {
    guard let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last,
      let definitions = self.schema["$defs"] as? [String: [String: Any]]
    else { return schema }
    return definitions[String(name)] ?? [:]
  }

  /// Properties that the schema knows at a key path, whatever variants lie on the way.
  private func properties(_ schema: [String: Any]) -> [String: [String: Any]] {
    let schema = resolved(schema)
    var found = schema["properties"] as? [String: [String: Any]] ?? [:]
    for variant in schema["anyOf"] as? [[String: Any]] ?? [] {
      found.merge(properties(variant)) { first, _ in first }
    }
    return found
  }

  private func items(_ schema: [String: Any]) -> [String: Any] {
    let schema = resolved(schema)
    if let items = schema["items"] as? [String: Any] { return items }
    return (schema["anyOf"] as? [[String: Any]] ?? []).map(items).first { !$0.isEmpty } ?? [:]
  }

  /// Whether a map may have any keys, as that of inputs by name has.
  private func hasFreeKeys(_ schema: [String: Any]) -> Bool {
    let schema = resolved(schema)
    return schema["additionalProperties"] is [String: Any]
      || (schema["anyOf"] as? [[String: Any]] ?? []).contains(where: hasFreeKeys)
  }

  private func unknown(_ value: RecipeValue, _ schema: [String: Any]) -> [String] {
    if let list = value.list { return list.flatMap { unknown($0, items(schema)) } }
    let known = properties(schema)
    let isFree = hasFreeKeys(schema)
    return value.entries.flatMap { entry in
      known[entry.key].map { unknown(entry.value, $0) } ?? (isFree ? [] : [entry.value.path])
    }
  }

  @Test(arguments: shippedRecipes)
  func recipesUseItsKeys(_ path: String) throws {
    #expect(unknown(try Recipe.load(path: path, files: .none).values, schema) == [])
  }

  @Test func everyKeyOfTheGrammarIsInIt() throws {
    var count = 0
    func missing(_ form: Form, _ schema: [String: Any], _ path: String) -> [String] {
      switch form {
      case .map(let form), .scalarOr(_, let form):
        let known = properties(schema)
        return form.keys.flatMap { key -> [String] in
          count += 1
          guard let inner = known[key.name] else { return ["\(path).\(key.name)"] }
          return missing(key.form, inner, "\(path).\(key.name)")
        }
      case .list(let element, _): return missing(element, items(schema), path)
      // Within itself it is the same list.
      case .layers where !path.contains(".layers."):
        return missing(.map(Grammar.layerEntry), items(schema), path)
      case .wordOr(_, let form), .offOr(let form): return missing(form, schema, path)
      default: return []
      }
    }
    #expect(missing(.map(Grammar.recipe), schema, "") == [])
    #expect(count > 150)
  }

  /// Lists of layers hold lists of layers.
  @Test func listsOfLayersNest() throws {
    let model = try #require(properties(schema)["model"])
    let entry = items(try #require(properties(model)["layers"]))
    for (kind, key) in [("repeat", "layers"), ("residual", "layers"), ("residual", "shortcut")] {
      let arguments = try #require(properties(entry)[kind])
      let inner = try #require(properties(arguments)[key])
      #expect(!properties(items(inner)).isEmpty, "\(kind)")
    }
    #expect((entry["anyOf"] as? [[String: Any]])?.contains { $0["$ref"] as? String == "#/$defs/layers" } == true)
  }

  @Test func isDraft2020() throws {
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    #expect(schema["additionalProperties"] as? Bool == false)
  }
}
