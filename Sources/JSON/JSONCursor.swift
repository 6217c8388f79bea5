/// Walks over JSON and finds where values begin and end.
struct JSONCursor {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  /// Far above what a line of ours needs, far below what the stack holds.
  private static let maximalDepth = 32
  private var depth = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return index == bytes.count
    }
  }

  mutating func object(_ body: (JSONText, JSONText) -> Void) -> Bool {
    guard take(UInt8(ascii: "{")) else { return false }
    if take(UInt8(ascii: "}")) { return true }
    repeat {
      skipSpace()
      guard let key = string(), take(UInt8(ascii: ":")), let value = value() else { return false }
      body(key, value)
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}"))
  }

  mutating func array(_ body: (JSONText) -> Void) -> Bool {
    guard take(UInt8(ascii: "[")) else { return false }
    if take(UInt8(ascii: "]")) { return true }
    repeat {
      guard let value = value() else { return false }
      body(value)
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "]"))
  }

  private mutating func value() -> JSONText? {
    skipSpace()
    guard index < bytes.count else { return nil }
    let start = index
    let kind: JSONText.Kind
    switch bytes[index] {
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      kind = bytes[index] == UInt8(ascii: "{") ? .object : .array
      depth += 1
      defer { depth -= 1 }
      guard depth <= JSONCursor.maximalDepth, kind == .object ? object({ _, _ in }) : array({ _ in }) else {
        return nil
      }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      kind = .number
      skip { $0 > 32 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "}") }
    default:
      kind = .word
      skip { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
      let word = JSONText(kind: kind, bytes: UnsafeBufferPointer(rebasing: bytes[start..<index]))
      return word.isEqual(to: "null") || word.isEqual(to: "true") || word.isEqual(to: "false") ? word : nil
    }
    return JSONText(kind: kind, bytes: UnsafeBufferPointer(rebasing: bytes[start..<index]))
  }

  private mutating func string() -> JSONText? {
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return nil }
    let start = index + 1
    index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        index += 1
        return JSONText(kind: .string, bytes: UnsafeBufferPointer(rebasing: bytes[start..<index - 1]))
      case UInt8(ascii: "\\"): index += 2
      default: index += 1
      }
    }
    index = bytes.count
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() { skip { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 } }

  private mutating func skip(while holds: (UInt8) -> Bool) {
    while index < bytes.count && holds(bytes[index]) { index += 1 }
  }
}
