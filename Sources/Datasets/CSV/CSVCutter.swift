/// Steps over cells and reads numbers where they stand, without regard to lines: the quick way through the bytes that
/// `CSVReader` goes slowly.
struct CSVCutter: @unchecked Sendable {
  // Unchecked: the bytes are only read.
  let base: UnsafePointer<UInt8>
  let end: Int
  let delimiter: UInt8
  let decimal: UInt8
  private let rounding = DecimalRounding.shared
  private let delimiters: UInt64

  static let quote: UInt8 = 0x22
  @inline(__always)
  static var ones: UInt64 { 0x0101_0101_0101_0101 }

  /// - Precondition: at least one byte.
  init(_ base: UnsafePointer<UInt8>, end: Int, delimiter: UInt8, decimal: UInt8) {
    self.base = base
    self.end = end
    self.delimiter = delimiter
    self.decimal = decimal
    delimiters = CSVCutter.ones &* UInt64(delimiter)
  }

  @inline(__always)
  static func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

  /// Whether a cell ends at this position.
  @inline(__always)
  func isEnd(_ position: Int) -> Bool {
    position == end || base[position] == delimiter || CSVCutter.isLineEnd(base[position])
  }

  /// The first byte of the next row, from the end of a row's last cell; the end where there is none.
  @inline(__always)
  func afterLineEnds(_ position: Int) -> Int {
    var position = position
    while position < end, CSVCutter.isLineEnd(base[position]) { position += 1 }
    return position
  }

  /// Steps over the cell that begins at `position`.
  ///
  /// - Returns: nil where a quote is not closed, or text follows it.
  @inline(__always)
  func cell(_ position: inout Int) -> CSVReader.Cell? {
    if position < end, base[position] == CSVCutter.quote { return quotedCell(&position) }
    let start = position
    skipPlain(&position)
    return CSVReader.Cell(range: start..<position)
  }

  /// To the delimiter or line end that ends a cell without quotes.
  @inline(__always)
  private func skipPlain(_ position: inout Int) {
    while position + 8 <= end {
      let word = load(position)
      let found =
        CSVCutter.zeros(word ^ delimiters) | CSVCutter.zeros(word ^ (CSVCutter.ones &* 10))
        | CSVCutter.zeros(word ^ (CSVCutter.ones &* 13))
      if found != 0 {
        position += found.trailingZeroBitCount >> 3
        return
      }
      position += 8
    }
    while !isEnd(position) { position += 1 }
  }

  private func quotedCell(_ position: inout Int) -> CSVReader.Cell? {
    let start = position + 1
    var isEscaped = false
    position = start
    while position < end {
      if position + 8 <= end {
        let found = CSVCutter.zeros(load(position) ^ (CSVCutter.ones &* UInt64(CSVCutter.quote)))
        if found == 0 {
          position += 8
          continue
        }
        position += found.trailingZeroBitCount >> 3
      } else if base[position] != CSVCutter.quote {
        position += 1
        continue
      }
      position += 1
      if position < end, base[position] == CSVCutter.quote {
        isEscaped = true
        position += 1
        continue
      }
      return isEnd(position) ? CSVReader.Cell(range: start..<(position - 1), isEscaped: isEscaped) : nil
    }
    return nil
  }

  /// Reads the cell that begins at `position`, where it is a plain number of up to 19 digits without blanks, and steps over
  /// it; NaN and no step where it is anything else.
  @inline(__always)
  func number(_ position: inout Int, isInteger: inout Bool) -> Double {
    var place = position
    guard place < end else { return .nan }
    let isNegative = base[place] == UInt8(ascii: "-")
    if isNegative || base[place] == UInt8(ascii: "+") { place += 1 }
    let first = place
    var mantissa: UInt64 = 0
    digits(&place, &mantissa)
    var count = place - first
    var exponent = 0
    isInteger = true
    if place < end, base[place] == decimal {
      isInteger = false
      place += 1
      let start = place
      digits(&place, &mantissa)
      exponent = start - place
      count -= exponent
    }
    if count == 0 { return .nan }
    if count > 19, significant(first, count) > 19 { return .nan }
    if place < end, base[place] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      guard let power = power(&place) else { return .nan }
      exponent += power
    }
    guard isEnd(place), let value = rounding.value(mantissa, exponent) else { return .nan }
    position = place
    return isNegative ? -value : value
  }

  /// Digits without the zeros before them.
  private func significant(_ first: Int, _ count: Int) -> Int {
    var (place, count) = (first, count)
    while count > 0, base[place] == UInt8(ascii: "0") || base[place] == decimal {
      if base[place] != decimal { count -= 1 }
      place += 1
    }
    return count
  }

  /// The exponent after an `e`; nil: there is none, or it is large.
  private func power(_ place: inout Int) -> Int? {
    place += 1
    guard place < end else { return nil }
    let isNegative = base[place] == UInt8(ascii: "-")
    if isNegative || base[place] == UInt8(ascii: "+") { place += 1 }
    let first = place
    var power: UInt64 = 0
    digits(&place, &power)
    guard (1...3).contains(place - first) else { return nil }
    return isNegative ? -Int(power) : Int(power)
  }

  /// Appends the digits from `place` on to a number; overflow is left to the caller.
  @inline(__always)
  private func digits(_ place: inout Int, _ number: inout UInt64) {
    while place + 8 <= end {
      let word = load(place)
      let areDigits =
        word & 0xF0F0_F0F0_F0F0_F0F0 | ((word &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0) >> 4
        == 0x3333_3333_3333_3333
      guard areDigits else { break }
      // Pairs, fours, eight at once.
      var sum = ((word & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) >> 8
      sum = ((sum & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
      sum = ((sum & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
      number = number &* 100_000_000 &+ sum
      place += 8
    }
    while place < end {
      let digit = base[place] &- 0x30
      guard digit < 10 else { return }
      number = number &* 10 &+ UInt64(digit)
      place += 1
    }
  }

  @inline(__always)
  func load(_ position: Int) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
  }

  /// Marks bytes that are 0; beyond the lowest marked one others may be marked too.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & (ones &* 0x80) }

  /// Marks bytes that are 0, and no others.
  @inline(__always)
  static func exactZeros(_ word: UInt64) -> UInt64 {
    let low = ones &* 0x7F
    return ~(((word & low) &+ low) | word | low)
  }
}
