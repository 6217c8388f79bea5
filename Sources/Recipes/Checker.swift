/// Reads nodes by their forms: reports what does not fit, and makes what fits complete with defaults.
struct Checker {
  var issues = IssueList()

  /// - Parameter outer: keys of the maps around, for keys that were put on the wrong level.
  /// - Returns: nil if an error was reported.
  mutating func value(_ node: RecipeNode, _ form: Form, _ path: String, outer: [MapForm] = []) -> RecipeValue? {
    func made(_ content: RecipeValue.Content) -> RecipeValue {
      RecipeValue(content: content, place: node.place, path: path)
    }
    switch form {
    case .boolean:
      if let boolean = node.boolean { return made(.boolean(boolean)) }
    case .integer(let range):
      if let integer = node.integer {
        if range.contains(integer) { return made(.integer(integer)) }
        // Large bounds are named only where they matter.
        if integer > range.upperBound, range.upperBound >= Int(Int32.max) {
          issues.add(node.place, path, "expected an integer of at most \(range.upperBound), found \(node.found)")
          return nil
        }
      }
    case .unsigned:
      if let unsigned = node.unsigned { return made(.unsigned(unsigned)) }
    case .number(let range):
      if let number = node.number, range.contains(number) { return made(.number(number == 0 ? 0 : number)) }
    case .text(let rule):
      if let text = rule.accepted(node) { return made(.text(text)) }
    case .word(let words, let aliases):
      if let text = node.text, let word = words.contains(text) ? text : aliases[text] { return made(.text(word)) }
      if let text = node.text {
        issues.add(node.place, path, "unknown value `\(text)`" + NearestName.hint(for: text, among: words))
        return nil
      }
    case .wordOr(let word, let other):
      if node.text == word { return made(.text(word)) }
      if node.fits(other) { return value(node, other, path) }
    case .offOr(let other):
      if node.isNull { return made(other.off) }
      if node.number == 0 { return made(other.off) }
      if node.fits(other) { return value(node, other, path) }
    case .scalarOr(let scalar, let map):
      if case .map = node.content { return value(node, .map(map), path, outer: outer) }
      return value(node, scalar, path)
    case .list(let element, let atLeast):
      guard case .list(let nodes) = node.content, nodes.count >= atLeast else { break }
      let values = nodes.enumerated().map { value($0.element, element, "\(path).\($0.offset)") }
      return values.contains { $0 == nil } ? nil : made(.list(values.compactMap(\.self)))
    case .layers:
      guard case .list(let nodes) = node.content, !nodes.isEmpty else { break }
      let values = nodes.enumerated().map { number, node -> RecipeValue? in
        let isList = if case .list = node.content { true } else { false }
        return value(node, isList ? .layers : .map(Grammar.layerEntry), "\(path).\(number)")
      }
      return values.contains { $0 == nil } ? nil : made(.list(values.compactMap(\.self)))
    case .pair(let element):
      guard case .list(let nodes) = node.content, nodes.count == 2 else { break }
      return value(node, .list(element, atLeast: 2), path)
    case .oneOrMore(let element):
      if case .list = node.content { return value(node, .list(element, atLeast: 1), path) }
      return value(node, element, path).map { made(.list([$0])) }
    case .textOrNamed(let rule):
      if let text = rule.accepted(node) { return made(.text(text)) }
      guard case .map(let entries) = node.content else { break }
      if entries.isEmpty { break }
      return named(entries, rule, path).map { made(.map($0)) }
    case .texts:
      guard case .map(let entries) = node.content else { break }
      return made(
        .map(
          entries.compactMap { entry in
            value(entry.value, .text(.notEmpty), "\(path).\(entry.key)").map { .init(key: entry.key, value: $0) }
          }))
    case .numbers(let range):
      guard case .map(let entries) = node.content, !entries.isEmpty else { break }
      let values = entries.compactMap { entry in
        value(entry.value, .number(range), "\(path).\(entry.key)").map {
          RecipeValue.Entry(key: entry.key, value: $0)
        }
      }
      return values.count == entries.count ? made(.map(values)) : nil
    case .anything: return made(.text(node.flow))
    case .named(let form):
      guard case .map(let entries) = node.content, !entries.isEmpty else { break }
      let values = entries.compactMap { entry in
        value(entry.value, form, "\(path).\(entry.key)").map { RecipeValue.Entry(key: entry.key, value: $0) }
      }
      return values.count == entries.count ? made(.map(values)) : nil
    case .map(let form):
      if let shorthand = form.shorthand, node.isShort(for: form) {
        let entry = RecipeNode.Entry(key: shorthand, place: node.place, value: node)
        return map([entry], node.place, form, path, outer)
      }
      switch node.content {
      case .map(let entries): return map(entries, node.place, form, path, outer)
      case .scalar(let name, _) where form.allowsBareNames && !node.isNull: return bareName(name, node, form, path)
      case .scalar where node.isNull && form.choices.isEmpty: return map([], node.place, form, path, outer)
      default: break
      }
    }
    issues.add(node.place, path, "expected \(form.expected), found \(node.found)")
    return nil
  }

  /// Texts by names that layers could have.
  private mutating func named(
    _ entries: [RecipeNode.Entry], _ rule: TextRule, _ path: String
  ) -> [RecipeValue.Entry]? {
    var isGood = true
    let values = entries.compactMap { entry -> RecipeValue.Entry? in
      let name = RecipeNode(.scalar(entry.key, isPlain: false), place: entry.place)
      if TextRule.layerName.accepted(name) == nil {
        issues.add(entry.place, path, "expected \(TextRule.layerName.expected), found `\(entry.key)`")
        isGood = false
      }
      return value(entry.value, .text(rule), "\(path).\(entry.key)").map { .init(key: entry.key, value: $0) }
    }
    return isGood && values.count == entries.count ? values : nil
  }

  /// `adam` for `{adam: {}}`.
  private mutating func bareName(
    _ name: String, _ node: RecipeNode, _ form: MapForm, _ path: String
  ) -> RecipeValue? {
    let name = form.aliases[name] ?? name
    let entry = RecipeNode.Entry(key: name, place: node.place, value: RecipeNode(.map([]), place: node.place))
    guard form.choices.contains(name) || form.refused[name] != nil else {
      let hint = NearestName.hint(for: name, among: form.choices)
      issues.add(node.place, path, "unknown name `\(name)` of \(form.what)" + hint)
      return nil
    }
    return map([entry], node.place, form, path, [])
  }

  private mutating func map(
    _ entries: [RecipeNode.Entry], _ place: Place, _ form: MapForm, _ path: String, _ outer: [MapForm]
  ) -> RecipeValue? {
    func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    var given: [String: RecipeNode.Entry] = [:]
    var isRefused = false
    for var entry in entries {
      entry.key = form.key(entry.key) == nil ? form.aliases[entry.key] ?? entry.key : entry.key
      if form.key(entry.key) != nil {
        given[entry.key] = entry
      } else if let reason = form.refused[entry.key] {
        issues.add(entry.place, inner(entry.key), reason)
        isRefused = true
      } else {
        issues.add(entry.place, inner(entry.key), unknownKey(entry.key, form, outer))
        // Who misspelt the choice did choose.
        isRefused =
          isRefused || form.keys.count == form.choices.count
          || NearestName.nearest(to: entry.key, among: form.choices) != nil
      }
    }
    checkChoices(given, place, form, path, isRefused)

    var values: [RecipeValue.Entry] = []
    for key in form.keys {
      let node: RecipeNode
      if let entry = given[key.name] {
        node = entry.value
      } else if case .value(let text) = key.preset {
        node = RecipeNode(default: text, place: place)
      } else {
        if key.preset.isRequired { issues.add(place, path, "missing key `\(key.name)`: expected \(key.form.expected)") }
        continue
      }
      if case .absent = key.preset, node.isNull, !form.choices.contains(key.name) { continue }
      let value = value(node, key.form, inner(key.name), outer: [form] + outer)
      if let value { values.append(.init(key: key.name, value: value)) }
    }
    return RecipeValue(content: .map(values), place: place, path: path)
  }

  private mutating func checkChoices(
    _ given: [String: RecipeNode.Entry], _ place: Place, _ form: MapForm, _ path: String, _ isRefused: Bool
  ) {
    func inOrder(_ names: [String]) -> [RecipeNode.Entry] {
      names.compactMap { given[$0] }.sorted { $0.place < $1.place }
    }
    let chosen = inOrder(form.choices)
    if chosen.count > 1 {
      let names = chosen.map(\.key).quoted(" and ")
      issues.add(chosen[1].place, path, "expected \(form.what), exactly one, found \(names)")
    } else if chosen.isEmpty, !form.choices.isEmpty, !isRefused {
      issues.add(place, path, "expected \(form.what): one of \(form.choices.quoted(", ")), found none")
    }
    let exclusive = inOrder(form.exclusive).filter { !$0.value.isNull }
    if exclusive.count > 1 {
      let names = exclusive.map(\.key).quoted(" and ")
      issues.add(
        exclusive[1].place, path,
        "contradictory: expected at most one of \(form.exclusive.quoted(", ")), found \(names)")
    }
  }

  private func unknownKey(_ key: String, _ form: MapForm, _ outer: [MapForm]) -> String {
    let start = "unknown key `\(key)`"
    let names = form.names
    if NearestName.nearest(to: key, among: names) == nil {
      if let holder = outer.first(where: { $0.key(key) != nil }) { return start + "; it belongs to \(holder.what)" }
      for case let (name, .map(inside)) in form.keys.map({ ($0.name, $0.form) }) where inside.key(key) != nil {
        return start + "; it belongs into `\(name)`"
      }
    }
    return start + NearestName.hint(for: key, among: names)
  }
}

extension RecipeNode {
  /// Whether the node says the value of a form's `shorthand`: what is no map, or a map with keys of its own.
  fileprivate func isShort(for form: MapForm) -> Bool {
    guard case .map(let entries) = content else { return !isNull }
    return !entries.isEmpty && !entries.contains { form.key($0.key) != nil }
  }

  /// Whether the node is of the form's type and in its range.
  fileprivate func fits(_ form: Form) -> Bool {
    var checker = Checker()
    return checker.value(self, form, "") != nil
  }
}

extension Form {
  /// What an error message says was expected.
  var expected: String {
    switch self {
    case .boolean: "true or false"
    case .integer(let range):
      range.upperBound >= Int(Int32.max)
        ? "an integer >= \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)"
    case .unsigned: "an integer from 0 to \(UInt64.max)"
    case .number(let range): range.expected
    case .text(let rule): rule.expected
    case .word(let words, _): "one of \(words.quoted(", "))"
    case .list(let element, let atLeast): atLeast > 0 ? "a list of \(atLeast) or more" : "a list of \(element.plural)"
    case .pair(let element): "a list of two \(element.plural)"
    case .oneOrMore(let element): "\(element.expected), or a list of \(element.plural)"
    case .map(let form):
      form.choices.isEmpty ? "a map (\(form.what))" : "\(form.what): one of \(form.choices.quoted(", "))"
    case .wordOr(let word, let form): "`\(word)` or \(form.expected)"
    case .offOr(let form): "\(form.expected), or 0 for never"
    case .scalarOr(let form, _): form.expected
    case .textOrNamed(let rule): "\(rule.expected), or a map of names to such texts"
    case .texts: "a map of texts"
    case .named(.map(let form)): "a map of names to \(form.what)"
    case .named(let form): "a map of names to \(form.plural)"
    case .anything: "a value"
    case .numbers(let range): "a map of names to numbers (\(range.expected))"
    case .layers: "a list of 1 or more"
    }
  }

  private var plural: String {
    switch self {
    case .text: "texts"
    case .word: "names"
    case .scalarOr(let form, _): form.plural
    default: "values"
    }
  }

  /// What `offOr` keeps for "never".
  fileprivate var off: RecipeValue.Content {
    if case .number = self { return .number(0) }
    return .integer(0)
  }
}
