/// The values that a sweep gives one key of the recipe.
public protocol ValueRange: Sendable {
  /// The value at a place of the range, in YAML on one line.
  ///
  /// - Parameter place: 0 <= place < 1.
  func value(at place: Double) -> String
  /// Every value, in YAML, for a grid; nil: there is no end of them.
  var all: [String]? { get }
  /// Whether an axis of these values is logarithmic.
  var isLogarithmic: Bool { get }
}

extension ValueRange {
  public var isLogarithmic: Bool { false }
}

/// A key that a sweep varies.
public struct Variation: Sendable {
  /// `optimizer.adam.learning_rate`.
  public let key: String
  public let range: any ValueRange

  public init(_ key: String, _ range: any ValueRange) {
    self.key = key
    self.range = range
  }
}
