/// Rows of numbers that are read where and when they are asked for: all that streaming needs to know of a format.
///
/// A reader has one input or several and at most one target. Its rows are those of its range, counted from 0. It is asked by
/// one thread at a time, unless its rows stand alone.
public protocol RowReader: Sendable {
  var count: Int { get }
  var schema: SampleSchema { get }
  /// How each input is handed over: floats where nothing else is said. Pixels stay bytes.
  var storage: [FieldValues.Storage] { get }
  /// Names of the features where the rows have them, else empty.
  var featureNames: [String] { get }
  /// Where the features are measured from.
  var origins: FeatureOrigins { get }
  /// Smallest and largest target; nil where they were not looked at.
  var targetRange: ClosedRange<Float>? { get }
  /// What messages call the features.
  var place: String { get }
  /// Rows that are stored together and best read at once; 1: each stands alone.
  var storedChunkRows: Int { get }
  /// Number that row 0 has in the file: chunks are stored from the file's beginning on.
  var firstRow: Int { get }
  /// What tells these rows from others as far as they have been looked at, to be gone on with.
  var sample: Fingerprint { get }
  /// Not nil: each row is read by itself, in any order, by several threads at once, and reading it takes work that is best done
  /// once; about so many rows take a part of a second.
  var windowOfLoneRows: Int? { get }
  /// Targets of all rows, where those are known before the rows have been read; else nil.
  var knownTargets: [Float]? { get }
  /// What was met that a person should know of, in sentences.
  var warnings: [String] { get }

  /// Reads rows, measured from the origins.
  ///
  /// - Parameters:
  ///   - block: overwritten, of as many rows or more; its inputs as `storage` says.
  ///   - isUrgent: whether somebody waits for them.
  /// - Throws: `DatasetError` where they cannot be read or must not be trained on.
  func read(_ rows: Range<Int>, into block: RowBlock, isUrgent: () -> Bool) throws

  /// The class of every row, without a look at the features; nil: the rows have not one target that is a class.
  ///
  /// - Throws: `DatasetError`.
  func targetClasses() throws -> [Int32]?

  /// Rows that can be trained on, in order, by a look at all of them; nil: all that are finite.
  ///
  /// - Throws: `DatasetError`.
  func usableRows() throws -> [Int32]?
}

extension RowReader {
  public var storage: [FieldValues.Storage] { schema.inputs.map { _ in .floats } }
  public var windowOfLoneRows: Int? { nil }
  public var knownTargets: [Float]? { nil }
  public var warnings: [String] { [] }
  public func targetClasses() throws -> [Int32]? { knownTargets.map { $0.map { Int32($0) } } }
  public func usableRows() throws -> [Int32]? { nil }
}
