internal import Kernels

/// What a target column means.
public enum TargetKind: Sendable, Equatable {
  /// Class numbers 0..<count, gathered as floats; names where the source has them, else empty.
  case classes(count: Int, names: [String])
  /// Floating-point values.
  case values
}

/// Rows that a step can gather from: held in memory, or read by chunks.
///
/// A worker asks for its own rows only; `gather` is called from several workers at once. Of a source that is read by chunks
/// only rows that have been prepared may be gathered: `begin` says in which order they come, `prepare` which come now. Both
/// are called by one thread, while nobody gathers; a source in memory does nothing then.
public protocol SampleSource: Sendable {
  /// Rows.
  var count: Int { get }
  /// What a sample is made of.
  var schema: SampleSchema { get }
  /// Hash of every byte of features and targets and their shapes: two runs saw the same data if it is equal. Of a source
  /// that is read by chunks it begins with `sampled:` and covers less; `StreamedSource` says what.
  var fingerprint: String { get }
  /// Names of the features where the source has them, else empty.
  var featureNames: [String] { get }
  /// Where the features are measured from.
  var origins: FeatureOrigins { get }
  /// What was met while reading that a person should know of, in sentences.
  var warnings: [String] { get }
  /// Smallest and largest target; nil where nobody has looked at all of them.
  var targetRange: ClosedRange<Float>? { get }
  /// Smallest and largest number of an input; nil where nobody has looked at all of them.
  func range(ofInput number: Int) -> ClosedRange<Float>?
  /// Rows that may be looked at before the first step without delaying it, where reading one takes work; nil: all.
  var glance: Int? { get }
  /// Targets of all rows, where those are known before the rows have been read; else nil.
  var knownTargets: [Float]? { get }
  /// How an order has to go about a source that is read by chunks; nil: all rows are in memory.
  var plan: WindowPlan? { get }

  /// From now on rows come in the order of `schedule`, from `position` of it on. What was prepared before is let go.
  func begin(_ schedule: [ReadWindow], at position: Int)

  /// Waits until the rows at these positions of the order are in memory, and lets go of windows that end before them.
  ///
  /// - Throws: `DatasetError` where they cannot be read, or must not be trained on.
  func prepare(_ positions: Range<Int>) throws

  /// Copies the samples `rows` (row numbers of this source) in the order given.
  ///
  /// - Parameter batch: overwritten, its weights too where the schema has some; of as many rows, with the schema's inputs and
  ///   targets.
  func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch)

  /// What sums over these rows, which have been prepared, are divided by.
  func divisor(of rows: UnsafeBufferPointer<Int32>) -> Divisor

  /// The same samples; where they have weights, sums over them are divided by this.
  func divided(by divisor: LossDivisor) -> Self

  /// Positions of these rows, which have been prepared, at which any of some inputs is not 0.
  ///
  /// - Parameter inputs: numbers of inputs that have the same positions.
  func countedPositions(of rows: UnsafeBufferPointer<Int32>, inputs: [Int]) -> Int
}

extension SampleSource {
  /// Extents of one sample of the first input.
  public var sampleShape: [Int] { schema.sampleShape }
  /// Floats of a sample's first target; 0: there is none.
  public var targetColumns: Int { schema.targetColumns }
  public var targetKind: TargetKind { schema.targetKind }
  public var featureNames: [String] { [] }
  public var plan: WindowPlan? { nil }
  public var origins: FeatureOrigins { .none }
  public var warnings: [String] { [] }
  public var targetRange: ClosedRange<Float>? { nil }
  public var glance: Int? { nil }
  public var knownTargets: [Float]? { nil }
  public func range(ofInput number: Int) -> ClosedRange<Float>? { nil }
  public func begin(_ schedule: [ReadWindow], at position: Int) {}
  public func prepare(_ positions: Range<Int>) throws {}
  public func divisor(of rows: UnsafeBufferPointer<Int32>) -> Divisor { Divisor(Double(rows.count)) }
  public func divided(by divisor: LossDivisor) -> Self { self }

  /// By gathering the rows, some at a time.
  public func countedPositions(of rows: UnsafeBufferPointer<Int32>, inputs: [Int]) -> Int {
    var counted = 0
    let gathered = GatheredFields(schema, rows: min(rows.count, 64))
    for first in stride(from: 0, to: rows.count, by: 64) {
      let part = UnsafeBufferPointer(rebasing: rows[first..<min(first + 64, rows.count)])
      gather(part, into: gathered.batch(rows: part.count))
      let marks = inputs.map { gathered.input($0, rows: part.count).readOnly.vector }
      for position in 0..<(marks.first?.count ?? 0) where marks.contains(where: { $0[position] != 0 }) { counted += 1 }
    }
    return counted
  }
}
