public import Kernels

/// What a target column means.
public enum TargetKind: Sendable, Equatable {
  /// One column of class numbers 0..<count, held as floats; names where the source has them, else empty.
  case classes(count: Int, names: [String])
  /// Floating-point values.
  case values
}

/// Rows that a step can gather from: held in memory today, read by chunks tomorrow.
///
/// A worker asks for its own rows only; `gather` is called from several workers at once.
public protocol SampleSource: Sendable {
  /// Rows.
  var count: Int { get }
  /// Extents of one sample, e.g. `[64]`.
  var sampleShape: [Int] { get }
  var targetColumns: Int { get }
  var targetKind: TargetKind { get }
  /// Hash of every byte of features and targets and their shapes: two runs saw the same data if it is equal.
  var fingerprint: String { get }

  /// Copies the samples `rows` (row numbers of this source) in the order given.
  ///
  /// - Parameters:
  ///   - features: overwritten, `[rows.count, product of sampleShape]`.
  ///   - targets: overwritten, `[rows.count, targetColumns]`.
  func gather(_ rows: UnsafeBufferPointer<Int32>, features: MutableMatrix, targets: MutableMatrix)
}
