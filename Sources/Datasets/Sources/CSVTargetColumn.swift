/// One target column as it is read: numbers, or texts that become classes. One rule for all its cells, whichever comes
/// first:
///
/// - Numbers and gaps alone: numbers. A gap is an empty cell or a word for nothing (`NA`, `NaN`, ...).
/// - Any other text: every cell is the name of a class, numbers and such words too; a gap is an empty cell.
struct CSVTargetColumn {
  /// Column of the file, from 0.
  let index: Int
  /// What messages call it.
  let name: String
  /// Whether texts may be classes: not of several targets, not under a loss for values.
  private let takesText: Bool
  private let role: TargetRole?
  private let policy: NonFinitePolicy

  private var values: [Double] = []
  private var areIntegers = true
  private var hasNumbers = false
  /// First cell without a finite number, should the column hold numbers.
  private var gap: DatasetError?
  /// Class number of each text, in the order of appearance; nil while the column holds numbers.
  private var classes: [ExactText: Int]?
  /// Place of the first text where the rows above have yet to be read as texts.
  private var textAfterNumbers: String?
  /// Warnings about what the column holds.
  private(set) var warnings: [String] = []

  /// - Parameters:
  ///   - isAlone: whether it is the only target.
  ///   - isText: whether the training run's classes have names that are texts: so are all cells here.
  init(index: Int, name: String, isAlone: Bool, isText: Bool, role: TargetRole?, _ policy: NonFinitePolicy) {
    self.index = index
    self.name = name
    self.role = role
    self.policy = policy
    takesText = isAlone && role != .values
    if isText && takesText { classes = [:] }
  }

  /// Takes the cell of the reader's row.
  ///
  /// - Throws: `DatasetError`: `nonFinite`, `unparsable`.
  mutating func append(_ reader: CSVReader, row: Int, column: Int) throws {
    if textAfterNumbers != nil { return }
    let cell = reader.cells[index]
    if classes != nil { return try appendText(reader, cell, row: row, column: column) }
    switch reader.number(cell) {
    case .number(let value, let isInteger):
      if gap == nil, !Float(value).isFinite { gap = reader.nonFinite(cell, value, row: row, column: column) }
      areIntegers = areIntegers && isInteger
      hasNumbers = true
      values.append(value)
    case .missing:
      if gap == nil { gap = reader.nonFinite(cell, .nan, row: row, column: column) }
      values.append(.nan)
    case .text:
      guard takesText else { throw noNumber(reader, cell) }
      if values.isEmpty {
        classes = [:]
        try appendText(reader, cell, row: row, column: column)
      } else {
        textAfterNumbers = reader.place(cell)
      }
    }
  }

  /// Reads the column once more, as texts, where it turned out to hold some below its first rows.
  ///
  /// - Parameter reader: stands before the first row.
  mutating func finish(_ reader: @autoclosure () throws -> CSVReader, column: Int) throws {
    if let place = textAfterNumbers {
      textAfterNumbers = nil
      if hasNumbers {
        warnings.append("\(place): \(name) holds numbers and text: all its cells are names of classes")
      }
      (values, gap, classes) = ([], nil, [:])
      var reader = try reader()
      var row = 0
      while try reader.next() {
        try appendText(reader, reader.cells[index], row: row, column: column)
        row += 1
      }
    } else if let gap, policy == .refuse {
      throw gap
    }
    let words = (classes ?? [:]).keys.map(\.text).filter { CSVNumber.meansMissing($0) && $0.lowercased() != "none" }
    if !words.isEmpty {
      let found = words.sorted().map { "`\($0)`" }.joined(separator: ", ")
      warnings.append("\(name): \(found) is a class here; in a column of text only an empty cell is a missing value")
    }
  }

  private mutating func appendText(_ reader: CSVReader, _ cell: CSVReader.Cell, row: Int, column: Int) throws {
    if reader.isBlank(cell) {
      if policy == .refuse { throw reader.nonFinite(cell, .nan, row: row, column: column) }
      return values.append(.nan)
    }
    let text = ExactText(try reader.text(cell))
    let number = classes?[text] ?? classes?.count ?? 0
    classes?[text] = number
    values.append(Double(number))
  }

  private func noNumber(_ reader: CSVReader, _ cell: CSVReader.Cell) -> DatasetError {
    let shown = reader.shown(cell)
    let way = role == .values ? "; names of classes need a loss for classes" : ""
    return DatasetError(
      .unparsable, at: reader.place(cell), "the target is no number",
      expected: role == .values ? "numbers, which the loss is made for" : "a number", found: "`\(shown)`",
      remedy: (reader.remedy(shown) ?? "write a number") + way)
  }

  /// The targets of `range`, row-major, and what they mean.
  static func merged(
    _ columns: [CSVTargetColumn], _ range: Range<Int>, at path: String
  ) throws -> ([Float], TargetKind) {
    if columns.count == 1, let column = columns.first {
      if let classes = column.classes {
        let names = classes.keys.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var rank = [Float](repeating: 0, count: names.count)
        for (position, name) in names.enumerated() { rank[classes[ExactText(name)] ?? 0] = Float(position) }
        return (
          column.values[range].map { $0.isNaN ? .nan : rank[Int($0)] }, .classes(count: names.count, names: names)
        )
      }
      if column.areIntegers, column.hasNumbers {
        return try WholeNumberTargets(
          column.values, role: column.role, at: "\(path), column \(column.index + 1)"
        ).targets(range)
      }
    }
    return (range.flatMap { row in columns.map { Float($0.values[row]) } }, .values)
  }
}
