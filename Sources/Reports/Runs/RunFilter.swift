/// Which runs to show: `tag = vanishing and loss < 0.3 or workers >= 8`.
///
/// `and` binds tighter than `or`, `not` tighter than both. A list equals a word if it holds it. A figure that a run does
/// not have makes every comparison false but `!=`, which is the opposite of `=` always.
public indirect enum RunFilter: Sendable, Hashable {
  case comparison(field: String, Comparison, Operand)
  case not(RunFilter)
  case and(RunFilter, RunFilter)
  case or(RunFilter, RunFilter)

  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    /// Case does not count.
    case contains = "~"
  }

  /// What a field is compared with: a text, which may also be read as a number unless it was quoted.
  public struct Operand: Sendable, Hashable {
    public let text: String
    public let isQuoted: Bool

    public init(_ text: String, isQuoted: Bool = false) {
      self.text = text
      self.isQuoted = isQuoted
    }

    /// `0.3`, `1e-3`, `nan`, `inf`.
    public var number: Double? { isQuoted ? nil : RunFilter.number(text) }
  }

  public func matches(_ run: RunRecord) -> Bool {
    switch self {
    case .not(let filter): !filter.matches(run)
    case .and(let left, let right): left.matches(run) && right.matches(run)
    case .or(let left, let right): left.matches(run) || right.matches(run)
    case .comparison(let field, .notEqual, let operand):
      !RunFilter.holds(RunField.named(field).value(run), .equal, operand)
    case .comparison(let field, let comparison, let operand):
      RunFilter.holds(RunField.named(field).value(run), comparison, operand)
    }
  }

  /// The fields that are asked for, in order.
  public var fields: [String] {
    switch self {
    case .comparison(let field, _, _): [field]
    case .not(let filter): filter.fields
    case .and(let left, let right), .or(let left, let right): left.fields + right.fields
    }
  }

  private static func holds(_ value: RunValue?, _ comparison: Comparison, _ operand: Operand) -> Bool {
    switch value {
    case nil: false
    case .number, .integer:
      if comparison == .contains {
        contains(value?.text ?? "", operand.text)
      } else if let left = value?.number, let right = operand.number {
        holds(left, comparison, right)
      } else {
        false
      }
    case .text(let text): comparison == .contains ? contains(text, operand.text) : holds(text, comparison, operand.text)
    case .list(let words):
      words.contains { comparison == .contains ? contains($0, operand.text) : holds($0, comparison, operand.text) }
    }
  }

  private static func holds(_ left: Double, _ comparison: Comparison, _ right: Double) -> Bool {
    comparison == .equal && left.isNaN ? right.isNaN : ordered(left, comparison, right)
  }

  private static func holds(_ left: String, _ comparison: Comparison, _ right: String) -> Bool {
    ordered(left, comparison, right)
  }

  private static func ordered<T: Comparable>(_ left: T, _ comparison: Comparison, _ right: T) -> Bool {
    switch comparison {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    case .contains: false
    }
  }

  private static func contains(_ text: String, _ piece: String) -> Bool {
    piece.isEmpty || text.lowercased().contains(piece.lowercased())
  }

  static func number(_ text: String) -> Double? {
    switch text.lowercased() {
    case "nan": .nan
    case "inf", "infinity": .infinity
    case "-inf", "-infinity": -.infinity
    default: text.utf8.contains { $0 | 32 == UInt8(ascii: "x") || $0 | 32 == UInt8(ascii: "p") } ? nil : Double(text)
    }
  }
}

extension RunFilter: CustomStringConvertible {
  /// An expression that reads back as this filter.
  public var description: String {
    switch self {
    case .comparison(let field, let comparison, let operand):
      "\(RunFilter.word(field)) \(comparison.rawValue) \(operand)"
    case .not(let filter): "not \(filter.inParentheses(unless: { !$0.isJunction }))"
    case .and(let left, let right):
      "\(left.inParentheses(unless: { !$0.isOr })) and \(right.inParentheses(unless: { !$0.isJunction }))"
    case .or(let left, let right): "\(left) or \(right.inParentheses(unless: { !$0.isOr }))"
    }
  }

  private func inParentheses(unless isPlain: (RunFilter) -> Bool) -> String {
    isPlain(self) ? description : "(\(description))"
  }

  private var isOr: Bool { if case .or = self { true } else { false } }
  private var isJunction: Bool {
    switch self {
    case .and, .or: true
    case .not, .comparison: false
    }
  }

  /// As it can stand in an expression: plain where it reads as one word.
  static func word(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.allSatisfy(RunFilterReader.isWordCharacter)
    return isPlain && !RunFilterReader.keywords.contains(text.lowercased()) ? text : quoted(text)
  }

  static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

extension RunFilter.Operand: CustomStringConvertible {
  public var description: String { isQuoted ? RunFilter.quoted(text) : RunFilter.word(text) }
}
