internal import GradientHealth
internal import Training

/// A number of every row of the running series: one of a step of the history, or what only the series has.
///
/// `rows.jsonl` is written and read by this list, TensorBoard's scalars and the live pages follow it.
struct RowColumn: Sendable {
  let name: StaticString
  /// How the values of two rows become that of a row for the steps of both.
  let merge: MergeRule
  /// Whether it counts something.
  var isWhole = false
  /// In TensorBoard; nil: not there.
  var tag: String?
  /// nil: it is not of the report, but of the moment at which the row is written.
  var value: (@Sendable (SeriesReport) -> Double)?

  static let all: [RowColumn] =
    [
      step, RowColumn(name: "time", merge: .last, isWhole: true),
      RowColumn(name: "epoch", merge: .last, isWhole: true) { Double($0.epoch) },
      RowColumn(name: "attempt", merge: .last, isWhole: true) { Double($0.attempt) }, steps,
    ]
    + StepColumn.allCases.flatMap { $0 == .loss ? [history($0), lossMin] : [history($0)] }
    + [stepsPerSecond, RowColumn(name: "resident_bytes", merge: .last)]

  static let step = RowColumn(name: "step", merge: .last, isWhole: true) { Double($0.step) }
  static let steps = RowColumn(name: "steps", merge: .sum, isWhole: true) { Double($0.steps) }
  static let lossMin = RowColumn(name: "loss_min", merge: .minimum) { $0.lossMin }
  static let stepsPerSecond = RowColumn(name: "steps_per_second", merge: .last, tag: "steps_per_second") {
    $0.stepsPerSecond
  }

  static func history(_ column: StepColumn) -> RowColumn {
    RowColumn(name: column.facts.name, merge: column.facts.running, tag: column.facts.tag) { $0.value(column) }
  }
}
