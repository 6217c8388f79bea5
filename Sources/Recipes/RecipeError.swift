/// Everything that is wrong with a recipe, in file order.
public struct RecipeError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// The recipe says something that cannot be meant.
    case badRecipe
    /// A file is not there: the recipe itself, or nothing else is wrong but files that it names.
    case missingFile
    /// The recipe is there, but cannot be read.
    case unreadable
  }

  /// One error: where, of which key, what was expected and found.
  public struct Issue: Sendable, Hashable, CustomStringConvertible {
    /// `recipe.yaml:12:5`, or `--set key=value`.
    public let place: String
    /// The key's path, `optimizer.adam.learning_rate`; empty for the recipe as a whole.
    public let keyPath: String
    public let message: String

    public var description: String {
      ([place, keyPath].filter { !$0.isEmpty } + [message]).joined(separator: ": ")
    }
  }

  public let kind: Kind
  public let issues: [Issue]

  public var description: String { issues.map(\.description).joined(separator: "\n") }
}

/// Where a piece of a recipe was written.
struct Place: Sendable, Hashable, Comparable {
  /// From 1; 0 for what an override says.
  var line: Int
  var column: Int
  /// An override's text and number; the number keeps their errors in order, after the file's.
  var override: String?
  var number = 0

  static let start = Place(line: 1, column: 1)

  static func < (left: Place, right: Place) -> Bool {
    (left.number, left.line, left.column) < (right.number, right.line, right.column)
  }

  func text(file: String) -> String { override.map { "--set \($0)" } ?? "\(file):\(line):\(column)" }
}

/// Errors as they are found; turned into one `RecipeError` at the end.
struct IssueList {
  private(set) var found: [(place: Place, path: String, message: String, isMissingFile: Bool)] = []

  var isEmpty: Bool { found.isEmpty }

  mutating func add(_ place: Place, _ path: String, _ message: String, isMissingFile: Bool = false) {
    // What is wrong in each copy of a repeated layer is said once.
    guard !found.contains(where: { $0.place == place && $0.path == path && $0.message == message }) else { return }
    found.append((place, path, message, isMissingFile))
  }

  /// - Throws: `RecipeError` if anything was found.
  func throwIfAny(file: String) throws {
    if !isEmpty { throw error(file: file) }
  }

  func error(file: String) -> RecipeError {
    // Stable: two errors of one place keep the order in which they were found.
    let sorted = found.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
    return RecipeError(
      kind: found.allSatisfy(\.isMissingFile) ? .missingFile : .badRecipe,
      issues: sorted.map(\.element).map {
        RecipeError.Issue(place: $0.place.text(file: file), keyPath: $0.path, message: $0.message)
      })
  }
}
