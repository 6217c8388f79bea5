internal import Yams

extension RecipeNode {
  /// Far above any recipe; below what a wrong file or a bomb of aliases would need.
  static let maximalBytes = 10 << 20
  private static let maximalNodes = 100_000
  private static let maximalDepth = 100

  /// Reads one YAML document.
  ///
  /// - Parameter place: Where every node is said to be; nil: where it stands in `text`.
  /// - Throws: `RecipeError` if the text is no YAML or too much of it.
  static func parse(_ text: String, file: String, place: Place? = nil) throws -> RecipeNode {
    func error(_ found: Place?, _ message: String) -> RecipeError {
      let at = place ?? found ?? .start
      return RecipeError(kind: .badRecipe, issues: [.init(place: at.text(file: file), keyPath: "", message: message)])
    }
    guard text.utf8.count <= maximalBytes else {
      throw error(nil, "expected a recipe of at most \(maximalBytes >> 20) MB, found \(text.utf8.count) bytes")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text, .default, .default, .utf8)
    } catch let problem as YamlError {
      switch problem {
      case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
        .composer(let context, let problem, let mark, _):
        if problem.contains("nesting level") { throw error(nil, "nested deeper than \(maximalDepth) levels") }
        let during = context.map { "\($0.text) from line \($0.mark.line), column \($0.mark.column): " } ?? ""
        throw error(Place(mark), "not valid YAML: \(during)\(problem)")
      case .duplicatedKeysInMapping(let keys, let context):
        throw error(Place(context.mark), "duplicate key\(keys.count == 1 ? "" : "s") \(keys.quoted(", ")) in this map")
      case .reader(let problem, let offset, _, let yaml):
        let before = yaml.prefix(offset ?? 0)
        let line = before.count { $0.isNewline } + 1
        let column = before.reversed().prefix { !$0.isNewline }.count + 1
        throw error(Place(line: line, column: column), "not valid YAML: \(problem)")
      default: throw error(nil, "not valid YAML: \(problem)")
      }
    }
    var reader = NodeReader(override: place)
    let node = try root.map { try reader.read($0, depth: 0) }
    if let (found, message) = reader.problem { throw error(found, message) }
    return node ?? RecipeNode(.scalar("", isPlain: true), place: place ?? .start)
  }

  /// Turns Yams' nodes into ours: merge keys applied, and no more of them than a recipe can need, because aliases may
  /// stand for exponentially many.
  private struct NodeReader {
    let override: Place?
    var count = 0
    var problem: (Place, String)?

    mutating func read(_ node: Node, depth: Int) throws -> RecipeNode {
      let place = override ?? node.mark.map(Place.init) ?? .start
      count += 1
      if problem == nil, count > maximalNodes {
        problem = (place, "more than \(maximalNodes) values; are aliases nested?")
      }
      if problem == nil, depth > maximalDepth { problem = (place, "nested deeper than \(maximalDepth) levels") }
      guard problem == nil else { return RecipeNode(.list([]), place: place) }
      switch node {
      case .scalar(let scalar):
        let isText = scalar.style != .plain || scalar.tag.description == Tag.Name.str.rawValue
        return RecipeNode(.scalar(scalar.string, isPlain: !isText), place: place)
      case .sequence(let sequence):
        return RecipeNode(.list(try sequence.map { try read($0, depth: depth + 1) }), place: place)
      case .mapping(let mapping):
        return RecipeNode(.map(try entries(of: mapping, depth: depth)), place: place)
      case .alias: return RecipeNode(.scalar("", isPlain: true), place: place)
      }
    }

    private mutating func entries(of mapping: Node.Mapping, depth: Int) throws -> [Entry] {
      var entries: [Entry] = []
      var merged: [Entry] = []
      for (key, value) in mapping {
        let place = override ?? key.mark.map(Place.init) ?? .start
        guard case .scalar(let name) = key else {
          problem = problem ?? (place, "expected a name as key, found a list or map")
          continue
        }
        let node = try read(value, depth: depth + 1)
        if name.string == "<<", name.style == .plain {
          let sources = if case .list(let nodes) = node.content { nodes } else { [node] }
          for source in sources {
            guard case .map(let more) = source.content else {
              problem = problem ?? (place, "expected a map to merge, found \(source.found)")
              continue
            }
            merged += more
          }
        } else {
          entries.append(Entry(key: name.string, place: place, value: node))
        }
      }
      for entry in merged where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
      return entries
    }
  }
}

extension Place {
  fileprivate init(_ mark: Mark) { self.init(line: max(mark.line, 1), column: max(mark.column, 1)) }
}

extension Collection where Element == String {
  /// The names in backquotes.
  func quoted(_ separator: String) -> String { map { "`\($0)`" }.joined(separator: separator) }
}
