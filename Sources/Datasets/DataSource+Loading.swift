extension DataSource {
  /// Memory for samples where nobody says otherwise, in bytes.
  public static let defaultBuffer = 2_000_000_000

  /// Reads or makes the samples; those that can be read by chunks are, where they need more memory than `buffer`.
  ///
  /// - Parameters:
  ///   - buffer: bytes.
  ///   - pipeline: what is done to features, of which there are so many.
  /// - Throws: `DatasetError`, and what `pipeline` throws.
  public func open(
    seed: UInt64, options: ReadOptions = ReadOptions(), buffer: Int = DataSource.defaultBuffer,
    pipeline: (_ columns: Int) throws -> ColumnPipeline = { _ in .none }
  ) throws -> any SampleSource {
    if let table = try kind.sequences(seed: seed, options: options) {
      return try table.applying(pipeline(table.valueColumns)).source(finiteAlone: false)
    }
    if let rows = try StreamedRows(self, largerThan: buffer, options: options) {
      return try rows.source(
        nil, pipeline: try pipeline(rows.columns), bytes: buffer, batch: 1, isShuffled: false)
    }
    let source = try load(seed: seed, options: options)
    return try pipeline(source.featureColumns).applied(to: source)
  }

  /// Reads or makes the samples; classes and columns that have names are numbered as `options` know them.
  ///
  /// - Parameter seed: the run's, for generators without a `randomState` of their own.
  /// - Throws: `DatasetError`.
  public func load(seed: UInt64, options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    try kind.read(seed: seed, options: options)
      .numbered(by: options.classNames, areText: kind.hasTextTargets, at: name) {
        try kind.place(ofRow: $0, target: $1)
      }
  }
}
