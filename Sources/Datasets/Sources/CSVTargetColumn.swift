/// One target column as it is read: numbers, or texts that become classes. The first cell decides which.
struct CSVTargetColumn {
  /// Column of the file, from 0.
  let index: Int
  let takesText: Bool
  private let isText: Bool
  private var values: [Double] = []
  private var areIntegers = true
  /// Class number of each text, in the order of appearance; nil while the column holds numbers.
  private var classes: [ExactText: Int]?

  /// - Parameter isText: whether every cell is the name of a class, whatever it looks like.
  init(index: Int, takesText: Bool, isText: Bool = false) {
    self.index = index
    self.takesText = takesText
    self.isText = isText
    if isText { classes = [:] }
  }

  /// Takes the cell of the reader's row.
  ///
  /// - Throws: `DatasetError`: `nonFinite`, `unparsable`.
  mutating func append(_ reader: CSVReader, row: Int, column: Int, _ policy: NonFinitePolicy) throws {
    let cell = reader.cells[index]
    switch CSVNumber(reader.bytes, cell.range) {
    case .number(let value, let isInteger) where classes == nil:
      if !Float(value).isFinite && policy == .refuse { throw reader.nonFinite(cell, row: row, column: column) }
      areIntegers = areIntegers && isInteger
      values.append(value)
    case .missing where classes == nil || cell.range.isEmpty:
      if policy == .refuse { throw reader.nonFinite(cell, row: row, column: column) }
      values.append(.nan)
      areIntegers = false
    case .number where !isText:
      throw DatasetError(
        .unparsable, at: reader.place(cell), "a number among texts", expected: "a text, as in the rows above",
        found: "`\(reader.text(cell))`")
    case .text, .missing, .number:
      let text = ExactText(reader.text(cell))
      guard takesText, classes != nil || values.isEmpty else {
        throw DatasetError(
          .unparsable, at: reader.place(cell), "the target is no number", expected: "a number", found: "`\(text.text)`")
      }
      let number = classes?[text] ?? classes?.count ?? 0
      classes = classes ?? [:]
      classes?[text] = number
      values.append(Double(number))
    }
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
      if column.areIntegers {
        let labels = column.values.map { Int64(exactly: $0) ?? .max }
        let count = try classCount(labels, names: [], at: "\(path), column \(column.index + 1)")
        return (column.values[range].map { Float($0) }, .classes(count: count, names: []))
      }
    }
    return (range.flatMap { row in columns.map { Float($0.values[row]) } }, .values)
  }
}
