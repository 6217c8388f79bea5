extension NPZSource: DataSourceKind {
  public var name: String { path }
  public var paths: [String] { [path] }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    var source = self
    if options.featuresAlone { source.targets = nil }
    return try source.load(options)
  }

  public func place(ofRow row: Int, target name: String) -> String {
    "\(path): \(targets ?? inputs.first), row \(row + (rows.from ?? 0))"
  }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    guard format == nil || format == .npz else { return nil }
    return DataSource(NPZSource(path: path, inputs: inputs, targets: targets))
  }

  public func choosing(features: String) -> DataSource? {
    inputs.areNamed ? nil : DataSource(NPZSource(path: path, features: features, targets: targets, rows: rows))
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
