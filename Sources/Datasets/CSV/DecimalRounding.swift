/// Decimal numbers of up to 19 digits to the nearest Double.
///
/// Up to 2^53 with an exponent of ten up to 22 both are exact in a Double, and so is one multiplication or division of them
/// rounded once (William Clinger, "How to Read Floating Point Numbers Accurately", 1990). Beyond, 128 bits of the power of
/// five decide (Daniel Lemire, "Number Parsing at a Gigabyte per Second", 2021), for exponents that data have.
struct DecimalRounding: @unchecked Sendable {
  // Unchecked: the pointers' memory is filled once and never freed.
  private let tens: UnsafePointer<Double>
  /// High and low half of each power of five, its highest bit set: rounded down, but for the exponents from -27 to -1 up.
  private let fives: UnsafePointer<UInt64>

  static let shared = DecimalRounding()
  /// Largest exponent of ten, and negative smallest, of the table.
  private static let most = 100

  private init() {
    let tens = UnsafeMutablePointer<Double>.allocate(capacity: 23)
    for (place, power) in sequence(first: 1.0, next: { $0 * 10 }).prefix(23).enumerated() { tens[place] = power }
    self.tens = UnsafePointer(tens)

    let most = DecimalRounding.most
    let fives = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * (2 * most + 1))
    var power = WideInteger(1)
    var reciprocal = WideInteger(powerOfTwo: 640)
    for exponent in 0...most {
      (fives[2 * (most + exponent)], fives[2 * (most + exponent) + 1]) = power.top
      if exponent > 0 {
        let (high, low) = reciprocal.top
        let (next, carries) = low.addingReportingOverflow(exponent <= 27 ? 1 : 0)
        (fives[2 * (most - exponent)], fives[2 * (most - exponent) + 1]) = (carries ? high + 1 : high, next)
      }
      power.multiplyByFive()
      reciprocal.divideByFive()
    }
    self.fives = UnsafePointer(fives)
  }

  /// mantissa * 10^exponent, rounded to the nearest, ties to even; nil: hard to say, or outside the table.
  @inline(__always)
  func value(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    if mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      let magnitude = Double(mantissa)
      return exponent < 0 ? magnitude / tens[-exponent] : magnitude * tens[exponent]
    }
    if mantissa == 0 { return 0 }
    return exponent >= -DecimalRounding.most && exponent <= DecimalRounding.most ? rounded(mantissa, exponent) : nil
  }

  /// - Precondition: mantissa > 0; the exponent is in the table, so that the result is a normal number.
  private func rounded(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    let place = 2 * (exponent + DecimalRounding.most)
    let shift = mantissa.leadingZeroBitCount
    let scaled = mantissa << UInt64(shift)
    var (high, low) = scaled.multipliedFullWidth(by: fives[place])
    // The lower half of the power counts only where the bits below the result's are all ones.
    if high & 0x1FF == 0x1FF {
      let more = scaled.multipliedFullWidth(by: fives[place + 1]).high
      low &+= more
      if more > low { high += 1 }
    }
    if low == .max, exponent < -27 || exponent > 55 { return nil }
    let upper = Int(high >> 63)
    var bits = high >> UInt64(upper + 9)
    var binary = (217_706 * exponent) >> 16 + 63 + upper - shift + 1023
    if binary <= 0 { return nil }
    // Halfway between two neighbours: to the even one.
    if low <= 1, exponent >= -4, exponent <= 23, bits & 3 == 1, bits << UInt64(upper + 9) == high { bits &= ~1 }
    bits = (bits + (bits & 1)) >> 1
    if bits >= 1 << 53 {
      bits = 1 << 52
      binary += 1
    }
    if binary >= 0x7FF { return nil }
    return Double(bitPattern: bits & ~(1 << 52) | UInt64(binary) << 52)
  }
}

/// A natural number of any size, for the table of powers.
private struct WideInteger {
  /// Lowest first; the last is not 0.
  private var limbs: [UInt32]

  init(_ value: UInt32) { limbs = [value] }

  /// - Precondition: a multiple of 32.
  init(powerOfTwo: Int) { limbs = [UInt32](repeating: 0, count: powerOfTwo / 32) + [1] }

  mutating func multiplyByFive() {
    var carry: UInt64 = 0
    for place in limbs.indices {
      carry += UInt64(limbs[place]) * 5
      limbs[place] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    if carry > 0 { limbs.append(UInt32(carry)) }
  }

  mutating func divideByFive() {
    var rest: UInt64 = 0
    for place in limbs.indices.reversed() {
      rest = rest << 32 | UInt64(limbs[place])
      limbs[place] = UInt32(rest / 5)
      rest %= 5
    }
    while limbs.last == 0 { limbs.removeLast() }
  }

  /// The highest 128 bits, the first of them set.
  var top: (high: UInt64, low: UInt64) {
    func limb(_ place: Int) -> UInt64 { place < 0 ? 0 : UInt64(limbs[place]) }
    let last = limbs.count - 1
    let words = (0..<5).map { limb(last - $0) }
    let shift = UInt64(limbs[last].leadingZeroBitCount)
    let (high, middle) = (words[0] << 32 | words[1], words[2] << 32 | words[3])
    if shift == 0 { return (high, middle) }
    return (high << shift | middle >> (64 - shift), middle << shift | words[4] >> (32 - shift))
  }
}
