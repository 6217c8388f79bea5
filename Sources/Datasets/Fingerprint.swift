/// A fast 128-bit hash of data: tells two datasets apart, the same on every machine; not made to resist an attacker.
///
/// Two 64-bit lanes see the same words. Each step, `h = rotate((h ^ word) * odd constant)`, is a bijection of `h` for a
/// given word, so one changed word always changes both lanes; the lanes differ in constants and rotation. At the end
/// each lane is mixed with the number of bytes by the finalizer of MurmurHash3 (Austin Appleby, public domain).
public struct Fingerprint: Sendable {
  private var first: UInt64 = 0x243F_6A88_85A3_08D3
  private var second: UInt64 = 0x1319_8A2E_0370_7344
  private var length: UInt64 = 0

  public init() {}

  public mutating func add(_ word: UInt64) {
    first = Fingerprint.rotated((first ^ word) &* 0x9E37_79B9_7F4A_7C15, by: 29)
    second = Fingerprint.rotated((second ^ word) &* 0xC2B2_AE3D_27D4_EB4F, by: 41)
    length &+= 8
  }

  public mutating func add(_ number: Int) { add(UInt64(bitPattern: Int64(number))) }

  public mutating func add(_ text: String) {
    add(text.utf8.count)
    for byte in text.utf8 { add(UInt64(byte)) }
  }

  /// Bit patterns of the floats, two to a word.
  public mutating func add(_ floats: [Float]) {
    floats.withUnsafeBufferPointer { floats in addWords(floats.count) { UInt64(floats[$0].bitPattern) } }
  }

  public mutating func add(_ rows: [Int32]) {
    rows.withUnsafeBufferPointer { rows in addWords(rows.count) { UInt64(UInt32(bitPattern: rows[$0])) } }
  }

  /// Words of 32 bits, two to a word of 64.
  @inline(__always)
  mutating func addWords(_ count: Int, _ word: (Int) -> UInt64) {
    add(count)
    var index = 0
    while index + 1 < count {
      add(word(index) | word(index + 1) << 32)
      index += 2
    }
    if index < count { add(word(index)) }
  }

  public mutating func add(_ kind: TargetKind) {
    switch kind {
    case .values: add(0)
    case .classes(let count, let names):
      add(1)
      add(count)
      for name in names { add(name) }
    }
  }

  /// Nothing where features are rounded as they are.
  public mutating func add(_ origins: FeatureOrigins) {
    for number in origins.origin + origins.unit { add(number.bitPattern) }
  }

  /// 32 hexadecimal digits.
  public var hexadecimal: String {
    [first, second].map { lane in
      let digits = String(Fingerprint.finished(lane ^ length), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  private static func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }

  private static func finished(_ lane: UInt64) -> UInt64 {
    var word = lane
    word = (word ^ word >> 33) &* 0xFF51_AFD7_ED55_8CCD
    word = (word ^ word >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return word ^ word >> 33
  }
}
