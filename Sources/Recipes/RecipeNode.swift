/// A piece of YAML with its place, before anything is known of its meaning.
struct RecipeNode: Sendable {
  struct Entry: Sendable {
    var key: String
    var place: Place
    var value: RecipeNode
  }

  enum Content: Sendable {
    /// Plain: without quotes or a string tag, so that it may be a number, a boolean or nothing.
    case scalar(String, isPlain: Bool)
    case list([RecipeNode])
    case map([Entry])
  }

  var content: Content
  var place: Place

  /// A default's text as a node: `{}`, a list in YAML, or a scalar, plain or in single quotes.
  init(default text: String, place: Place) {
    switch text.first {
    case "{": content = .map([])
    case "[": content = (try? RecipeNode.parse(text, file: "a default", place: place))?.content ?? .list([])
    default:
      let isQuoted = text.count > 1 && text.first == "'" && text.last == "'"
      content = .scalar(isQuoted ? String(text.dropFirst().dropLast()) : text, isPlain: !isQuoted)
    }
    self.place = place
  }

  init(_ content: Content, place: Place) {
    self.content = content
    self.place = place
  }

  var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// YAML 1.1's words.
  var boolean: Bool? {
    guard case .scalar(let text, isPlain: true) = content else { return nil }
    switch text {
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return true
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return false
    default: return nil
    }
  }

  /// Digits of a decimal integer; nil for anything that YAML's versions read differently, such as `010`.
  private var integerText: String? {
    guard case .scalar(let text, isPlain: true) = content else { return nil }
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    guard let first = digits.first, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "_") }), first != "_",
      digits.last != "_", first != "0" || digits.count == 1
    else { return nil }
    return text.filter { $0 != "_" && $0 != "+" }
  }

  var integer: Int? { integerText.flatMap { Int($0) } }

  var unsigned: UInt64? { integerText.flatMap { UInt64($0) } }

  /// Any number, not finite ones (`.inf`, `.nan`) included.
  var number: Double? {
    guard case .scalar(let text, isPlain: true) = content else { return nil }
    if let integerText { return Double(integerText) }
    switch text.lowercased() {
    case ".inf", "+.inf": return .infinity
    case "-.inf": return -.infinity
    case ".nan": return .nan
    default: break
    }
    guard text.contains(where: \.isNumber), text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) })
    else { return nil }
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }
    guard let last = mantissa.last, last.isNumber || last == "." else { return nil }
    // Swift wants digits on both sides of the point, YAML does not.
    var complete = mantissa.replacing(/(^|[-+])\./) { "\($0.output.1)0." }
    if complete.last == "." { complete.append("0") }
    return Double(complete + text.dropFirst(mantissa.count))
  }

  /// A text that YAML does not take for something else; nil for `2024` or `yes` without quotes.
  var text: String? {
    guard case .scalar(let text, let isPlain) = content else { return nil }
    if isPlain, isNull || boolean != nil || number != nil { return nil }
    return text
  }

  /// What an error message calls this.
  var found: String {
    switch content {
    case .map: return "a map"
    case .list(let nodes): return nodes.isEmpty ? "an empty list" : "a list"
    case .scalar(let text, let isPlain):
      if isNull { return text.isEmpty ? "nothing" : "null" }
      let short = text.count > 60 ? text.prefix(57) + "..." : text[...]
      if isPlain, boolean != nil || number != nil { return String(short) }
      return "\"\(short)\""
    }
  }
}
