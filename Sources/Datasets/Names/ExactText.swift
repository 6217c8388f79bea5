/// A text that equals only the same bytes. Swift's `String` takes two spellings of a letter in Unicode (`é` as one scalar, or
/// as `e` with an accent) for one: two classes or columns of a file would become one.
public struct ExactText: Hashable, Sendable {
  public let text: String

  public init(_ text: String) { self.text = text }

  public static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension [String] {
  /// Whether both hold the same names in the same order, byte by byte.
  public func isExactly(_ other: [String]) -> Bool {
    elementsEqual(other) { $0.utf8.elementsEqual($1.utf8) }
  }

  /// Where each name stands first.
  var firstPlaces: [ExactText: Int] {
    [ExactText: Int](enumerated().map { (ExactText($1), $0) }) { first, _ in first }
  }

  /// The names one after another, for a message; of many the first twenty.
  var listed: String {
    if isEmpty { return "none" }
    return prefix(20).joined(separator: ", ") + (count > 20 ? ", ... (\(count))" : "")
  }

  /// What may be meant by a name that is not among these: the end of a sentence.
  func hint(for name: String) -> String? {
    // Canonical equality, as Swift compares.
    if contains(name) { return "`\(name)` looks the same but is other bytes: two spellings in Unicode (NFC, NFD)" }
    return nearestName(to: name, in: self).map { "did you mean `\($0)`?" }
  }
}

extension String {
  /// As a key of a map in YAML, in quotes where it needs some.
  var asKey: String {
    let isPlain =
      first?.isLetter == true && allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == " " } && last != " "
    let words: Set = ["null", "true", "false", "yes", "no", "on", "off"]
    if isPlain, !words.contains(lowercased()) { return self }
    return "\"" + replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
