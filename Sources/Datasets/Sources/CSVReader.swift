/// Cuts the bytes of a CSV file into cells, row by row: RFC 4180 with any one-byte delimiter and any line ends.
///
/// Empty lines are skipped. Cells are ranges of the bytes; nothing is copied.
struct CSVReader {
  struct Cell {
    /// Without the quotes around it.
    var range: Range<Int>
    /// Holds doubled quotes, which stand for one each.
    var isEscaped = false
  }

  let bytes: UnsafeBufferPointer<UInt8>
  /// What the bytes are of, where they may be let go of.
  let file: LargeFile?
  let path: String
  let delimiter: UInt8
  let decimal: UInt8
  let missing: CSVMissing
  /// Of the next row's first byte, or of line ends before it.
  private(set) var position: Int
  private var lineStart: Int
  private var nextLine = 1
  /// Line (from 1) and first byte of the row that was read last.
  private(set) var line = 0
  private var rowStart = 0
  private(set) var cells: [Cell] = []

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// - Parameters:
  ///   - decimal: what stands before a number's decimals.
  ///   - missing: what cells say nothing.
  init(
    _ bytes: UnsafeBufferPointer<UInt8>, file: LargeFile? = nil, path: String, delimiter: UInt8,
    decimal: UInt8 = UInt8(ascii: "."),
    missing: CSVMissing = .usual
  ) {
    self.missing = missing
    self.bytes = bytes
    self.file = file
    self.path = path
    self.delimiter = delimiter
    self.decimal = decimal
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    lineStart = position
  }

  /// This reader, standing before a later row.
  ///
  /// - Precondition: no row begins before `position` and ends after it.
  func moved(to position: Int) -> CSVReader {
    var moved = self
    while moved.position < position {
      if isLineEnd(bytes[moved.position]) { moved.endLine() } else { moved.position += 1 }
    }
    return moved
  }

  /// What a cell says as a number.
  func number(_ cell: Cell) -> CSVNumber {
    missing.number(bytes, cell, decimal: decimal)
  }

  /// That number less an origin.
  func difference(_ cell: Cell, _ origin: Double) -> Double {
    CSVNumber.difference(bytes, cell.range, origin, decimal: decimal)
  }

  /// How to write a number that a cell holds in a way that is not read; nil: the text looks like none.
  func remedy(_ text: String) -> String? {
    if decimal == UInt8(ascii: ","), text.contains("."), text.contains(where: \.isNumber) {
      return "write a decimal comma, and no point"
    }
    let isDecimalComma = decimal == UInt8(ascii: ".") && text.count { $0 == "," } == 1 && !text.contains(".")
    return CSVNumber.remedy(text).map { $0 + (isDecimalComma ? ", or say decimal: \",\"" : "") }
  }

  /// Reads the next row into `cells`; false at the end.
  mutating func next() throws -> Bool {
    cells.removeAll(keepingCapacity: true)
    while position < bytes.count, isLineEnd(bytes[position]) { endLine() }
    if position == bytes.count { return false }
    line = nextLine
    rowStart = lineStart
    while true {
      cells.append(try bytes[position] == CSVReader.quote ? quotedCell() : plainCell())
      if position == bytes.count { return true }
      if bytes[position] != delimiter {
        endLine()
        return true
      }
      position += 1
      if position == bytes.count {
        cells.append(Cell(range: position..<position))
        return true
      }
    }
  }

  /// file:line:column of a cell of the row that was read last; columns count bytes from 1.
  func place(_ cell: Cell) -> String {
    var (line, start) = (line, rowStart)
    var index = rowStart
    // Quoted cells before this one may span lines.
    while index < cell.range.lowerBound {
      let isBreak = isLineEnd(bytes[index])
      if isBreak, bytes[index] == CSVReader.carriageReturn, index + 1 < cell.range.lowerBound,
        bytes[index + 1] == CSVReader.lineFeed
      {
        index += 1
      }
      index += 1
      if isBreak { (line, start) = (line + 1, index) }
    }
    return "\(path):\(line):\(cell.range.lowerBound - start + 1)"
  }

  var rowPlace: String { "\(path):\(line)" }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == CSVReader.lineFeed || byte == CSVReader.carriageReturn }

  /// Steps over LF, CRLF or CR.
  private mutating func endLine() {
    if bytes[position] == CSVReader.carriageReturn, position + 1 < bytes.count,
      bytes[position + 1] == CSVReader.lineFeed
    {
      position += 1
    }
    position += 1
    lineStart = position
    nextLine += 1
  }

  private mutating func plainCell() -> Cell {
    let start = position
    while position < bytes.count, bytes[position] != delimiter, !isLineEnd(bytes[position]) { position += 1 }
    return Cell(range: start..<position)
  }

  private mutating func quotedCell() throws -> Cell {
    let start = position + 1
    var isEscaped = false
    position = start
    while position < bytes.count {
      let byte = bytes[position]
      if isLineEnd(byte) {
        endLine()
        continue
      }
      position += 1
      if byte != CSVReader.quote { continue }
      if position < bytes.count, bytes[position] == CSVReader.quote {
        isEscaped = true
        position += 1
        continue
      }
      let cell = Cell(range: start..<(position - 1), isEscaped: isEscaped)
      if position < bytes.count, bytes[position] != delimiter, !isLineEnd(bytes[position]) {
        throw DatasetError(
          .unparsable, at: place(cell), "text follows the closing quote", remedy: "write a quote inside quotes twice")
      }
      return cell
    }
    throw DatasetError(.unparsable, at: place(Cell(range: start..<start)), "a quote is never closed")
  }
}
