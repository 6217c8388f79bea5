/// Reading a CSV file as a table: texts and gaps are kept until the training rows say what they become.
extension CSVSource {
  public func declaring(_ columns: [DeclaredColumn]) -> DataSource? {
    var other = self
    other.columns = columns
    for column in columns {
      switch column.declaration.use {
      case .weight: other.weights = CSVColumn(column.name)
      case .nothing: other.ignored.append(CSVColumn(column.name))
      case .feature, .target: break
      }
    }
    return DataSource(other)
  }

  public func table(options: ReadOptions, isKnown: Bool) throws -> Table? {
    guard windows == nil else {
      guard columns.isEmpty else {
        throw DatasetError(
          .arguments, at: path, "data.columns are for samples that are rows, and these are windows of several",
          remedy: "leave out columns or windows; `features` chooses columns")
      }
      return nil
    }
    guard isKnown || !columns.isEmpty || options.table != nil else { return nil }
    return try withReader { try readTable($0, options) }
  }

  private func readTable(_ start: CSVReader, _ options: ReadOptions) throws -> Table {
    var reader = start
    guard try reader.next() else { throw DatasetError(.noRows, at: path, "the file is empty") }
    let width = reader.cells.count
    let names = header ? try reader.cells.map { try reader.text($0).trimmingBlanks } : []
    let rowsStart = header ? reader : start
    let targets = try targetIndices(names: names, width: width, options)
    let weightIndex = try weightIndex(names: names, width: width, targets: targets, options)
    let called = header ? names : (1...width).map { "\($0)" }
    let declared = try declarations(names: names, width: width, called: called, targets: targets, options)
    let features = try featureIndices(names: names, width: width, targets: targets, by: nil, options)
    if features.isEmpty { throw DatasetError(.shape, at: path, "no column is left for the features") }
    var seen: Set<ExactText> = []
    if let twice = features.first(where: { !seen.insert(ExactText(called[$0])).inserted }) {
      throw DatasetError(
        .missingName, at: path, "several columns are called `\(called[twice])`: they cannot be told apart by name",
        remedy: "rename one, or leave it out by its number, columns: {\(twice + 1): ignore}")
    }
    let known = options.table?.columns ?? []
    let wanted = features.enumerated().map { place, index in
      if options.table != nil {
        return CSVTableReading.Wanted(
          index: index, name: known[place].name, cells: known[place].cells, takesGaps: known[place].takesGaps)
      }
      let declaration = declared.first { ExactText($0.name) == ExactText(called[index]) }?.declaration
      return CSVTableReading.Wanted(
        index: index, name: called[index], cells: declaration?.cells ?? .either,
        takesGaps: declaration?.takesGaps ?? false)
    }
    let heading = header ? CSVHeading.warning(names, at: path).map { [$0] } ?? [] : []
    return try CSVTableReading(
      source: self, wanted: wanted, targets: options.featuresAlone ? [] : targets, weights: weightIndex, names: called,
      declared: declared, options: options
    ).read(rowsStart, warnings: heading)
  }

  /// What is declared, each by the name that the column has here.
  private func declarations(
    names: [String], width: Int, called: [String], targets: [Int], _ options: ReadOptions
  ) throws -> [DeclaredColumn] {
    try columns.compactMap { column in
      let found: Int
      do {
        found = try index(of: CSVColumn(column.name), names: names, width: width)
      } catch let error as DatasetError {
        // Data that are given later need not have what is no feature.
        if options.classNames != nil { return nil }
        throw DatasetError(
          error.issue, at: error.place, "data.columns: " + error.problem, expected: error.expected, found: error.found,
          remedy: error.remedy)
      }
      let isTarget = targets.contains(found)
      if isTarget, !column.declaration.suitsTarget {
        throw DatasetError(
          .arguments, at: path,
          "data.columns: the target `\(column.name)` cannot be `\(type(of: column.declaration).word)`",
          expected: "class, or number with a scaling")
      }
      if !isTarget, column.declaration.use == .target, options.classNames == nil {
        throw DatasetError(
          .arguments, at: path, "data.columns: `\(column.name)` is `class`, but no target",
          expected: "a column of `targets`",
          remedy: "of a feature say category")
      }
      return DeclaredColumn(called[found], column.declaration)
    }
  }
}
