/// One thing that a recipe can ask for by its name: how that is written, and what is made of it.
///
/// Reader, defaults, error messages, JSON Schema and builder all go by this one value.
struct Constructor<Product>: Sendable {
  let name: String
  /// Other spellings that recipes may use.
  let aliases: [String]
  let keys: [Key]
  /// The key whose value may be given in the place of all arguments.
  let shorthand: String?
  /// One sentence for the JSON Schema.
  let summary: String
  /// Makes it of its arguments, which are complete and have been checked against `keys`.
  let build: @Sendable (_ arguments: RecipeValue) -> Product

  init(
    _ name: String, aliases: [String] = [], keys: [Key] = [], shorthand: String? = nil, summary: String = "",
    build: @escaping @Sendable (_ arguments: RecipeValue) -> Product
  ) {
    self.name = name
    self.aliases = aliases
    self.keys = keys
    self.shorthand = shorthand
    self.summary = summary
    self.build = build
  }
}

/// All constructors of one kind of thing, in the order in which messages and the JSON Schema list them.
struct Registry<Product>: Sendable {
  /// `name`, or `{name: {arguments}}`.
  let form: MapForm
  private let constructors: [Constructor<Product>]

  /// - Parameters:
  ///   - what: one of them, for messages: "an optimizer".
  ///   - besides: a last key of each, which its `build` does not read.
  ///   - refused: names that are understood, but not accepted, and why.
  ///   - definition: what the JSON Schema calls the form, where several keys share it.
  init(
    _ what: String, _ constructors: [Constructor<Product>], besides: Key? = nil, refused: [String: String] = [:],
    definition: String? = nil
  ) {
    self.constructors = constructors
    let accepted = constructors.filter { refused[$0.name] == nil }
    var aliases: [String: String] = [:]
    for constructor in accepted { for alias in constructor.aliases { aliases[alias] = constructor.name } }
    form = .oneOf(
      what, accepted.map { ($0.name, $0.keys + (besides.map { [$0] } ?? []), $0.shorthand) }, aliases: aliases,
      refused: refused,
      definition: definition)
  }

  var names: [String] { form.choices }
  /// Other spellings, and the names that they stand for.
  var aliases: [String: String] { form.aliases }

  /// Makes what a value of `form` says.
  func build(_ value: RecipeValue) -> Product {
    let (name, arguments) = value.chosen
    return make(name, arguments)
  }

  /// Whether nothing that `build` reads is missing, as it is where the reader has found an error.
  func canBuild(_ value: RecipeValue) -> Bool { value.isComplete(form) && value.choice != nil }

  /// Makes what was written as its name alone, or with arguments.
  /// - Parameter value: one of `names` as a text, which leaves all arguments out; or of `form`.
  func build(named value: RecipeValue) -> Product {
    guard let name = value.text else { return build(value) }
    return make(name, RecipeValue(content: .map([]), place: value.place, path: value.path))
  }

  private func make(_ name: String, _ arguments: RecipeValue) -> Product {
    guard let constructor = constructors.first(where: { $0.name == name }) else {
      preconditionFailure("`\(arguments.path)` was not read by this registry's form: it has no `\(name)`")
    }
    return constructor.build(arguments)
  }
}

extension RecipeValue {
  /// Whether each key that must be given, or has a default, is there, and all of these are complete.
  fileprivate func isComplete(_ form: MapForm) -> Bool {
    guard case .map(let entries) = content else { return true }
    if !form.choices.isEmpty, !entries.contains(where: { form.choices.contains($0.key) }) { return false }
    for key in form.keys {
      guard let entry = entries.first(where: { $0.key == key.name }) else {
        if case .absent = key.preset { continue }
        return false
      }
      if case .map(let inner) = key.form, !entry.value.isComplete(inner) { return false }
    }
    return true
  }
}
