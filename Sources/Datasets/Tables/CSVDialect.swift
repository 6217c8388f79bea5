/// How a CSV file is written, found out from its first rows.
public struct CSVDialect: Sendable, Equatable {
  /// What separates cells.
  public var delimiter: Character
  /// What stands before a number's decimals: a point or a comma.
  public var decimal: Character
  /// Whether the first line names the columns.
  public var header: Bool

  public init(delimiter: Character = ",", decimal: Character = ".", header: Bool = true) {
    self.delimiter = delimiter
    self.decimal = decimal
    self.header = header
  }

  /// Rows that are looked at.
  private static let rows = 200
  /// The comma comes last: it also stands within texts and numbers of files that have another one.
  private static let delimiters: [Character] = ["\t", ";", "|", ","]

  /// - Throws: `DatasetError` where the file cannot be read, or is no text.
  public init(of path: String) throws {
    self = try TextFile.withBytes(of: path) { CSVDialect($0, path: path) }
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>, path: String) {
    // All rows as wide as the first, else as many as can be.
    var best = (delimiter: Character(","), share: 0.0, rows: [[String]]())
    for delimiter in CSVDialect.delimiters {
      let rows = CSVDialect.firstRows(bytes, path: path, delimiter)
      guard let width = rows.first?.count, width > 1 else { continue }
      let share = Double(rows.count { $0.count == width }) / Double(rows.count)
      if share > best.share { best = (delimiter, share, rows) }
    }
    if best.rows.isEmpty { best.rows = CSVDialect.firstRows(bytes, path: path, ",") }
    self.init(delimiter: best.delimiter)
    let cells = best.rows.dropFirst().joined()
    if delimiter != "," {
      let commas = cells.count { CSVDialect.isNumber($0, ",") && $0.contains(",") }
      let points = cells.count { CSVDialect.isNumber($0, ".") && $0.contains(".") }
      if commas > points { decimal = "," }
    }
    header = CSVDialect.namesColumns(best.rows.first ?? [], path: path)
  }

  /// A first row of numbers is no header, unless they rise or count.
  private static func namesColumns(_ row: [String], path: String) -> Bool {
    CSVHeading.warning(row.map(\.trimmingBlanks), at: path) == nil
  }

  private static func isNumber(_ text: String, _ decimal: Character) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer {
      if case .number = CSVNumber($0, 0..<$0.count, decimal: decimal.asciiValue ?? 0) { true } else { false }
    }
  }

  private static func firstRows(
    _ bytes: UnsafeBufferPointer<UInt8>, path: String, _ delimiter: Character
  ) -> [[String]] {
    var reader = CSVReader(bytes, path: path, delimiter: delimiter.asciiValue ?? 0)
    var found: [[String]] = []
    // A row whose quotes are wrong under this delimiter ends the look.
    while found.count < rows, (try? reader.next()) == true {
      found.append(reader.cells.map { reader.shown($0) })
    }
    return found
  }
}
