extension StringProtocol {
  /// The text as it may stand on a terminal: control characters, and those that turn the direction of writing, as escapes
  /// such as `\u{1B}`.
  ///
  /// - Parameter keepingLines: whether line feeds stay.
  public func printable(keepingLines: Bool = false) -> String {
    // Most texts are plain ASCII.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(self) }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": result += keepingLines ? "\n" : "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.isControlling: result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// C0, C1, and the marks that change the direction of what follows.
  fileprivate var isControlling: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
