extension IDXSource: DataSourceKind {
  public var name: String { features }
  public var paths: [String] { [features] + (targets.map { [$0] } ?? []) }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    var source = self
    if options.featuresAlone { source.targets = nil }
    return try source.load(options)
  }

  public func place(ofRow row: Int, target name: String) -> String {
    "\(targets ?? features), row \(row + (rows.from ?? 0))"
  }

  /// Targets stand in another file, which nobody has named.
  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    format == nil ? DataSource(IDXSource(features: path)) : nil
  }
}

extension DataSource {
  /// - Parameter targets: nil: features alone.
  public static func idx(features: String, targets: String?, rows: RowRange) -> DataSource {
    DataSource(IDXSource(features: features, targets: targets, rows: rows))
  }
}

extension DataSource.Format {
  public static let idx = DataSource.Format("IDX", endings: [".idx", ".idx.gz", "ubyte", "ubyte.gz"]) {
    DataSource(IDXSource(features: $0))
  }
}
