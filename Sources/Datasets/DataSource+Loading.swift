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
    let (source, table) = try rows(seed: seed, options: options)
    if let encoding = options.table {
      guard let table else {
        throw DatasetError(
          .arguments, at: name, "the run was trained on the columns of a table", expected: "a CSV file that has them")
      }
      return try encoding.source(of: table)
    }
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

  /// The same; where columns hold texts, or a recipe says what they are, a table, to which something has to be fitted before
  /// its rows have features: until then they have none.
  public func rows(
    seed: UInt64, options: ReadOptions = ReadOptions()
  ) throws -> (samples: InMemorySource, table: Table?) {
    var table = try kind.table(options: options, isKnown: false)
    if table == nil {
      do {
        return (try load(seed: seed, options: options), nil)
      } catch let error as DatasetError where error.issue == .textFeature && options.classNames == nil {
        table = try kind.table(options: options, isKnown: true)
        if table == nil { throw error }
      }
    }
    guard let table else { preconditionFailure("a table that was read is gone") }
    let numbered = try table.rows.numbered(by: options.classNames, areText: kind.hasTextTargets, at: name) {
      try kind.place(ofRow: $0, target: $1)
    }
    return (numbered, table.replacing(rows: numbered))
  }
}
