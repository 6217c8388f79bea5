extension NPZSource: DataSourceKind {
  public var name: String { path }
  public var paths: [String] { [path] }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    try sequences(seed: seed, options: options)?.source().writtenOut() ?? reading(options).load(options)
  }

  public func sequences(seed: UInt64, options: ReadOptions) throws -> SequenceTable? {
    guard let windows else { return nil }
    try windows.refuse(lengths, at: path)
    try windows.refuse(weights: weights, at: path)
    let rows = try reading(options).load(windows.rowOptions(options))
    return try DataSource.table(rows, try windows.by.map { try groups($0) }, windows, self, options)
  }

  private func reading(_ options: ReadOptions) -> NPZSource {
    var source = self
    if options.featuresAlone { source.targets = nil }
    return source
  }

  public func place(ofRow row: Int, target name: String) -> String {
    "\(path): \(targets ?? inputs.first), row \(row + (rows.from ?? 0))"
  }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    guard format == nil || format == .npz else { return nil }
    var other = self
    (other.path, other.rows) = (path, .all)
    return DataSource(other)
  }

  public func choosing(features: String) -> DataSource? {
    if inputs.areNamed { return nil }
    var other = self
    other.inputs = InputArrays(features)
    return DataSource(other)
  }
}

extension DataSource {
  public static func npz(path: String, features: String, targets: String, rows: RowRange) -> DataSource {
    DataSource(NPZSource(path: path, features: features, targets: targets, rows: rows))
  }
}

extension DataSource.Format {
  public static let npz = DataSource.Format("npz", endings: [".npz"]) { DataSource(NPZSource(path: $0)) }
}
