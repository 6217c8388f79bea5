/// One of a list.
public struct ChoiceRange: ValueRange {
  let values: [String]

  /// - Parameter values: in YAML, each on one line; at least one.
  public init(_ values: [String]) { self.values = values }

  public func value(at place: Double) -> String { values[min(Int(place * Double(values.count)), values.count - 1)] }

  public var all: [String]? { values }
}

/// Whole numbers from one bound to the other, both included.
public struct IntegerRange: ValueRange {
  let lower: Int
  let upper: Int

  /// - Precondition: lower <= upper, less than 2^53 apart.
  public init(_ lower: Int, _ upper: Int) { (self.lower, self.upper) = (lower, upper) }

  public func value(at place: Double) -> String {
    String(min(lower + Int(place * Double(upper - lower + 1)), upper))
  }

  /// For a grid: as many as somebody may have meant.
  public var all: [String]? { upper - lower < 1000 ? (lower...upper).map { String($0) } : nil }
}
