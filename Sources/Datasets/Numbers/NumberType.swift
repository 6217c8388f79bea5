/// How numbers stand in a file: kind, size, byte order.
struct NumberType: Equatable, CustomStringConvertible {
  enum Kind: Equatable {
    case boolean, signed, unsigned, float
  }

  let kind: Kind
  /// Bytes of one: 1, 2, 4 or 8; of a float 2, 4 or 8.
  let size: Int
  let isBigEndian: Bool

  var isInteger: Bool { kind != .float }
  /// Whether a number may have digits that float32 has not.
  var isWiderThanFloat: Bool { kind == .float ? size == 8 : size >= 4 }

  /// How numbers can be held so that none changes.
  var storage: FieldValues.Storage {
    switch kind {
    case .boolean: .bytes
    case .unsigned: size == 1 ? .bytes : size == 2 ? .integers : .floats
    case .signed: size <= 4 ? .integers : .floats
    case .float: .floats
    }
  }

  var description: String {
    switch kind {
    case .boolean: "booleans"
    case .signed: "\(8 * size)-bit integers"
    case .unsigned: "unsigned \(8 * size)-bit integers"
    case .float: "\(8 * size)-bit floats"
    }
  }

  /// Rounds numbers to floats.
  ///
  /// - Parameters:
  ///   - raw: read; whole numbers of this type.
  ///   - floats: overwritten; as many.
  func decode(_ raw: UnsafeRawBufferPointer, into floats: UnsafeMutablePointer<Float>) {
    switch (kind, size) {
    case (.float, 2): each(raw, UInt16.self, floats) { NumberType.half($0) }
    case (.float, 4): each(raw, UInt32.self, floats) { Float(bitPattern: $0) }
    case (.float, _): each(raw, UInt64.self, floats) { Float(Double(bitPattern: $0)) }
    case (.signed, 1): each(raw, UInt8.self, floats) { Float(Int8(bitPattern: $0)) }
    case (.signed, 2): each(raw, UInt16.self, floats) { Float(Int16(bitPattern: $0)) }
    case (.signed, 4): each(raw, UInt32.self, floats) { Float(Int32(bitPattern: $0)) }
    case (.signed, _): each(raw, UInt64.self, floats) { Float(Int64(bitPattern: $0)) }
    case (.boolean, _): each(raw, UInt8.self, floats) { $0 == 0 ? 0 : 1 }
    case (.unsigned, 1): each(raw, UInt8.self, floats) { Float($0) }
    case (.unsigned, 2): each(raw, UInt16.self, floats) { Float($0) }
    case (.unsigned, 4): each(raw, UInt32.self, floats) { Float($0) }
    case (.unsigned, _): each(raw, UInt64.self, floats) { Float($0) }
    }
  }

  /// Whole numbers as they are; those beyond an `Int64` become its largest.
  ///
  /// - Precondition: `isInteger`.
  func decode(_ raw: UnsafeRawBufferPointer, into integers: UnsafeMutablePointer<Int64>) {
    precondition(isInteger, "\(self) as integers")
    switch (kind, size) {
    case (.boolean, _): each(raw, UInt8.self, integers) { $0 == 0 ? 0 : 1 }
    case (.signed, 1): each(raw, UInt8.self, integers) { Int64(Int8(bitPattern: $0)) }
    case (.signed, 2): each(raw, UInt16.self, integers) { Int64(Int16(bitPattern: $0)) }
    case (.signed, 4): each(raw, UInt32.self, integers) { Int64(Int32(bitPattern: $0)) }
    case (.signed, _): each(raw, UInt64.self, integers) { Int64(bitPattern: $0) }
    case (_, 1): each(raw, UInt8.self, integers) { Int64($0) }
    case (_, 2): each(raw, UInt16.self, integers) { Int64($0) }
    case (_, 4): each(raw, UInt32.self, integers) { Int64($0) }
    default: each(raw, UInt64.self, integers) { Int64(clamping: $0) }
    }
  }

  /// Numbers that are held as whole numbers.
  ///
  /// - Precondition: `storage` is `.integers`.
  func decode(_ raw: UnsafeRawBufferPointer, into integers: UnsafeMutablePointer<Int32>) {
    precondition(storage == .integers, "\(self) as 32-bit integers")
    switch (kind, size) {
    case (.signed, 1): each(raw, UInt8.self, integers) { Int32(Int8(bitPattern: $0)) }
    case (.signed, 2): each(raw, UInt16.self, integers) { Int32(Int16(bitPattern: $0)) }
    case (.signed, _): each(raw, UInt32.self, integers) { Int32(bitPattern: $0) }
    default: each(raw, UInt16.self, integers) { Int32($0) }
    }
  }

  /// Numbers that are held as bytes.
  ///
  /// - Precondition: `storage` is `.bytes`.
  func copy(_ raw: UnsafeRawBufferPointer, into bytes: UnsafeMutablePointer<UInt8>) {
    precondition(storage == .bytes, "\(self) as bytes")
    if kind == .boolean { return each(raw, UInt8.self, bytes) { $0 == 0 ? 0 : 1 } }
    each(raw, UInt8.self, bytes) { $0 }
  }

  /// Numbers as doubles, less an origin each: of whole numbers up to 64 bits the difference is exact.
  ///
  /// - Parameter body: number in `raw`, and its difference from what `origin` gives for it.
  func eachDifference(
    _ raw: UnsafeRawBufferPointer, from origin: (Int) -> Double, _ body: (Int, Double) -> Void
  ) {
    let count = raw.count / size
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: count) { integers in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { doubles in
        guard let whole = integers.baseAddress, let real = doubles.baseAddress else { return }
        let isWhole = isInteger && !(kind == .unsigned && size == 8)
        if isWhole { decode(raw, into: whole) } else { decode(raw, into: real) }
        for index in 0..<count {
          body(index, isWhole ? difference(whole[index], origin(index)) : real[index] - origin(index))
        }
      }
    }
  }

  private func decode(_ raw: UnsafeRawBufferPointer, into doubles: UnsafeMutablePointer<Double>) {
    if kind == .float && size == 8 { return each(raw, UInt64.self, doubles) { Double(bitPattern: $0) } }
    if kind == .unsigned && size == 8 { return each(raw, UInt64.self, doubles) { Double($0) } }
    let count = raw.count / size
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { floats in
      guard let base = floats.baseAddress else { return }
      decode(raw, into: base)
      for index in 0..<count { doubles[index] = Double(base[index]) }
    }
  }

  @inline(__always)
  private func each<Word: FixedWidthInteger, Number>(
    _ raw: UnsafeRawBufferPointer, _ word: Word.Type, _ output: UnsafeMutablePointer<Number>,
    _ convert: (Word) -> Number
  ) {
    for index in 0..<raw.count / size {
      let stored = raw.loadUnaligned(fromByteOffset: index * size, as: Word.self)
      output[index] = convert(isBigEndian ? Word(bigEndian: stored) : Word(littleEndian: stored))
    }
  }

  /// IEEE 754 binary16.
  private static func half(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 31)
    let mantissa = UInt32(bits & 0x3FF)
    if exponent == 0 { return (sign == 0 ? 1 : -1) * Float(mantissa) * 0x1p-24 }
    return Float(bitPattern: sign | (exponent == 31 ? 0xFF : exponent + 112) << 23 | mantissa << 13)
  }
}

/// A whole number less an origin, exact where the origin is a whole number too.
func difference(_ number: Int64, _ origin: Double) -> Double {
  guard origin != 0, let whole = Int64(exactly: origin) else { return Double(number) - origin }
  let (result, overflow) = number.subtractingReportingOverflow(whole)
  return overflow ? Double(number) - origin : Double(result)
}
