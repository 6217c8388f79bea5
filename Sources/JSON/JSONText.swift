internal import Glibc

/// A value as it stands in the line; of a key, and of a string without quotes, what stands between them.
public struct JSONText {
  public enum Kind: Sendable { case string, number, word, array, object }

  public let kind: Kind
  public let bytes: UnsafeBufferPointer<UInt8>

  public func isEqual(to text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && begins(with: text)
  }

  public func isEqual(to other: [UInt8]) -> Bool {
    guard bytes.count == other.count, let start = bytes.baseAddress else { return bytes.isEmpty && other.isEmpty }
    return memcmp(start, other, other.count) == 0
  }

  public func dropping(_ prefix: StaticString) -> JSONText? {
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
  public var number: Double? {
    switch kind {
    case .number: return JSONText.decimal(bytes)
    case .string:
      for (name, value) in JSONText.names where isEqual(to: name) { return value }
      return nil
    default: return nil
    }
  }

  public var integer: Int? { number.flatMap { Int(exactly: $0) } }

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
  public var string: String? {
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
  public var elements: [JSONText] {
    guard kind == .array else { return [] }
    var found: [JSONText] = []
    var cursor = JSONCursor(bytes)
    return cursor.array { found.append($0) } ? found : []
  }

  /// An array's numbers; NaN where an element is none.
  public var numbers: [Double] { elements.map { $0.number ?? .nan } }
  public var strings: [String] { elements.compactMap(\.string) }

  /// An object's members.
  public var members: [(key: String, value: JSONText)] {
    guard kind == .object else { return [] }
    var found: [(String, JSONText)] = []
    var cursor = JSONCursor(bytes)
    return cursor.object { found.append(($0.string ?? "", $1)) } ? found : []
  }
}
