/// Where samples come from, as a recipe says it.
public enum DataSource: Sendable, Hashable {
  /// scikit-learn's `make_moons`; `randomState` nil: the run's seed.
  case makeMoons(samples: Int, noise: Double, shuffle: Bool, randomState: UInt32?)
  /// scikit-learn's `make_regression`.
  case makeRegression(
    samples: Int, features: Int, informative: Int, targets: Int, bias: Double, noise: Double, shuffle: Bool,
    randomState: UInt32?)
  case hdf5(path: String, features: String, targets: String, rows: RowRange)
  case csv(path: String, targets: [String], header: Bool, delimiter: String, rows: RowRange)
}

/// Half-open; an end left out is the file's.
public struct RowRange: Sendable, Hashable {
  public let from: Int?
  public let to: Int?

  public static let all = RowRange()

  public init(from: Int? = nil, to: Int? = nil) {
    self.from = from
    self.to = to
  }
}

/// What is done to features before training; fitted on the training rows alone.
public enum ScalingMethod: String, Sendable, Hashable, CaseIterable {
  case none
  /// To mean 0 and deviation 1.
  case standard
  /// To 0...1.
  case minMax = "min_max"
}
