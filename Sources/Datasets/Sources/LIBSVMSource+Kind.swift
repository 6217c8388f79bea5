extension LIBSVMSource: DataSourceKind {
  public var name: String { path }
  public var paths: [String] { [path] }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource { try load(options) }

  public func place(ofRow row: Int, target name: String) -> String { "\(path), row \(row + (rows.from ?? 0))" }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    guard format == nil || format == .libsvm else { return nil }
    return DataSource(LIBSVMSource(path: path, features: features, zeroBased: zeroBased))
  }
}

extension DataSource {
  /// - Parameters:
  ///   - features: columns; nil: as many as the file has.
  ///   - zeroBased: whether indices count from 0; nil: as they say.
  public static func libsvm(path: String, features: Int?, zeroBased: Bool?, rows: RowRange) -> DataSource {
    DataSource(LIBSVMSource(path: path, features: features, zeroBased: zeroBased, rows: rows))
  }
}

extension DataSource.Format {
  public static let libsvm = DataSource.Format(
    "LIBSVM", endings: [".libsvm", ".svm", ".svmlight"].flatMap { [$0, $0 + ".gz"] }
  ) { DataSource(LIBSVMSource(path: $0)) }
}
