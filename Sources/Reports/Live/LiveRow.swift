internal import GradientHealth
internal import JSON

/// A row of a run's stream: the figures of the steps since the row before.
public struct LiveRow: Sendable {
  /// One a `RowColumn`; NaN where the row has none.
  var values: [Double]
  /// One list a column of `KernelColumn.running`, with one figure a kernel; NaN where one has none.
  var layers: [[Double]]
  /// Along the axes of the run's series, one after the other; empty where the row has none.
  var series: [Double] = []

  private static let kernelColumns = KernelColumn.running.map(\.facts)

  init?(_ line: JSONLine) {
    values = RowColumn.all.map { line.number($0.name) ?? .nan }
    guard values[0].isFinite else { return nil }
    layers = LiveRow.kernelColumns.map { line[$0.name]?.numbers ?? [] }
    series = line["series"]?.numbers ?? []
  }

  /// - Parameter name: of a column.
  func value(_ name: StaticString) -> Double {
    RowColumn.all.firstIndex { LiveRow.isSame($0.name, name) }.map { values[$0] } ?? .nan
  }

  func layerValues(_ name: StaticString) -> [Double] {
    LiveRow.kernelColumns.firstIndex { LiveRow.isSame($0.name, name) }.map { layers[$0] } ?? []
  }

  var step: Int { Int(values[0]) }

  private static func isSame(_ left: StaticString, _ right: StaticString) -> Bool {
    left.utf8Start == right.utf8Start || "\(left)" == "\(right)"
  }

  /// The row of the steps of both.
  ///
  /// - Parameter series: what the rows' `series` are of.
  func joined(with later: LiveRow, series columns: [RunningSeries] = []) -> LiveRow {
    var (before, after) = (value("steps"), later.value("steps"))
    if !(before > 0 && after > 0) { (before, after) = (1, 1) }
    func join(_ left: Double, _ right: Double, _ rule: MergeRule) -> Double {
      // What is not finite is marked by its event; a mean of it would hide the rest.
      guard rule == .last || left.isFinite && right.isFinite else { return left.isFinite ? left : right }
      return rule.merge(left, before, right, after)
    }
    var row = self
    for (index, column) in RowColumn.all.enumerated() {
      row.values[index] = join(values[index], later.values[index], column.merge)
    }
    for (index, column) in LiveRow.kernelColumns.enumerated() {
      let (left, right) = (layers[index], later.layers[index])
      row.layers[index] = left.count == right.count ? zip(left, right).map { join($0, $1, column.running) } : right
    }
    let rules = columns.flatMap { Array(repeating: $0.column.facts.running, count: $0.positions.count) }
    if later.series.count == rules.count, series.count == rules.count {
      for index in rules.indices { row.series[index] = join(series[index], later.series[index], rules[index]) }
    } else if !later.series.isEmpty {
      row.series = later.series
    }
    return row
  }

  /// The columns' names, as `json` gives their values.
  static let jsonColumns = JSONValue.array(RowColumn.all.map { .string("\($0.name)") })
  /// Those of the kernels' columns with the words above them, and whether they are fractions.
  static let jsonLayerColumns = JSONValue.array(
    kernelColumns.map { column in
      [
        "name": .string("\(column.name)"), "heading": .string(column.heading ?? ""),
        "fraction": .bool(column.isFraction),
      ]
    })

  var json: JSONValue {
    .array(
      zip(RowColumn.all, values).map { $0.isWhole ? LiveRow.whole($1) : LiveRow.figure($1) }
        + layers.map { .array($0.map(LiveRow.figure)) } + [.array(series.map { LiveRow.rough($0) })])
  }

  /// For a colour three digits are enough.
  private static func rough(_ value: Double) -> JSONValue {
    if value.isNaN { return .null }
    return .number(value.isFinite ? Double(short(value, digits: 3)) ?? value : value)
  }

  private static func whole(_ value: Double) -> JSONValue {
    Int(exactly: value.rounded()).map { .integer($0) } ?? .null
  }

  /// Rounded to what a figure on a screen can show; null where there is none.
  static func figure(_ value: Double) -> JSONValue {
    if value.isNaN { return .null }
    return .number(value.isFinite ? Double(short(value, digits: 5)) ?? value : value)
  }
}
