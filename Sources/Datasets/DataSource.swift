/// Where samples come from, as a recipe says it: a source of some kind.
///
/// A kind is a type in a file of `Sources/`. What recipes call it is `Recipes`' to say; names of files tell a format by
/// its line in `Format.all`.
public struct DataSource: Sendable, Hashable, CustomStringConvertible {
  public let kind: any DataSourceKind

  public init(_ kind: some DataSourceKind) { self.kind = kind }

  public static func == (left: DataSource, right: DataSource) -> Bool {
    AnyHashable(left.kind) == AnyHashable(right.kind)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(kind)) }

  public var description: String { "\(kind)" }

  /// What messages call it: the file, or the generator.
  public var name: String { kind.name }
  /// Files that it reads.
  public var paths: [String] { kind.paths }
  /// The target columns, where all are given by name; nil: they have none, or stand apart.
  public var targetNames: [String]? { kind.targetNames }

  /// The file at `path`, read as this source's is: with its names, its delimiter, its targets; all rows.
  ///
  /// - Parameter format: what the file's name says; nil: nothing, so it is taken for a file of this format.
  /// - Returns: nil where the formats differ, or this is no file.
  public func reading(path: String, _ format: Format?) -> DataSource? { kind.reading(path: path, format) }
}

/// A kind of source.
public protocol DataSourceKind: Sendable, Hashable {
  /// What messages call it: the file, or the generator.
  var name: String { get }
  /// Files that it reads.
  var paths: [String] { get }
  /// The target columns, where all are given by name; nil: they have none, or stand apart.
  var targetNames: [String]? { get }
  /// Whether it reads a folder, not files.
  var readsFolder: Bool { get }
  /// Whether what is read follows from the run's seed, too.
  var dependsOnSeed: Bool { get }
  /// Whether targets are read as texts, which name classes.
  var hasTextTargets: Bool { get }
  /// The windows over rows that samples are; nil: they are none.
  var windows: SeriesWindows? { get }
  /// What a text is cut into; nil: this is no text.
  var textTokens: TextTokens? { get }
  /// What libhdf5 reads of these files, in the order in which it does: it is no safe reader of hostile bytes.
  var libraryReads: [LibraryRead] { get }

  /// Reads or makes the samples, classes as the source numbers them.
  ///
  /// - Parameter seed: the run's, for generators without one of their own.
  /// - Throws: `DatasetError`.
  func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource

  /// What the samples are windows of; nil: each row is one.
  ///
  /// - Throws: `DatasetError`.
  func sequences(seed: UInt64, options: ReadOptions) throws -> SequenceTable?

  /// Rows of columns of numbers and texts, to which something is fitted before they are samples; nil: rows are read as
  /// samples.
  ///
  /// - Parameter isKnown: whether they are known to be such a table, whatever is said of columns.
  /// - Throws: `DatasetError`.
  func table(options: ReadOptions, isKnown: Bool) throws -> Table?

  /// The rows, to be read by chunks; nil: as floats they fit into `bytes`, or the source cannot be read so.
  ///
  /// - Throws: `DatasetError`.
  func reader(largerThan bytes: Int, _ options: ReadOptions) throws -> (any RowReader)?

  /// Publishes all samples as `InMemorySource.write` does, without holding them in memory.
  ///
  /// - Returns: what was written; nil: nothing, as this source has to be held.
  /// - Throws: `DatasetError`, `HDF5Error`, `FileError`.
  func convert(to path: String) throws -> (count: Int, schema: SampleSchema)?

  /// Where the first row with a class of that name stands.
  ///
  /// - Parameter row: counted within the rows asked for.
  func place(ofRow row: Int, target name: String) throws -> String

  /// Which group each row belongs to, by a column, dataset or array of that name.
  ///
  /// - Throws: `DatasetError`.
  func groups(named name: String) throws -> RowGroups

  /// See `DataSource.reading`.
  func reading(path: String, _ format: DataSource.Format?) -> DataSource?

  /// The same source, with a column that is no feature.
  func ignoring(_ column: String) -> DataSource

  /// The same source, whose columns are what is declared; nil: it has no columns of texts.
  func declaring(_ columns: [DeclaredColumn]) -> DataSource?

  /// The same source with other features; nil: there are none to choose from.
  func choosing(features: String) -> DataSource?
}

extension DataSourceKind {
  public var paths: [String] { [] }
  public var targetNames: [String]? { nil }
  public var readsFolder: Bool { false }
  public var dependsOnSeed: Bool { paths.isEmpty }
  public var hasTextTargets: Bool { false }
  public var windows: SeriesWindows? { nil }
  public var textTokens: TextTokens? { nil }
  public var libraryReads: [LibraryRead] { [] }
  public func sequences(seed: UInt64, options: ReadOptions) throws -> SequenceTable? { nil }
  public func table(options: ReadOptions, isKnown: Bool) throws -> Table? { nil }
  public func declaring(_ columns: [DeclaredColumn]) -> DataSource? { nil }
  public func reader(largerThan bytes: Int, _ options: ReadOptions) throws -> (any RowReader)? { nil }
  public func convert(to path: String) throws -> (count: Int, schema: SampleSchema)? { nil }
  public func place(ofRow row: Int, target name: String) throws -> String { self.name }
  public func ignoring(_ column: String) -> DataSource { DataSource(self) }
  public func groups(named name: String) throws -> RowGroups {
    throw DatasetError(
      .arguments, at: self.name, "these data have no groups", expected: "csv, hdf5 or npz", found: "group: \(name)")
  }
  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? { nil }
  public func choosing(features: String) -> DataSource? { nil }
}

/// A dataset that libhdf5 reads.
public struct LibraryRead: Sendable, Equatable {
  public let path: String
  public let dataset: String
  /// Whether the dataset need not be there.
  public let isOptional: Bool

  public init(path: String, dataset: String, isOptional: Bool = false) {
    self.path = path
    self.dataset = dataset
    self.isOptional = isOptional
  }
}
