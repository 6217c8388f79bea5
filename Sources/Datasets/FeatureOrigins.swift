public import HDF5Storage

/// Where features are measured from before they are rounded to float32: `(x - origin) / unit`, per feature, in Double.
///
/// Seconds since 1970 are 1,700,000,000 and some: float32 has 128 of them between two neighbours, so a column of a day's
/// seconds would be a few steps. Measured from its smallest value it keeps its digits, and a scaling that is fitted
/// afterwards moves and divides it as it would have been. Features that float32 holds well have origin 0 and unit 1: they
/// are rounded as they are.
public struct FeatureOrigins: Sendable, Equatable {
  /// One for each feature; empty where all are rounded as they are.
  public let origin: [Double]
  /// A power of two for each feature: 1 unless its range is beyond what float32 squares or divides.
  public let unit: [Double]
  /// Features that are not rounded as they are, ascending.
  public let columns: [Int]

  public static let none = FeatureOrigins(origin: [], unit: [])

  /// - Precondition: as many units as origins.
  public init(origin: [Double], unit: [Double]) {
    precondition(origin.count == unit.count, "\(origin.count) origins, \(unit.count) units")
    let columns = origin.indices.filter { origin[$0] != 0 || unit[$0] != 1 }
    self.origin = columns.isEmpty ? [] : origin
    self.unit = columns.isEmpty ? [] : unit
    self.columns = columns
  }

  public var isEmpty: Bool { columns.isEmpty }

  /// Those of several inputs, one after another.
  init(joining parts: [(origins: FeatureOrigins, columns: Int)]) {
    self.init(
      origin: parts.flatMap { $0.origins.isEmpty ? [Double](repeating: 0, count: $0.columns) : $0.origins.origin },
      unit: parts.flatMap { $0.origins.isEmpty ? [Double](repeating: 1, count: $0.columns) : $0.origins.unit })
  }

  /// Those of some of the columns.
  func part(_ range: Range<Int>) -> FeatureOrigins {
    isEmpty ? .none : FeatureOrigins(origin: Array(origin[range]), unit: Array(unit[range]))
  }

  /// The value that a stored float stands for.
  public func value(_ stored: Float, column: Int) -> Double {
    isEmpty ? Double(stored) : origin[column] + Double(stored) * unit[column]
  }

  static let range = "numbers from -3.4e38 to 3.4e38"
  static let rangeRemedy = "divide the column by a constant, or say scaling: standard, which does so"
}

/// In a checkpoint: `scaling_origin`, `scaling_unit`; neither where all features are rounded as they are.
extension FeatureOrigins {
  public var stored: [StoredValue] {
    isEmpty ? [] : [StoredValue("scaling_origin", .doubles(origin)), StoredValue("scaling_unit", .doubles(unit))]
  }

  /// nil: the values do not fit together.
  public init?(restoring values: [StoredValue]) {
    let (origin, unit) = (values.doubles("scaling_origin") ?? [], values.doubles("scaling_unit") ?? [])
    guard origin.count == unit.count, origin.allSatisfy(\.isFinite), unit.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      return nil
    }
    self.init(origin: origin, unit: unit)
  }
}

/// What is done about features that float32 does not hold well.
public enum OriginRule: Sendable, Equatable {
  /// Nothing: they are rounded as they are, with a warning.
  case asWritten
  /// Features that lose digits get an origin, fitted to the rows that are read.
  case digits
  /// So do those whose range is too large or too small to be scaled.
  case fitted
  /// As they were fitted before.
  case given(FeatureOrigins)

  /// The rule for some of the columns.
  func part(_ range: Range<Int>) -> OriginRule {
    guard case .given(let origins) = self, !origins.isEmpty else { return self }
    return .given(origins.part(range))
  }
}

extension ReadOptions {
  /// - Parameter columns: of all inputs that are values.
  /// - Throws: `DatasetError` `shape` where the run's origins are of other columns.
  func requireOrigins(columns: Int, at place: String) throws {
    guard case .given(let origins) = self.origins, !origins.isEmpty, origins.origin.count != columns else { return }
    throw DatasetError(
      .shape, at: place, "the run was trained on other features", expected: "\(origins.origin.count) of them",
      found: "\(columns)")
  }
}

/// Range of one feature, and what rounding to float32 costs it.
struct FeatureRange {
  private(set) var low = Double.infinity
  private(set) var high = -Double.infinity
  /// Largest difference between a value and its float.
  private(set) var error = 0.0

  /// A sixteenth bit: beyond it a feature keeps fewer than five digits of its range.
  private static let tolerated = 0x1p-16

  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    (low, high) = (min(low, value), max(high, value))
    let float = Float(value)
    error = max(error, float.isFinite ? abs(value - Double(float)) : .infinity)
  }

  private var largest: Double { max(abs(low), abs(high)) }

  /// Whether rounding takes digits from the feature that it needs.
  var losesDigits: Bool { low < high && error > (high - low) * FeatureRange.tolerated }

  /// The smallest value where digits are lost; else nil.
  var digitsOrigin: (origin: Double, unit: Double)? { losesDigits && !isBeyondFloat ? (low, 1) : nil }

  /// Whether a value has no float.
  var isBeyondFloat: Bool { low <= high && Float(largest).isInfinite }

  /// Origin and unit that keep the digits; nil: the values are well as they are.
  var origin: (origin: Double, unit: Double)? {
    guard low <= high else { return nil }
    let range = high - low
    // Squares and quotients of such numbers leave float32.
    let isExtreme = range > 0x1p126 || range > 0 && range < 0x1p-110
    guard losesDigits || isExtreme || isBeyondFloat else { return nil }
    let isFar = largest > 256 * range
    let size = isFar ? range : largest
    return (isFar ? low : 0, isExtreme ? (size.binade) : 1)
  }

  /// Whether a look at floats alone cannot rule out that an origin is needed.
  ///
  /// - Parameters:
  ///   - low, high: of the floats.
  ///   - exact: floats up to this size stand for themselves; 0: none is known to.
  static func isSuspect(low: Float, high: Float, exact: Float) -> Bool {
    guard low.isFinite, high.isFinite else { return true }
    let (range, largest) = (Double(high) - Double(low), Double(max(abs(low), abs(high))))
    if range > 0x1p125 || range > 0 && range < 0x1p-109 { return true }
    return largest >= 128 * range && (largest > Double(exact) || largest == 0 && exact == 0)
  }
}

extension ReadOptions {
  /// Whether a value of this feature that has no float may get one by its origin and unit.
  func mayMove(_ column: Int) -> Bool {
    switch origins {
    case .asWritten, .digits: false
    case .fitted: true
    case .given(let origins): origins.columns.contains(column)
    }
  }
}
