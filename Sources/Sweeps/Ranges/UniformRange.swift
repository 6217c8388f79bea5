internal import Glibc

/// Numbers between two bounds, all alike.
public struct UniformRange: ValueRange {
  let lower: Double
  let upper: Double

  /// - Precondition: lower < upper, both finite.
  public init(_ lower: Double, _ upper: Double) { (self.lower, self.upper) = (lower, upper) }

  public func value(at place: Double) -> String {
    DrawnNumber.text(lower + (upper - lower) * place, within: lower...upper)
  }

  public var all: [String]? { nil }
}

/// Numbers between two bounds whose logarithms are all alike.
public struct LogUniformRange: ValueRange {
  let lower: Double
  let upper: Double

  /// - Precondition: 0 < lower < upper, both finite.
  public init(_ lower: Double, _ upper: Double) { (self.lower, self.upper) = (lower, upper) }

  public func value(at place: Double) -> String {
    DrawnNumber.text(exp(log(lower) + (log(upper) - log(lower)) * place), within: lower...upper)
  }

  public var all: [String]? { nil }
  public var isLogarithmic: Bool { true }
}

/// A number as a recipe gets it.
enum DrawnNumber {
  /// With six significant digits: enough for any setting, fit to be read, and the same wherever the last bit of `exp` is
  /// rounded otherwise.
  static func text(_ number: Double, within bounds: ClosedRange<Double>) -> String {
    var text = [CChar](repeating: 0, count: 64)
    _ = withVaList([number]) { vsnprintf(&text, text.count, "%.5e", $0) }
    let rounded = min(max(strtod(text, nil), bounds.lowerBound), bounds.upperBound)
    let shortest = String(rounded)
    // YAML 1.1 takes `1e-07` for text.
    guard !shortest.contains("."), let exponent = shortest.firstIndex(of: "e") else { return shortest }
    return shortest[..<exponent] + ".0" + shortest[exponent...]
  }
}
