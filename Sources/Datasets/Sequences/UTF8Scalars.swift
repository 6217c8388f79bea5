/// The Unicode scalars of UTF-8 bytes, one by one.
///
/// Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
enum UTF8Scalars {
  /// Calls `body` with each scalar and where it begins, until it answers false.
  ///
  /// - Returns: where the first byte stands that is not UTF-8; nil: there is none, or `body` has ended it.
  @inline(__always)
  static func each(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (UInt32, Int) -> Bool) -> Int? {
    var place = 0
    let end = bytes.count
    while place < end {
      let first = bytes[place]
      if first < 0x80 {
        if !body(UInt32(first), place) { return nil }
        place += 1
        continue
      }
      // Bytes that follow, what the first one holds of the scalar, and what the second may be.
      var (more, scalar, second) = (0, UInt32(0), UInt8(0x80)...UInt8(0xBF))
      switch first {
      case 0xC2...0xDF: (more, scalar) = (1, UInt32(first & 0x1F))
      case 0xE0...0xEF:
        (more, scalar) = (2, UInt32(first & 0x0F))
        if first == 0xE0 { second = 0xA0...0xBF }
        if first == 0xED { second = 0x80...0x9F }
      case 0xF0...0xF4:
        (more, scalar) = (3, UInt32(first & 0x07))
        if first == 0xF0 { second = 0x90...0xBF }
        if first == 0xF4 { second = 0x80...0x8F }
      default: return place
      }
      guard place + more < end, second.contains(bytes[place + 1]) else { return place }
      for step in 1...more {
        let next = bytes[place + step]
        guard next & 0xC0 == 0x80 else { return place }
        scalar = scalar << 6 | UInt32(next & 0x3F)
      }
      if !body(scalar, place) { return nil }
      place += more + 1
    }
    return nil
  }

  /// - Throws: `DatasetError` where the bytes are no UTF-8.
  static func require(_ bad: Int?, _ bytes: UnsafeBufferPointer<UInt8>, at path: String) throws {
    guard let bad else { return }
    throw DatasetError(
      .damagedFile, at: "\(path): byte \(bad)", "this is no text in UTF-8", found: String(hexadecimal: bytes[bad]),
      remedy: "save it as UTF-8, or say `tokens: bytes`, which takes any file (bytes count from 0)")
  }

  /// file:line:column (byte) of a scalar; columns count scalars from 1.
  static func place(of offset: Int, in bytes: UnsafeBufferPointer<UInt8>, at path: String) -> String {
    let before = bytes[..<offset]
    let line = before.count { $0 == 0x0A } + 1
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    // Bytes that go on with a scalar are no column of their own.
    let column = bytes[start..<offset].count { $0 & 0xC0 != 0x80 } + 1
    return "\(path):\(line):\(column) (byte \(offset))"
  }
}

extension String {
  /// `0xE9`
  init(hexadecimal byte: UInt8) {
    let digits = String(byte, radix: 16, uppercase: true)
    self = "0x" + (digits.count < 2 ? "0" : "") + digits
  }
}
