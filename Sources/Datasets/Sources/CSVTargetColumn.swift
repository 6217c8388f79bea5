/// One target column as it is read: numbers, or texts that become classes. One rule for all its cells, whichever comes
/// first:
///
/// - Numbers and gaps alone: numbers. A gap is an empty cell or a word for nothing (`NA`, `NaN`, ...).
/// - Any other text: every cell is the name of a class, numbers and such words too; a gap is an empty cell, or one of the
///   recipe's `missing_values`.
struct CSVTargetColumn {
  /// Column of the file, from 0.
  let index: Int
  /// What messages call it.
  let name: String
  /// Whether texts may be classes: not of several targets, not under a loss for values.
  private let takesText: Bool
  private let role: TargetRole?
  private let policy: NonFinitePolicy

  /// Whether it is read as texts from the start: the first cell is one, or the training run's classes have names.
  private let isText: Bool
  /// What texts name no class.
  private let missing: CSVMissing

  private(set) var values: [Double] = []
  private var areIntegers = true
  private var hasNumbers = false
  /// Names of the classes in the order of appearance; nil: the column holds numbers.
  private var classes: [String]?
  /// Warnings about what the column holds.
  private(set) var warnings: [String] = []

  /// - Parameters:
  ///   - index: column of the file.
  ///   - isAlone: whether it is the only target.
  ///   - isText: whether the training run's classes have names that are texts: so are all cells here.
  ///   - start: stands before the first row.
  init(
    index: Int, name: String, isAlone: Bool, isText: Bool, role: TargetRole?, _ policy: NonFinitePolicy,
    _ start: CSVReader
  ) throws {
    self.index = index
    self.name = name
    self.role = role
    self.policy = policy
    takesText = isAlone && role != .values
    missing = start.missing.marks == nil ? .blank : start.missing
    var reader = start
    var beginsWithText = false
    if try reader.next(), reader.cells.indices.contains(index), case .text = reader.number(reader.cells[index]) {
      beginsWithText = true
    }
    self.isText = takesText && (isText || beginsWithText)
  }

  /// What is read of the file: the targets of all its rows, so that a part of them has the classes of all.
  var wanted: CSVWanted { isText ? textWanted : numberWanted }

  private var numberWanted: CSVWanted {
    var wanted = CSVWanted(index, .number)
    wanted.isWhole = true
    if !takesText { wanted.accepted.remove(.text) }
    return wanted
  }

  private var textWanted: CSVWanted {
    var wanted = CSVWanted(index, .text)
    (wanted.isWhole, wanted.missing) = (true, missing)
    if policy == .refuse { wanted.accepted.remove(.missing) }
    return wanted
  }

  /// - Throws: `DatasetError`, `nonFinite` or `unparsable`, where the cell of the reader's row is no target.
  func check(_ reader: CSVReader, row: Int, column: Int) throws {
    let cell = reader.cells[index]
    if isText { return try checkText(reader, row: row, column: column) }
    if !takesText, case .text = reader.number(cell) { throw noNumber(reader, cell) }
  }

  private func checkText(_ reader: CSVReader, row: Int, column: Int) throws {
    let cell = reader.cells[index]
    if policy == .refuse, missing.holds(reader, cell) { throw reader.nonFinite(cell, .nan, row: row, column: column) }
    _ = try reader.text(cell)
  }

  /// Takes what was read, and reads it once more, as texts, where the column turned out to hold some below its first rows.
  mutating func finish(_ cells: CSVCells, _ table: CSVTable, column: Int) throws {
    if isText {
      take(cells)
    } else if let spot = cells.counts.firstText {
      if cells.numbers[..<spot.row].contains(where: { !$0.isNaN }) {
        let place = try table.place(of: spot, column: index)
        warnings.append("\(place): \(name) holds numbers and text: all its cells are names of classes")
      }
      take(
        try table.read(columns: [textWanted], rows: .all) { reader, row in
          try checkText(reader, row: row, column: column)
        }.columns[0])
    } else {
      if policy == .refuse, let spot = cells.counts.firstNonFinite {
        let reader = try table.reader(at: spot)
        let cell = reader.cells[index]
        if case .number(let value, _) = reader.number(cell) {
          throw reader.nonFinite(cell, value, row: spot.row, column: column)
        }
        throw reader.nonFinite(cell, .nan, row: spot.row, column: column)
      }
      values = cells.numbers
      areIntegers = cells.counts.areIntegers
      hasNumbers = values.count > cells.counts.gaps
    }
    let words = (classes ?? []).filter { CSVNumber.meansMissing($0) && $0.lowercased() != "none" }
    if !words.isEmpty {
      let found = words.sorted().map { "`\($0)`" }.joined(separator: ", ")
      warnings.append(
        "\(name): \(found) is a class here; in a column of text only an empty cell is a missing value, or what "
          + "missing_values name")
    }
  }

  private mutating func take(_ cells: CSVCells) {
    classes = cells.texts
    values = cells.codes.map { $0 < 0 ? .nan : Double($0) }
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
        let order = classes.indices.sorted { classes[$0].utf8.lexicographicallyPrecedes(classes[$1].utf8) }
        var rank = [Float](repeating: 0, count: classes.count)
        for (position, place) in order.enumerated() { rank[place] = Float(position) }
        return (
          column.values[range].map { $0.isNaN ? .nan : rank[Int($0)] },
          .classes(count: classes.count, names: order.map { classes[$0] })
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
