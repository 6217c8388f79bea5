/// What is wanted of a column of a CSV file.
struct CSVWanted: Sendable {
  enum Kind: Sendable {
    /// Numbers; a cell that holds a text is a gap, and counted.
    case number
    /// Texts, as numbers of the different ones.
    case text
    /// Numbers where all cells are numbers or missing, else texts: one decision for the whole column.
    case any
  }

  /// Of the file, from 0.
  let column: Int
  let kind: Kind
  /// What cells say nothing; nil: what the file's reader takes for it.
  var missing: CSVMissing?
  /// What a cell may say: at the first that says anything else, reading ends.
  var accepted = CSVAccepted.all
  /// Whether cells of all rows of the file are wanted, and not only of those asked for.
  var isWhole = false
  /// Numbers are read less this, which of whole numbers is exact; nil: as they are.
  var origin: Double?

  init(_ column: Int, _ kind: Kind) {
    self.column = column
    self.kind = kind
  }
}

/// Texts that mean a missing value, byte by byte; blank cells do in any case.
struct CSVMissing: Sendable {
  /// Of numbers the words that `CSVNumber` knows; of texts the eight that are usual in files.
  static let usual = CSVMissing(marks: nil)
  /// None.
  static let blank = CSVMissing([])

  let marks: [[UInt8]]?

  init(_ texts: [String]) { self.init(marks: texts.map { Array($0.utf8) }) }

  private init(marks: [[UInt8]]?) {
    self.marks = marks
    values = (marks ?? []).compactMap { mark in
      mark.withUnsafeBufferPointer {
        if case .number(let value, _) = CSVNumber($0, 0..<$0.count) { value } else { nil }
      }
    }
  }

  /// What marks say that are numbers: -999 means -999.0 too.
  private let values: [Double]

  private static let usualTexts = ["NA", "N/A", "NaN", "nan", "null", "None", "?"].map { Array($0.utf8) }

  /// Whether a cell of a column of texts says nothing; blanks around a mark do not count.
  func holds(text: UnsafeBufferPointer<UInt8>) -> Bool {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    var text = text[...]
    while let first = text.first, isBlank(first) { text.removeFirst() }
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text.isEmpty || (marks ?? CSVMissing.usualTexts).contains { text.elementsEqual($0) }
  }

  /// What a cell says as a number.
  func number(_ bytes: UnsafeBufferPointer<UInt8>, _ cell: CSVReader.Cell, decimal: UInt8) -> CSVNumber {
    let number = CSVNumber(bytes, cell.range, decimal: decimal)
    if marks == nil { return number }
    if case .number(let value, _) = number, values.contains(value) { return .missing }
    let text = UnsafeBufferPointer(rebasing: bytes[cell.range])
    let isMissing =
      cell.isEscaped ? TextCopies.unescaped(text).withUnsafeBufferPointer { holds(text: $0) } : holds(text: text)
    if isMissing { return .missing }
    // A word for nothing that is not among the marks.
    if case .missing = number { return .text }
    return number
  }

  /// The same of a cell of a reader.
  func holds(_ reader: CSVReader, _ cell: CSVReader.Cell) -> Bool {
    let text = UnsafeBufferPointer(rebasing: reader.bytes[cell.range])
    return cell.isEscaped ? TextCopies.unescaped(text).withUnsafeBufferPointer { holds(text: $0) } : holds(text: text)
  }

  /// Whether a number can be a mark, so that every cell must be compared.
  var holdsNumbers: Bool { !values.isEmpty }
}

/// What a cell may say.
struct CSVAccepted: OptionSet, Sendable {
  let rawValue: Int

  static let missing = CSVAccepted(rawValue: 1)
  static let negative = CSVAccepted(rawValue: 2)
  static let infinite = CSVAccepted(rawValue: 4)
  /// Finite numbers that have no finite float.
  static let beyondFloat = CSVAccepted(rawValue: 8)
  /// In a column of numbers.
  static let text = CSVAccepted(rawValue: 16)
  static let all: CSVAccepted = [missing, negative, infinite, beyondFloat, text]

  @inline(__always)
  func allows(_ value: Double) -> Bool {
    (Float(value).isFinite || contains(value.isFinite ? .beyondFloat : .infinite))
      && (value >= 0 || contains(.negative))
  }
}

/// A row, by its number in the file from 0 and its first byte.
struct CSVSpot: Sendable {
  let row: Int
  let start: Int
}

/// What the cells of a column were.
struct CSVCounts: Sendable {
  var gaps = 0
  var firstGap: CSVSpot?
  /// Of a column that was read as numbers.
  var texts = 0
  var firstText: CSVSpot?
  /// First cell that is missing, or has no finite float.
  var firstNonFinite: CSVSpot?
  /// Whether all numbers are written without decimals and exponent.
  var areIntegers = true
  /// Whether all numbers are floats; gaps are none.
  var areExact = true

  /// Takes in those of later rows.
  mutating func add(_ later: CSVCounts) {
    gaps += later.gaps
    texts += later.texts
    firstGap = firstGap ?? later.firstGap
    firstText = firstText ?? later.firstText
    firstNonFinite = firstNonFinite ?? later.firstNonFinite
    areIntegers = areIntegers && later.areIntegers
    areExact = areExact && later.areExact
  }
}

/// A column as it was read.
struct CSVCells: Sendable {
  enum Values: Sendable {
    /// NaN: a gap.
    case numbers([Double])
    /// Of each row the place of its text among the different ones, which are in the order in which they come; -1: a gap.
    case texts(codes: [Int32], values: [String])
  }

  let values: Values
  let counts: CSVCounts

  var numbers: [Double] { if case .numbers(let numbers) = values { numbers } else { [] } }
  var codes: [Int32] { if case .texts(let codes, _) = values { codes } else { [] } }
  var texts: [String] { if case .texts(_, let texts) = values { texts } else { [] } }
}
