extension CSVSource: DataSourceKind {
  public var name: String { path }
  public var paths: [String] { [path] }
  public var hasTextTargets: Bool { true }

  public var targetNames: [String]? {
    let names = targets.compactMap { if case .name(let name) = $0 { name } else { nil } }
    return header && !targets.isEmpty && names.count == targets.count ? names : nil
  }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    try sequences(seed: seed, options: options)?.source().writtenOut() ?? load(options)
  }

  public func sequences(seed: UInt64, options: ReadOptions) throws -> SequenceTable? {
    guard let windows else { return nil }
    guard columns.isEmpty else {
      throw DatasetError(
        .arguments, at: path, "data.columns are for samples that are rows, and these are windows of several",
        remedy: "leave out columns or windows; `features` chooses columns")
    }
    try windows.refuse(weights: weights?.description, at: path)
    let (rows, groups) = try loadRows(windows.rowOptions(options))
    return try DataSource.table(rows, groups, windows, self, options)
  }

  public func ignoring(_ column: String) -> DataSource {
    var other = self
    other.ignored.append(CSVColumn(column))
    return DataSource(other)
  }

  public func place(ofRow row: Int, target name: String) throws -> String { try place(ofTarget: name) }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    guard format == nil || format == .csv || format == .tsv else { return nil }
    var other = self
    (other.path, other.rows) = (path, .all)
    // Between .csv and .tsv the ending says what separates.
    let own = DataSource.Format(path: self.path)
    if let format, let own, own != format { other.delimiter = format == .tsv ? "\t" : "," }
    return DataSource(other)
  }
}

extension DataSource {
  /// - Parameters:
  ///   - targets: columns by name, or by number from 1 where the text is one.
  ///   - delimiter: one character.
  ///   - features: likewise; empty: all that are no targets, or with windows all but that of the groups.
  ///   - decimal: what stands before decimals, a point or a comma.
  ///   - missingValues: cells that mean that nothing is known; nil: empty ones and the usual words.
  ///   - weights: likewise; nil: each row counts for 1.
  public static func csv(
    path: String, targets: [String], header: Bool, delimiter: String, rows: RowRange, features: [String] = [],
    windows: SeriesWindows? = nil, weights: String? = nil, decimal: String = ".",
    missingValues: [String]? = nil
  ) -> DataSource {
    var source = CSVSource(
      path: path, targets: targets.map { CSVColumn($0) }, header: header, delimiter: delimiter.first ?? ",", rows: rows)
    source.features = features.map { CSVColumn($0) }
    source.windows = windows
    source.decimal = decimal.first ?? "."
    source.missingValues = missingValues
    source.weights = weights.map { CSVColumn($0) }
    return DataSource(source)
  }
}

extension DataSource.Format {
  public static let csv = DataSource.Format("CSV", endings: [".csv", ".csv.gz"]) {
    DataSource(CSVSource(path: $0, targets: []))
  }
  public static let tsv = DataSource.Format("TSV", endings: [".tsv", ".tsv.gz"]) {
    DataSource(CSVSource(path: $0, targets: [], delimiter: "\t"))
  }
}
