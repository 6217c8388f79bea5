extension RecipeNode {
  /// Applies `--set key.path=value`.
  ///
  /// - Returns: What is wrong with the override; nil if it was applied.
  mutating func apply(override text: String, number: Int) -> (place: Place, path: String, message: String)? {
    let place = Place(line: 0, column: 0, override: text, number: number)
    guard let equals = text.firstIndex(of: "=") else { return (place, "", "expected key.path=value") }
    let path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.allSatisfy({ !$0.isEmpty }) else { return (place, "", "expected key.path=value, found an empty key") }
    let value: RecipeNode
    do {
      value = try RecipeNode.parse(String(text[text.index(after: equals)...]), file: "", place: place)
    } catch {
      return (place, "", (error as? RecipeError)?.issues.first?.message ?? "\(error)")
    }
    return set(value, at: path[...], done: []).map { (place, $0.path, $0.message) }
  }

  private mutating func set(_ value: RecipeNode, at path: ArraySlice<String>, done: [String]) -> (
    path: String, message: String
  )? {
    guard let key = path.first else {
      self = value
      return nil
    }
    let here = done.joined(separator: ".")
    switch content {
    case .list(var nodes):
      guard let index = Int(key), nodes.indices.contains(index) else {
        let last = nodes.count - 1
        return (here, "expected an index from 0 to \(last) of this list of \(nodes.count), found `\(key)`")
      }
      let problem = nodes[index].set(value, at: path.dropFirst(), done: done + [key])
      content = .list(nodes)
      return problem
    case .map(var entries):
      let index = entries.firstIndex { $0.key == key } ?? entries.endIndex
      if index == entries.endIndex {
        let empty = RecipeNode(.map([]), place: value.place)
        entries.append(Entry(key: key, place: value.place, value: empty))
      }
      let problem = entries[index].value.set(value, at: path.dropFirst(), done: done + [key])
      content = .map(entries)
      return problem
    case .scalar(let text, _):
      // `loss: huber` is short for `loss: {huber: {}}`.
      guard isNull || text == key else {
        return (here, "has the value \(found), so that `\(key)` cannot be set in it; set `\(here)={...}` instead")
      }
      content = .map([])
      place = value.place
      return set(value, at: path, done: done)
    }
  }
}
