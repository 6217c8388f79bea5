internal import JSON

/// A row of a run's stream: the figures of the steps since the row before.
public struct LiveRow: Sendable {
  /// One a column of `LiveRow.columns`; NaN where the row has none.
  var values: [Double]
  /// One list a column of `LiveRow.layerColumns`, with one figure a layer; NaN where a layer has none.
  var layers: [[Double]]

  /// How two rows become one.
  enum Joining { case last, sum, least, greatest, mean }

  static let columns: [(name: StaticString, joining: Joining)] = [
    ("step", .last), ("time", .last), ("epoch", .last), ("attempt", .last), ("steps", .sum), ("loss", .mean),
    ("loss_min", .least), ("loss_max", .greatest), ("penalty", .mean), ("learning_rate", .last),
    ("gradient_norm", .mean), ("gradient_norm_max", .greatest), ("clipped_norm", .mean), ("steps_per_second", .last),
    ("resident_bytes", .last),
  ]

  static let layerColumns: [(name: StaticString, joining: Joining)] = [
    ("gradient_mean", .mean), ("gradient_rms", .mean), ("gradient_abs_max", .greatest), ("weight_mean", .last),
    ("weight_rms", .last), ("update_ratio", .mean), ("saturated_fraction", .mean), ("dead_fraction", .mean),
  ]

  init?(_ line: JSONLine) {
    values = LiveRow.columns.map { line.number($0.name) ?? .nan }
    guard values[0].isFinite else { return nil }
    layers = LiveRow.layerColumns.map { line[$0.name]?.numbers ?? [] }
  }

  /// - Parameter name: of a column.
  func value(_ name: StaticString) -> Double {
    LiveRow.columns.firstIndex { LiveRow.isSame($0.name, name) }.map { values[$0] } ?? .nan
  }

  func layerValues(_ name: StaticString) -> [Double] {
    LiveRow.layerColumns.firstIndex { LiveRow.isSame($0.name, name) }.map { layers[$0] } ?? []
  }

  var step: Int { Int(values[0]) }

  private static func isSame(_ left: StaticString, _ right: StaticString) -> Bool {
    left.utf8Start == right.utf8Start || "\(left)" == "\(right)"
  }

  /// The row of the steps of both.
  func joined(with later: LiveRow) -> LiveRow {
    let (before, after) = (value("steps"), later.value("steps"))
    let weight = before > 0 && after > 0 ? after / (before + after) : 0.5
    func join(_ left: Double, _ right: Double, _ joining: Joining) -> Double {
      if joining == .last { return right }
      // What is not finite is marked by its event; a mean of it would hide the rest.
      guard left.isFinite, right.isFinite else { return left.isFinite ? left : right }
      return switch joining {
      case .last: right
      case .sum: left + right
      case .least: min(left, right)
      case .greatest: max(left, right)
      case .mean: left + (right - left) * weight
      }
    }
    var row = self
    for (index, column) in LiveRow.columns.enumerated() {
      row.values[index] = join(values[index], later.values[index], column.joining)
    }
    for (index, column) in LiveRow.layerColumns.enumerated() {
      let (left, right) = (layers[index], later.layers[index])
      row.layers[index] = left.count == right.count ? zip(left, right).map { join($0, $1, column.joining) } : right
    }
    return row
  }

  /// The columns' names, as `json` gives their values.
  static let jsonColumns = JSONValue.array(columns.map { .string("\($0.name)") })
  static let jsonLayerColumns = JSONValue.array(layerColumns.map { .string("\($0.name)") })

  var json: JSONValue {
    .array(
      values.enumerated().map { $0 < 5 ? LiveRow.whole($1) : LiveRow.figure($1) }
        + layers.map { .array($0.map(LiveRow.figure)) })
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
