/// Reading a CSV file as a table: texts and gaps are kept until the training rows say what they become.
extension CSVSource {
  public func declaring(_ columns: [DeclaredColumn]) -> DataSource? {
    var other = self
    other.columns = columns
    for column in columns {
      switch column.declaration.use {
      case .weight: other.weights = CSVColumn(column.name)
      case .feature, .target, .nothing: break
      }
    }
    return DataSource(other)
  }

  public func table(options: ReadOptions, isKnown: Bool) throws -> Table? {
    if windows != nil { return nil }
    guard isKnown || !columns.isEmpty || options.table != nil else { return nil }
    return try withReader { try readTable($0, options) }
  }

  private func readTable(_ start: CSVReader, _ options: ReadOptions) throws -> Table {
    var reader = start
    guard try reader.next() else { throw DatasetError(.noRows, at: path, "the file is empty") }
    let width = reader.cells.count
    let written = header ? try reader.cells.map { try reader.text($0).trimmingBlanks } : []
    let names = CSVHeading.unique(written)
    let rowsStart = header ? reader : start
    let targets = try targetIndices(names: names, width: width, options)
    let weightIndex = try weightIndex(names: names, width: width, targets: targets, options)
    let called = header ? names : (1...width).map { "\($0)" }
    let declared = try declarations(names: names, width: width, options)
    // Columns of a run are found by name, or are all that there are.
    let areChosen =
      options.table != nil && (header || options.featuresAlone && width == options.featureCount)
    let features = try featureIndices(names: names, width: width, targets: targets, by: nil, options).filter {
      areChosen || declared[$0]?.use != .nothing
    }
    try check(declared, called, features: features, targets: targets, options)
    let wanted = features.enumerated().map { place, index in
      if let known = options.table?.columns[place] {
        return CSVTableReading.Wanted(
          index: index, name: known.name, cells: known.cells, takesGaps: known.takesGaps, declaration: declared[index])
      }
      return CSVTableReading.Wanted(
        index: index, name: called[index], cells: declared[index]?.cells ?? .either,
        takesGaps: declared[index]?.takesGaps ?? false, declaration: declared[index])
    }
    let heading = headingWarnings(names)
    let twice = features.filter { place in
      header && names[place] == written[place] && written.count { ExactText($0) == ExactText(written[place]) } > 1
    }
    let repeated = twice.map {
      "\(path): several columns are called `\(names[$0])`: this is the first; the others are `\(names[$0]).1`, ..."
    }
    return try CSVTableReading(
      source: self, wanted: wanted, targets: options.featuresAlone ? [] : targets.map { ($0, declared[$0]) },
      weights: weightIndex, names: called, options: options
    ).read(rowsStart, warnings: heading + repeated)
  }

  /// What is declared, by column of the file: a name of the header, or where there is none of that name a number from 1.
  private func declarations(
    names: [String], width: Int, _ options: ReadOptions
  ) throws -> [Int: any ColumnDeclaration] {
    var found: [Int: any ColumnDeclaration] = [:]
    for column in columns {
      let isName = header && names.contains { ExactText($0) == ExactText(column.name) }
      let place: Int
      do {
        place = try index(of: isName ? .name(column.name) : CSVColumn(column.name), names: names, width: width)
      } catch let error as DatasetError {
        // Data that are given later need not have what is no feature.
        if options.classNames != nil { continue }
        throw DatasetError(
          error.issue, at: error.place, "data.columns: " + error.problem, expected: error.expected, found: error.found,
          remedy: error.remedy)
      }
      if !isName, header, options.classNames != nil { continue }
      guard found.updateValue(column.declaration, forKey: place) == nil else {
        throw DatasetError(
          .arguments, at: path, "data.columns: column \(place + 1) is declared twice, by its name and its number",
          remedy: "leave one out")
      }
    }
    return found
  }

  /// Whether the columns are those of the run, and what is declared of them means something.
  private func check(
    _ declared: [Int: any ColumnDeclaration], _ called: [String], features: [Int], targets: [Int],
    _ options: ReadOptions
  ) throws {
    func refused(_ problem: String, _ expected: String? = nil, _ found: String? = nil, _ remedy: String? = nil)
      -> DatasetError
    {
      DatasetError(.arguments, at: path, problem, expected: expected, found: found, remedy: remedy)
    }
    if features.isEmpty { throw DatasetError(.shape, at: path, "no column is left for the features") }
    if let table = options.table, features.count != table.columns.count {
      throw DatasetError(
        .shape, at: path, "the run was trained on other columns",
        expected: "\(table.columns.count) of them, \(table.names.listed)", found: "\(features.count)")
    }
    if options.classNames != nil { return }
    for (index, declaration) in declared.sorted(by: { $0.key < $1.key }) {
      let (name, word) = (called[index], type(of: declaration).word)
      if targets.contains(index) {
        if !declaration.suitsTarget {
          throw refused("data.columns: the target `\(name)` cannot be `\(word)`", "class, or number with a scaling")
        }
        guard let number = declaration as? NumberColumn else { continue }
        if number.missing != .refuse || number.indicator {
          throw refused(
            "data.columns: nothing stands for a missing target, `\(name)`", "a scaling alone", nil,
            "rows without a target are left out with on_bad_row: skip")
        }
        if number.scaling ?? .none != .none, options.targets == .classes || options.targets == .probabilities {
          throw refused(
            "data.columns: the target `\(name)` has a scaling, and the loss takes classes or probabilities", nil, nil,
            "leave the scaling out, or use a loss for values")
        }
      } else if declaration.use == .target {
        throw refused(
          "data.columns: `\(name)` is `\(word)`, but no target", "a column of `targets`", nil,
          "of a feature say category")
      } else if declaration.use == .feature, !features.contains(index) {
        throw refused(
          "data.columns: `\(name)` is `\(word)`, but no feature", "a column that is one", nil,
          "it holds the weights or the groups, or `features` of the csv leaves it out")
      } else if declaration.use == .weight, header, Int(name) == nil, CSVColumn(name) != weights {
        throw refused("data.columns: weights are declared by name where there are names", "`\(name)`", "its number")
      }
    }
  }
}
