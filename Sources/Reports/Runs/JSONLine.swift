internal import Glibc

/// One line of JSON, read member by member where it lies: thousands of logs are looked through for a few figures each.
///
/// Made once and filled again for each line, so that reading allocates nothing. The bytes must outlive what is asked.
struct JSONLine {
  private var members: [(key: JSONText, value: JSONText)] = []

  /// Reads an object.
  ///
  /// - Returns: false, and no members, if the bytes are no JSON object: a line cut off by a kill, or not ours.
  mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    members.removeAll(keepingCapacity: true)
    var cursor = JSONCursor(bytes)
    guard cursor.object({ members.append(($0, $1)) }), cursor.isAtEnd else {
      members.removeAll(keepingCapacity: true)
      return false
    }
    return true
  }

  subscript(key: StaticString) -> JSONText? { members.first { $0.key.isEqual(to: key) }?.value }

  /// The first member's value of each key that begins so, with the rest of the key.
  func beginning(with prefix: StaticString, _ body: (_ rest: JSONText, _ value: JSONText) -> Void) {
    for member in members {
      if let rest = member.key.dropping(prefix) { body(rest, member.value) }
    }
  }

  func number(_ key: StaticString) -> Double? { self[key]?.number }
  func integer(_ key: StaticString) -> Int? { self[key]?.integer }
  func string(_ key: StaticString) -> String? { self[key]?.string }
}

/// A value as it stands in the line; of a key, and of a string without quotes, what stands between them.
struct JSONText {
  enum Kind { case string, number, word, array, object }

  let kind: Kind
  let bytes: UnsafeBufferPointer<UInt8>

  func isEqual(to text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && begins(with: text)
  }

  func isEqual(to other: [UInt8]) -> Bool {
    guard bytes.count == other.count, let start = bytes.baseAddress else { return bytes.isEmpty && other.isEmpty }
    return memcmp(start, other, other.count) == 0
  }

  func dropping(_ prefix: StaticString) -> JSONText? {
    let count = prefix.utf8CodeUnitCount
    guard bytes.count > count, begins(with: prefix) else { return nil }
    return JSONText(kind: kind, bytes: UnsafeBufferPointer(rebasing: bytes[count...]))
  }

  /// Of at most as many bytes as there are.
  private func begins(with text: StaticString) -> Bool {
    guard let start = bytes.baseAddress else { return text.utf8CodeUnitCount == 0 }
    return memcmp(start, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// A number, or one of the strings that stand for NaN and the infinities; nil: something else.
  var number: Double? {
    switch kind {
    case .number: return JSONText.decimal(bytes)
    case .string:
      for (name, value) in JSONText.names where isEqual(to: name) { return value }
      return nil
    default: return nil
    }
  }

  var integer: Int? { number.flatMap { Int(exactly: $0) } }

  private static let names: [(StaticString, Double)] = [
    ("nan", .nan), ("NaN", .nan), ("inf", .infinity), ("Infinity", .infinity), ("-inf", -.infinity),
    ("-Infinity", -.infinity),
  ]

  private static func decimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    // Up to 15 digits without point or exponent are exact; the rest is strtod's, of a copy that ends with a zero.
    if bytes.count <= 15 {
      var value = 0
      var isPlain = true
      for byte in bytes {
        guard byte >= 48 && byte <= 57 else {
          isPlain = false
          break
        }
        value = value * 10 + Int(byte - 48)
      }
      if isPlain { return Double(value) }
    }
    guard bytes.count < 64 else { return Double(String(decoding: bytes, as: UTF8.self)) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { copy in
      for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
      copy[bytes.count] = 0
      guard let start = copy.baseAddress else { return nil }
      var end: UnsafeMutablePointer<CChar>?
      let value = strtod(start, &end)
      return end == start + bytes.count ? value : nil
    }
  }

  /// A string with its escapes resolved; what is not valid is replaced.
  var string: String? {
    guard kind == .string else { return nil }
    guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
    var units: [UInt16] = []
    var plain: [UInt8] = []
    func flush() {
      units += String(decoding: plain, as: UTF8.self).utf16
      plain = []
    }
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
        plain.append(bytes[index])
        index += 1
        continue
      }
      switch bytes[index + 1] {
      case UInt8(ascii: "n"): plain.append(10)
      case UInt8(ascii: "t"): plain.append(9)
      case UInt8(ascii: "r"): plain.append(13)
      case UInt8(ascii: "b"): plain.append(8)
      case UInt8(ascii: "f"): plain.append(12)
      case UInt8(ascii: "u"):
        flush()
        let digits = bytes[min(index + 2, bytes.count)..<min(index + 6, bytes.count)]
        units.append(UInt16(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0xFFFD)
        index += 4
      case let other: plain.append(other)
      }
      index += 2
    }
    flush()
    return String(decoding: units, as: UTF16.self)
  }

  /// The elements of an array; empty: it is none.
  var elements: [JSONText] {
    guard kind == .array else { return [] }
    var found: [JSONText] = []
    var cursor = JSONCursor(bytes)
    return cursor.array { found.append($0) } ? found : []
  }

  /// An array's numbers; NaN where an element is none.
  var numbers: [Double] { elements.map { $0.number ?? .nan } }
  var strings: [String] { elements.compactMap(\.string) }

  /// An object's members.
  var members: [(key: String, value: JSONText)] {
    guard kind == .object else { return [] }
    var found: [(String, JSONText)] = []
    var cursor = JSONCursor(bytes)
    return cursor.object { found.append(($0.string ?? "", $1)) } ? found : []
  }
}

/// Walks over JSON and finds where values begin and end.
private struct JSONCursor {
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
