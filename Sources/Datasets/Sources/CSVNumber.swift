/// What a cell says when it is read as a number.
enum CSVNumber {
  case number(Double, isInteger: Bool)
  /// Nothing, or one of the usual words for nothing.
  case missing
  case text

  private static let missingWords: Set<String> = [
    "na", "n/a", "nan", "-nan", "null", "none", "?", "#n/a", "#na", "<na>", "nat",
  ]
  private static let infiniteWords: Set<String> = ["inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"]

  /// Reads bytes, with blanks around them, as a decimal number, rounded correctly.
  ///
  /// Up to 19 digits are left to `DecimalRounding`, others to the standard library.
  ///
  /// - Parameter decimal: what stands before the decimals.
  init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, decimal: UInt8 = UInt8(ascii: ".")) {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, CSVNumber.isBlank(bytes[start]) { start += 1 }
    while start < end, CSVNumber.isBlank(bytes[end - 1]) { end -= 1 }
    if start == end {
      self = .missing
      return
    }
    var index = start
    let isNegative = bytes[index] == UInt8(ascii: "-")
    if isNegative || bytes[index] == UInt8(ascii: "+") { index += 1 }

    var mantissa: UInt64 = 0
    var digits = 0
    var decimals = 0
    var isInteger = true
    while index < end {
      let byte = bytes[index]
      if byte == decimal, isInteger {
        isInteger = false
      } else if byte >= 0x30 && byte <= 0x39 {
        digits += 1
        if !isInteger { decimals += 1 }
        mantissa = mantissa &* 10 &+ UInt64(byte - 0x30)
      } else {
        break
      }
      index += 1
    }
    var exponent = 0
    if digits > 0, index < end, bytes[index] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      index += 1
      let isMinus = index < end && bytes[index] == UInt8(ascii: "-")
      if index < end, isMinus || bytes[index] == UInt8(ascii: "+") { index += 1 }
      let first = index
      while index < end, bytes[index] >= 0x30 && bytes[index] <= 0x39 {
        exponent = min(exponent * 10 + Int(bytes[index] - 0x30), 100_000)
        index += 1
      }
      if index == first { digits = 0 }
      if isMinus { exponent = -exponent }
    }
    if digits == 0 || index < end {
      self =
        CSVNumber.mayBeWord(bytes, start..<end)
        ? CSVNumber.word(String(decoding: bytes[start..<end], as: UTF8.self)) : .text
      return
    }
    exponent -= decimals
    if digits <= 19, let magnitude = DecimalRounding.shared.value(mantissa, exponent) {
      self = .number(isNegative ? -magnitude : magnitude, isInteger: isInteger)
    } else if let value = Double(
      String(decoding: bytes[start..<end].lazy.map { $0 == decimal ? UInt8(ascii: ".") : $0 }, as: UTF8.self))
    {
      self = .number(value, isInteger: isInteger)
    } else {
      self = .text
    }
  }

  /// The number less an origin, which of whole numbers up to 18 digits is exact; NaN where there is no number.
  static func difference(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ origin: Double, decimal: UInt8 = UInt8(ascii: ".")
  ) -> Double {
    guard case .number(let value, let isInteger) = CSVNumber(bytes, range, decimal: decimal) else { return .nan }
    guard isInteger, abs(value) > 0x1p53, abs(value) < 1e18,
      let whole = Int64(String(decoding: bytes[range], as: UTF8.self).trimmingBlanks)
    else { return value - origin }
    return Datasets.difference(whole, origin)
  }

  /// Whether a word stands for a missing number.
  static func meansMissing(_ text: String) -> Bool { missingWords.contains(text.lowercased()) }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Whether the length and the first byte are those of one of the words.
  private static func mayBeWord(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    if range.count > 9 { return false }
    switch bytes[range.lowerBound] | 0x20 {
    case UInt8(ascii: "n"), UInt8(ascii: "i"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "?"),
      UInt8(ascii: "#"), UInt8(ascii: "<"):
      return true
    default: return false
    }
  }

  private static func word(_ text: String) -> CSVNumber {
    let word = text.lowercased()
    if missingWords.contains(word) { return .missing }
    if infiniteWords.contains(word) { return .number(word.hasPrefix("-") ? -.infinity : .infinity, isInteger: false) }
    return .text
  }
}
