/// What there is to know of a column of the history: where it stands in a checkpoint, what it is called, how its rows are
/// merged, who shows it.
///
/// `StepColumn`, `KernelColumn` and `SeriesColumn` list the columns and their facts. Whoever records, writes, reads,
/// merges or shows a history goes by them.
public struct HistoryColumn: Sendable {
  /// How many numbers a row of the history has of a column.
  public enum Scope: Sendable, Hashable {
    /// One.
    case step
    /// One for each kernel.
    case kernel
    /// Those of one layer along an axis, for each layer that has them. The dataset's attribute of this name says where
    /// on the axis each number stands.
    case series(axis: String)
  }

  /// What its values are.
  public enum Values: Sendable, Hashable {
    case any
    /// From 0 to 1.
    case fraction
    /// From 0 to 1, or NaN where the layer has no such figure.
    case fractionOrNone
  }

  public let scope: Scope
  /// The dataset below `/history`; of a series, the group of a dataset a layer.
  public let path: String
  /// In tables, rows and figures: `gradient_rms`.
  public let name: StaticString
  public let merge: MergeRule
  public let values: Values
  /// The same in the running series: `rows.jsonl`, TensorBoard, live pages.
  public let running: MergeRule
  /// Its name in TensorBoard; of a kernel's, the part before the kernel's name.
  public let tag: String
  /// Above a kernel's figures in tables; nil: it stands in checkpoints, not in the running series.
  public let heading: String?

  public var isFraction: Bool { values != .any }
}

extension HistoryColumn {
  static func step(
    _ name: StaticString, _ merge: MergeRule, running: MergeRule? = nil, tag: String? = nil
  ) -> HistoryColumn {
    HistoryColumn(
      scope: .step, path: "\(name)", name: name, merge: merge, values: .any, running: running ?? merge,
      tag: tag ?? "\(name)", heading: nil)
  }

  static func kernel(
    _ path: String, _ name: StaticString, _ merge: MergeRule, _ values: Values = .any, heading: String? = nil
  ) -> HistoryColumn {
    HistoryColumn(
      scope: .kernel, path: path, name: name, merge: merge, values: values, running: merge, tag: "\(name)",
      heading: heading)
  }

  static func series(_ path: String, _ name: StaticString, _ merge: MergeRule, axis: String) -> HistoryColumn {
    HistoryColumn(
      scope: .series(axis: axis), path: path, name: name, merge: merge, values: .any, running: merge, tag: "\(name)",
      heading: nil)
  }
}
