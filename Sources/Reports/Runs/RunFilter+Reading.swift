internal import Datasets

/// An expression that cannot be read, and where.
public struct RunFilterError: Error, Sendable, Hashable, CustomStringConvertible {
  public let expression: String
  /// Characters before the trouble.
  public let offset: Int
  public let message: String

  /// The message, the expression, and a caret below the place.
  public var description: String {
    let line = expression.map { $0.isNewline || $0 == "\t" ? " " : $0 }
    return "character \(offset + 1): \(message)\n  \(String(line))\n  \(String(repeating: " ", count: offset))^"
  }
}

extension RunFilter {
  /// Reads an expression.
  ///
  /// - Parameter fields: names that fields may have; nil: any.
  /// - Throws: `RunFilterError`.
  public init(_ expression: String, fields: [String]? = nil) throws(RunFilterError) {
    var reader = try RunFilterReader(expression, fields: fields)
    self = try reader.filter()
  }
}

/// Recursive descent, one function a rule:
///
///     filter     = conjunction { "or" conjunction }
///     conjunction = term { "and" term }
///     term       = "not" term | "(" filter ")" | comparison
///     comparison = word ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" ) word
struct RunFilterReader {
  private struct Token {
    enum Kind { case word, quoted, symbol, end }

    var kind: Kind
    var text: String
    var offset: Int
  }

  static let keywords: Set<String> = ["and", "or", "not"]
  private static let symbols = ["!=", "<=", ">=", "==", "=", "<", ">", "~", "(", ")"]
  /// Deeper than anybody writes, and far from the stack's end.
  private static let maximalDepth = 100
  private static let maximalComparisons = 1000

  private let expression: String
  private let fields: [String]?
  private var tokens: [Token] = []
  private var position = 0
  private var depth = 0
  private var comparisons = 0

  init(_ expression: String, fields: [String]?) throws(RunFilterError) {
    self.expression = expression
    self.fields = fields
    try split()
  }

  static func isWordCharacter(_ character: Character) -> Bool {
    !character.isWhitespace && !"=!<>~()\"'\\".contains(character)
  }

  private func error(_ offset: Int, _ message: String) -> RunFilterError {
    RunFilterError(expression: expression, offset: offset, message: message)
  }

  private mutating func split() throws(RunFilterError) {
    let characters = Array(expression)
    var index = 0
    while index < characters.count {
      let start = index
      let character = characters[index]
      if character.isWhitespace {
        index += 1
      } else if character == "\"" || character == "'" {
        tokens.append(Token(kind: .quoted, text: try quoted(characters, &index), offset: start))
      } else if let symbol = RunFilterReader.symbols.first(where: { characters[start...].starts(with: $0) }) {
        index += symbol.count
        tokens.append(Token(kind: .symbol, text: symbol == "==" ? "=" : symbol, offset: start))
      } else if RunFilterReader.isWordCharacter(character) {
        while index < characters.count, RunFilterReader.isWordCharacter(characters[index]) { index += 1 }
        tokens.append(Token(kind: .word, text: String(characters[start..<index]), offset: start))
      } else {
        throw error(start, "expected a field, a comparison or a value, found `\(character)`")
      }
    }
    tokens.append(Token(kind: .end, text: "", offset: characters.count))
  }

  private func quoted(_ characters: [Character], _ index: inout Int) throws(RunFilterError) -> String {
    let (start, mark) = (index, characters[index])
    var text = ""
    index += 1
    while index < characters.count {
      if characters[index] == mark {
        index += 1
        return text
      }
      if characters[index] == "\\", index + 1 < characters.count { index += 1 }
      text.append(characters[index])
      index += 1
    }
    throw error(start, "expected another \(mark) at the end of this text")
  }

  mutating func filter() throws(RunFilterError) -> RunFilter {
    let filter = try disjunction()
    let rest = tokens[position]
    if rest.kind != .end { throw error(rest.offset, "expected `and`, `or` or the end, found `\(rest.text)`") }
    return filter
  }

  private mutating func disjunction() throws(RunFilterError) -> RunFilter {
    var filter = try conjunction()
    while takeKeyword("or") { filter = .or(filter, try conjunction()) }
    return filter
  }

  private mutating func conjunction() throws(RunFilterError) -> RunFilter {
    var filter = try term()
    while takeKeyword("and") { filter = .and(filter, try term()) }
    return filter
  }

  private mutating func term() throws(RunFilterError) -> RunFilter {
    let token = tokens[position]
    depth += 1
    defer { depth -= 1 }
    if depth > RunFilterReader.maximalDepth { throw error(token.offset, "nested too deeply") }
    if takeKeyword("not") { return .not(try term()) }
    if token.kind == .symbol, token.text == "(" {
      position += 1
      let filter = try disjunction()
      let end = tokens[position]
      guard end.kind == .symbol, end.text == ")" else {
        throw error(end.offset, "expected `)` to close the one at character \(token.offset + 1), found \(found(end))")
      }
      position += 1
      return filter
    }
    return try comparison()
  }

  private mutating func comparison() throws(RunFilterError) -> RunFilter {
    let field = tokens[position]
    comparisons += 1
    if comparisons > RunFilterReader.maximalComparisons {
      throw error(field.offset, "more than \(RunFilterReader.maximalComparisons) comparisons")
    }
    guard isWord(field) else {
      throw error(field.offset, "expected a field such as `loss`, found \(found(field))")
    }
    if let fields, !fields.contains(RunField.synonyms[field.text] ?? field.text) {
      throw error(
        field.offset, "no run has a `\(field.text)`" + RunFilterReader.hint(for: field.text, among: fields))
    }
    position += 1
    let sign = tokens[position]
    guard sign.kind == .symbol, let comparison = RunFilter.Comparison(rawValue: sign.text) else {
      let signs = RunFilter.Comparison.allCases.map(\.rawValue).joined(separator: " ")
      throw error(sign.offset, "expected a comparison (\(signs)) after `\(field.text)`, found \(found(sign))")
    }
    position += 1
    let value = tokens[position]
    guard isWord(value) else {
      throw error(value.offset, "expected a value after `\(sign.text)`, found \(found(value))")
    }
    position += 1
    let operand = RunFilter.Operand(value.text, isQuoted: value.kind == .quoted)
    if RunField.named(field.text).kind == .number, comparison != .contains, operand.number == nil {
      throw error(value.offset, "`\(field.text)` is a number: expected one, found `\(value.text)`")
    }
    if field.text == "state", comparison == .equal || comparison == .notEqual,
      RunRecord.State(rawValue: value.text) == nil
    {
      let states = RunRecord.State.allCases.map(\.rawValue)
      throw error(value.offset, "expected one of \(states.joined(separator: ", ")), found `\(value.text)`")
    }
    return .comparison(field: field.text, comparison, operand)
  }

  static func hint(for name: String, among names: [String]) -> String {
    nearestName(to: name, in: names).map { "; did you mean `\($0)`?" } ?? ""
  }

  private func isWord(_ token: Token) -> Bool {
    token.kind == .quoted || token.kind == .word && !RunFilterReader.keywords.contains(token.text.lowercased())
  }

  private func found(_ token: Token) -> String { token.kind == .end ? "the end" : "`\(token.text)`" }

  private mutating func takeKeyword(_ keyword: String) -> Bool {
    let token = tokens[position]
    guard token.kind == .word, token.text.lowercased() == keyword else { return false }
    position += 1
    return true
  }
}
