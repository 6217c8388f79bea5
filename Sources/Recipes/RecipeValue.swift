/// A piece of a checked recipe: typed, complete with defaults, in the grammar's order.
struct RecipeValue: Sendable, Hashable {
  struct Entry: Sendable, Hashable {
    var key: String
    var value: RecipeValue
  }

  indirect enum Content: Sendable, Hashable {
    case boolean(Bool)
    case integer(Int)
    case unsigned(UInt64)
    case number(Double)
    case text(String)
    case list([RecipeValue])
    case map([Entry])
  }

  var content: Content
  /// Where it was written; a default stands where the map that lacks it stands.
  var place: Place
  var path: String

  /// What recipes say is compared, not where they say it.
  static func == (left: RecipeValue, right: RecipeValue) -> Bool { left.content == right.content }
  func hash(into hasher: inout Hasher) { hasher.combine(content) }

  subscript(key: String) -> RecipeValue? {
    get { entries.first { $0.key == key }?.value }
    set {
      guard case .map(var entries) = content else { return }
      let index = entries.firstIndex { $0.key == key }
      if let index, let newValue {
        entries[index].value = newValue
      } else if let index {
        entries.remove(at: index)
      } else if let newValue {
        entries.append(Entry(key: key, value: newValue))
      }
      content = .map(entries)
    }
  }

  var entries: [Entry] {
    if case .map(let entries) = content { return entries }
    return []
  }
  var list: [RecipeValue]? {
    if case .list(let values) = content { return values }
    return nil
  }
  var text: String? {
    if case .text(let text) = content { return text }
    return nil
  }
  var integer: Int? {
    if case .integer(let integer) = content { return integer }
    return nil
  }
  var number: Double? {
    if case .number(let number) = content { return number }
    return nil
  }
  var boolean: Bool? {
    if case .boolean(let boolean) = content { return boolean }
    return nil
  }

  /// Of `{adam: {...}, clip_value: 1}` and the like: the name that was chosen, and its arguments.
  var choice: (name: String, arguments: RecipeValue)? {
    for entry in entries { if case .map = entry.value.content { return (entry.key, entry.value) } }
    return nil
  }
}

extension RecipeValue {
  /// Of a choice that is written as its name alone, or with arguments.
  var nameOfChoice: String? { text ?? choice?.name }
}

/// What the grammar guarantees to be there. A failure is a grammar and a builder at odds, which any recipe shows.
extension RecipeValue {
  func value(_ key: String) -> RecipeValue { self[key] ?? missing(key) }
  func integer(_ key: String) -> Int { self[key]?.integer ?? missing(key) }
  func number(_ key: String) -> Double { self[key]?.number ?? missing(key) }
  func float(_ key: String) -> Float { Float(number(key)) }
  func boolean(_ key: String) -> Bool { self[key]?.boolean ?? missing(key) }
  func text(_ key: String) -> String { self[key]?.text ?? missing(key) }
  func list(_ key: String) -> [RecipeValue] { self[key]?.list ?? missing(key) }
  func unsigned(_ key: String) -> UInt64 {
    if case .unsigned(let number)? = self[key]?.content { return number }
    return missing(key)
  }
  /// An enumeration's case by its raw value.
  func word<Word: RawRepresentable<String>>(_ key: String) -> Word { Word(rawValue: text(key)) ?? missing(key) }

  var chosen: (name: String, arguments: RecipeValue) { choice ?? missing("a choice") }

  private func missing<T>(_ key: String) -> T {
    preconditionFailure("the grammar has no \(key) of the type asked for in `\(path)`")
  }
}
