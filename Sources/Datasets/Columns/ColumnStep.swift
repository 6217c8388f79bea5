public import HDF5Storage

/// One thing that is done to the columns of the features, fitted to the training rows and applied to all.
///
/// A kind of step is a type in a file of its own, and a line in `ColumnPipeline.kinds`; what it is made from is a
/// `ColumnRule`.
public protocol ColumnStep: Sendable {
  /// The step that a checkpoint holds; nil: it holds none of this kind.
  ///
  /// - Throws: `ColumnError` where its values do not fit together.
  static func restored(from values: [StoredValue]) throws -> Self?

  /// Columns that it was fitted to.
  var columns: Int { get }
  /// Columns that it makes of them.
  var outputColumns: Int { get }

  /// Everything that was fitted, under names of its own, in the order in which it is written.
  var stored: [StoredValue] { get }

  /// Makes output rows of input rows.
  ///
  /// - Parameters:
  ///   - input: read, `[rows, columns]`.
  ///   - output: overwritten, `[rows, outputColumns]`; `input`'s memory where that has as many columns.
  func apply(rows: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>)

  /// Adds what was fitted to a hash of data that the step is applied to.
  func add(to hash: inout Fingerprint)
}

extension ColumnStep {
  public var outputColumns: Int { columns }
}

/// What is to be done to columns, as a recipe says it: fitted to training rows it is a step.
public protocol ColumnRule: Sendable {
  /// - Parameter source: the training rows, as the steps before have made them.
  func fitted(to source: InMemorySource) throws -> any ColumnStep

  /// The same of rows that are read by chunks, in as many passes over them as it takes.
  ///
  /// - Parameters:
  ///   - selection: numbers of the training rows, ascending; nil: all.
  ///   - before: what is applied to the rows before.
  /// - Throws: `DatasetError`.
  func fitted(to rows: StreamedRows, selection: [Int32]?, after before: ColumnPipeline) throws -> any ColumnStep
}

/// Values of a checkpoint that make no step.
public struct ColumnError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
