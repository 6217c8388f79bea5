extension TextSource: DataSourceKind {
  public var name: String { paths.count == 1 ? paths[0] : "\(paths[0]) and \(paths.count - 1) more" }
  public var readsFolder: Bool { true }
  public var textTokens: TextTokens? { tokens }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    try table(options).source().writtenOut()
  }

  public func sequences(seed: UInt64, options: ReadOptions) throws -> SequenceTable? { try table(options) }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    guard format == nil || format == .csv || format == .tsv else { return nil }
    var other = self
    other.paths = [path]
    return DataSource(other)
  }
}
