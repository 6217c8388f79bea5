/// HTML or SVG text. Whatever a literal interpolates is escaped unless it is markup itself, so a name out of a recipe or
/// a checkpoint can never become a tag.
package struct Markup: Sendable, Hashable, ExpressibleByStringInterpolation {
  package private(set) var text: String

  package init(stringLiteral value: String) { text = value }
  package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Text as it is: for what this module has put together itself.
  package init(trusted text: String) { self.text = text }

  /// Text that means itself.
  package init(escaping text: String) { self.text = Markup.escaped(text) }

  package static let empty = Markup(trusted: "")

  /// A sentence in which `this` is code.
  package static func prose(_ text: String) -> Markup {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    // A backtick without its other half means itself.
    guard parts.count % 2 == 1 else { return Markup(escaping: text) }
    return Markup(
      trusted: parts.enumerated().map { number, part in
        number % 2 == 0 ? escaped(String(part)) : "<code>\(escaped(String(part)))</code>"
      }.joined())
  }

  /// A name that may be broken behind its underscores, and behind dots that are in no number, and nowhere else.
  package static func name(_ text: String) -> Markup {
    var out = ""
    var last: Character?
    for character in escaped(text) {
      if last == "_" || last == "." && character.isLetter { out += "<wbr>" }
      out.append(character)
      last = character
    }
    return Markup(trusted: out)
  }

  package static func += (left: inout Markup, right: Markup) { left.text += right.text }
  package static func + (left: Markup, right: Markup) -> Markup { Markup(trusted: left.text + right.text) }

  /// `text` for element content and quoted attributes, of HTML and of XML. Control characters, which XML does not have,
  /// become U+FFFD.
  package static func escaped(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\t", "\n", "\r": out.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value & 0xfffe == 0xfffe:
        out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  package struct StringInterpolation: StringInterpolationProtocol {
    var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    package mutating func appendLiteral(_ literal: String) { text += literal }
    package mutating func appendInterpolation(_ value: String) { text += Markup.escaped(value) }
    package mutating func appendInterpolation(_ value: Markup) { text += value.text }
    package mutating func appendInterpolation(_ value: Int) { text += String(value) }
    package mutating func appendInterpolation(_ value: Double) { text += String(value) }
    package mutating func appendInterpolation(_ values: [Markup]) { for value in values { text += value.text } }
  }
}
