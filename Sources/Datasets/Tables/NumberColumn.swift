internal import HDF5Storage

/// A column of numbers.
public struct NumberColumn: ColumnDeclaration {
  /// What stands for a missing value.
  public enum Missing: Sendable, Hashable {
    case refuse, mean, median
    case constant(Double)

    var word: String {
      switch self {
      case .refuse: "refuse"
      case .mean: "mean"
      case .median: "median"
      case .constant: "constant"
      }
    }
  }

  public static let word = "number"
  public var missing = Missing.refuse
  /// Whether a column 0/1 is added that says where values are missing.
  public var indicator = false
  /// nil: as all numbers of the data.
  public var scaling: NumberScaling.Method?

  public init(missing: Missing = .refuse, indicator: Bool = false, scaling: NumberScaling.Method? = nil) {
    self.missing = missing
    self.indicator = indicator
    self.scaling = scaling
  }

  public var use: ColumnUse { .feature }
  public var cells: CellKind { .numbers }
  public var takesGaps: Bool { missing != .refuse }
  public var suitsTarget: Bool { true }

  /// Fits what stands for gaps to the values that are there, then the scaling to all rows, gaps filled.
  public func fitted(
    to column: Table.Column, rows: [Int32], scaling given: ScalingMethod, at place: String
  ) throws -> (any FittedColumn)? {
    guard case .numbers(let numbers) = column.values else { preconditionFailure("`\(column.name)` is read as texts") }
    var values = rows.map { numbers[Int($0)] }
    var fill = Double.nan
    let known = missing == .refuse ? values : values.filter { !$0.isNaN }
    switch missing {
    case .refuse: break
    case .constant(let value): fill = value
    case .mean where !known.isEmpty: fill = NumberScaling.mean(known)
    case .median where !known.isEmpty: fill = NumberScaling.quantile(0.5, of: known.sorted())
    case .mean, .median:
      throw DatasetError(
        .noRows, at: place, "`\(column.name)` is missing in all \(rows.count) training rows: it has no \(missing.word)",
        remedy: "say columns: {\(column.name.asKey): ignore}")
    }
    if !fill.isNaN { for row in values.indices where values[row].isNaN { values[row] = fill } }
    return FittedNumber(
      name: column.name, missing: missing.word, fill: fill, indicator: indicator,
      scaling: try NumberScaling(scaling ?? NumberScaling.Method(given), fittedTo: values, of: column.name, at: place))
  }
}

/// A column of numbers as it was fitted: gaps are filled, then the scaling is applied, in Double; rounded once, at the end.
struct FittedNumber: FittedColumn {
  static let word = NumberColumn.word
  let name: String
  /// The recipe's word for what stands for gaps.
  let missing: String
  /// NaN: gaps are refused.
  let fill: Double
  let indicator: Bool
  let scaling: NumberScaling

  var cells: CellKind { .numbers }
  var takesGaps: Bool { !fill.isNaN }
  var outputs: [String] { [name] + (indicator ? ["\(name) is missing"] : []) }
  var categories: Int? { nil }
  var summary: String {
    var parts = fill.isNaN ? [] : ["gaps are \(Float(fill)) (\(missing))"]
    if indicator { parts.append("0/1 where there are gaps") }
    return (parts + [scaling.summary]).joined(separator: ", ")
  }

  /// Numbers that are rounded as they are may lose the digits that they differ in.
  func warning(_ column: Table.Column, rows: [Int32], at place: String) -> String? {
    guard scaling.method == .none, case .numbers(let values) = column.values else { return nil }
    var range = FeatureRange()
    for row in rows { range.add(values[Int(row)]) }
    guard range.losesDigits else { return nil }
    return
      "\(place): `\(name)` loses digits in float32: its values differ by \(Float(range.high - range.low)) around "
      + "\(Float(range.high)), and are rounded to steps of \(Float(range.high).ulp); say scaling: standard"
  }

  func encode(_ column: Table.Column, rows: [Int32]?, into output: UnsafeMutablePointer<Float>, stride: Int) {
    guard case .numbers(let values) = column.values else { preconditionFailure("`\(name)` is read as texts") }
    values.withUnsafeBufferPointer { values in
      scaling.apply(count: rows?.count ?? values.count, into: output, stride: stride) { row in
        let value = values[rows.map { Int($0[row]) } ?? row]
        return value.isNaN ? fill : value
      }
      guard indicator else { return }
      for row in 0..<(rows?.count ?? values.count) {
        output[row * stride + 1] = values[rows.map { Int($0[row]) } ?? row].isNaN ? 1 : 0
      }
    }
  }
}

extension FittedNumber {
  var figures: [StoredValue] {
    [
      StoredValue("missing", .texts([missing])), StoredValue("fill", .doubles([fill.isNaN ? 0 : fill])),
      StoredValue("indicator", .integers([indicator ? 1 : 0])),
    ] + scaling.figures
  }

  var lists: [StoredValue] { scaling.lists }

  init(name: String, restoring values: [StoredValue]) throws {
    guard let missing = values.texts("missing")?.first, let fill = values.doubles("fill")?.first,
      let indicator = values.integers("indicator")?.first
    else { throw ColumnError("`\(name)`: missing, fill or indicator is not there") }
    self.init(
      name: name, missing: missing, fill: missing == NumberColumn.Missing.refuse.word ? .nan : fill,
      indicator: indicator == 1, scaling: try NumberScaling(restoring: values, of: name))
  }
}
