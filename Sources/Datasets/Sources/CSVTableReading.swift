/// One reading of a CSV file into a table.
struct CSVTableReading {
  /// A column that is wanted, and how.
  struct Wanted {
    /// Of the file, from 0.
    let index: Int
    let name: String
    let cells: CellKind
    /// Whether a row without a value can be used.
    let takesGaps: Bool
    /// What the recipe says of it; nil: nothing.
    var declaration: (any ColumnDeclaration)?
    /// Whether nobody said that the cells are texts.
    var isInferred = false
  }

  let source: CSVSource
  let wanted: [Wanted]
  /// Columns of the file, and what the recipe says of each.
  let targets: [(index: Int, declaration: (any ColumnDeclaration)?)]
  let weights: Int?
  /// Of all columns of the file.
  let names: [String]
  let options: ReadOptions

  /// - Parameter start: stands before the first row of data.
  func read(_ start: CSVReader, warnings: [String]) throws -> Table {
    let table = CSVTable(start, width: names.count)
    let wanted = try knowingTexts(start)
    let isText = KnownClasses(options.classNames ?? []).haveText
    var targetColumns = try targets.map { target in
      try CSVTargetColumn(
        index: target.index, name: "`\(names[target.index])`", isAlone: targets.count == 1,
        isText: isText || target.declaration is ClassColumn,
        role: target.declaration is NumberColumn ? .values : options.targets, options.nonFinite, start)
    }
    let weightColumns = weights.map { [source.weightWanted($0, options)] } ?? []
    let cells = try table.columns(
      wanted.map { $0.cells(options) } + weightColumns + targetColumns.map(\.wanted), rows: source.rows
    ) { reader, row in
      if source.holds(row) {
        if let weights { _ = try source.weight(reader, weights, "`\(names[weights])`", options) }
        for (column, own) in wanted.enumerated() { try own.check(reader, row: row, column: column, options) }
      }
      for column in targetColumns.indices { try targetColumns[column].check(reader, row: row, column: column) }
    }
    let range = try source.rows.resolved(count: table.count, at: source.path)
    for column in targetColumns.indices {
      try targetColumns[column].finish(cells[cells.count - targets.count + column], table, column: column)
    }
    let found = try wanted.enumerated().map { try $1.column($0, of: cells[$0], table, source, options) }
    var (values, kind) = try CSVTargetColumn.merged(targetColumns, range, at: source.path)
    if targets.contains(where: { $0.declaration is NumberColumn }) { kind = .values }
    var rows = InMemorySource(
      features: marks(found.map(\.column), count: range.count), sampleShape: [1], targets: values,
      targetColumns: targets.count, targetKind: kind,
      warnings: warnings + targetColumns.flatMap(\.warnings) + found.compactMap(\.warning))
    if let declaration = targets.first?.declaration as? ClassColumn {
      rows = try rows.ordered(by: declaration.order) { try source.place(ofTarget: $0) }
    }
    if weights != nil { rows = rows.weighted(by: cells[wanted.count].numbers.map { Float($0) }) }
    return Table(
      place: source.path, columns: found.map(\.column), rows: rows,
      targets: kind == .values ? targetColumns.map { Array($0.values[range]) } : [],
      targetDeclarations: targets.map(\.declaration))
  }

  /// Columns that hold a text in one of the first rows are texts: they need not be read as numbers first.
  private func knowingTexts(_ start: CSVReader) throws -> [Wanted] {
    var (reader, row, texts) = (start, 0, Set<Int>())
    while row < (source.rows.from ?? 0) + 100, try reader.next() {
      if source.holds(row) {
        for own in wanted where own.cells == .either && reader.cells.indices.contains(own.index) {
          if case .text = reader.number(reader.cells[own.index]) { texts.insert(own.index) }
        }
      }
      row += 1
    }
    return wanted.map { own in
      texts.contains(own.index)
        ? Wanted(
          index: own.index, name: own.name, cells: .texts, takesGaps: own.takesGaps, declaration: own.declaration,
          isInferred: true) : own
    }
  }

  /// 0, or NaN of a row that must not be used.
  private func marks(_ columns: [Table.Column], count: Int) -> [Float] {
    var marks = [Float](repeating: 0, count: count)
    for (own, column) in zip(wanted, columns) {
      guard case .numbers(let numbers) = column.values else { continue }
      for row in 0..<count where !numbers[row].isFinite && !(own.takesGaps && numbers[row].isNaN) { marks[row] = .nan }
    }
    return marks
  }
}

extension CSVTableReading.Wanted {
  func cells(_ options: ReadOptions) -> CSVWanted {
    let kind: CSVWanted.Kind =
      switch cells {
      case .numbers: .number
      case .texts: .text
      case .either: .any
      }
    var wanted = CSVWanted(index, kind)
    if options.nonFinite == .refuse { wanted.accepted.remove(.infinite) }
    if cells == .numbers { wanted.accepted.remove(.text) }
    return wanted
  }

  /// - Throws: `DatasetError` where the reader's row has a cell that is not accepted.
  func check(_ reader: CSVReader, row: Int, column: Int, _ options: ReadOptions) throws {
    let cell = reader.cells[index]
    if cells == .texts { return _ = try reader.text(cell) }
    switch reader.number(cell) {
    case .number(let value, _) where value.isInfinite && options.nonFinite == .refuse:
      throw reader.nonFinite(cell, value, row: row, column: column)
    case .text where cells == .numbers: throw reader.noNumber(cell, name: "`\(name)`")
    case .number, .missing, .text: return
    }
  }

  /// The column as it was read, and what a person should know of it.
  func column(
    _ column: Int, of cells: CSVCells, _ table: CSVTable, _ source: CSVSource, _ options: ReadOptions
  ) throws -> (column: Table.Column, warning: String?) {
    switch cells.values {
    case .numbers(let numbers):
      if cells.counts.gaps > 0, options.nonFinite == .refuse, !takesGaps {
        throw try source.gapError(cells.counts, table, index, name, column: column, of: numbers.count, options)
      }
      return (Table.Column(name: name, values: .numbers(numbers), declaration: declaration), nil)
    case .texts(let codes, let names):
      let warning = isInferred || self.cells == .either ? mixture(codes, names, in: source) : nil
      return (Table.Column(name: name, values: .texts(codes: codes, names: names), declaration: declaration), warning)
    }
  }

  /// What is said of a column that is texts because of a few cells.
  private func mixture(_ codes: [Int32], _ names: [String], in source: CSVSource) -> String? {
    let decimal = source.decimal.asciiValue ?? UInt8(ascii: ".")
    let areTexts = names.map { name in
      Array(name.utf8).withUnsafeBufferPointer {
        if case .text = CSVNumber($0, 0..<$0.count, decimal: decimal) { true } else { false }
      }
    }
    guard areTexts.contains(false) else { return nil }
    let texts = codes.count { $0 >= 0 && areTexts[Int($0)] }
    guard 2 * texts < codes.count(where: { $0 >= 0 }), let first = areTexts.firstIndex(of: true) else { return nil }
    return
      "\(source.path): `\(name)` is taken as categories, as \(texts) of \(codes.count) cells are no numbers, such as "
      + "`\(names[first])`: if it is meant to be numbers, say columns: {\(name.asKey): number}, and missing_values where such a "
      + "cell means that nothing is known"
  }
}

extension CSVSource {
  /// Gaps in a column of numbers that nothing stands for.
  ///
  /// - Parameters:
  ///   - counts: of the column, at least one gap.
  ///   - index: of the file's columns.
  ///   - column: of the features.
  ///   - rows: how many were read.
  func gapError(
    _ counts: CSVCounts, _ table: CSVTable, _ index: Int, _ name: String, column: Int, of rows: Int,
    _ options: ReadOptions
  ) throws -> DatasetError {
    let spot = counts.firstGap
    let isNew = options.classNames == nil
    return DatasetError(
      .nonFinite(row: spot?.row ?? 0, column: column),
      at: try spot.map { try table.place(of: $0, column: index) } ?? path,
      "`\(name)` is missing", expected: "a number in each row", found: "\(counts.gaps) of \(rows) rows without one",
      remedy: isNew
        ? "say what stands for them, columns: {\(name.asKey): {number: {missing: median, indicator: true}}} in the recipe's data, "
          + "or leave such rows out, on_bad_row: skip"
        : "fill the gaps, or leave the rows out: the run has nothing that stands for them")
  }
}
