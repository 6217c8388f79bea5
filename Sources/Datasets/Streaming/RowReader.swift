/// Rows of numbers that are read where and when they are asked for: all that streaming needs to know of a format.
///
/// A reader has one input and at most one target. Its rows are those of its range, counted from 0. It is asked by one
/// thread at a time.
public protocol RowReader: Sendable {
  var count: Int { get }
  var schema: SampleSchema { get }
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

  /// Reads rows as floats, measured from the origins.
  ///
  /// - Parameters:
  ///   - features: overwritten, `[rows.count, columns of the input]`.
  ///   - targets: overwritten, `[rows.count, columns of the target]`; nil: not asked for.
  ///   - isUrgent: whether somebody waits for them.
  /// - Throws: `DatasetError` where they cannot be read or must not be trained on.
  func read(
    _ rows: Range<Int>, features: UnsafeMutablePointer<Float>, targets: UnsafeMutablePointer<Float>?,
    isUrgent: () -> Bool
  ) throws
}
