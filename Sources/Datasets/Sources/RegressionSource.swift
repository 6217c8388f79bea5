/// scikit-learn's `make_regression`.
public struct RegressionSource: DataSourceKind {
  public var samples: Int
  public var features: Int
  /// Features that the targets depend on.
  public var informative: Int
  /// Columns of the targets.
  public var targets: Int
  public var bias: Double
  /// Standard deviation of the noise.
  public var noise: Double
  public var shuffle: Bool
  /// nil: the run's seed.
  public var randomState: UInt32?

  public init(
    samples: Int, features: Int = 100, informative: Int = 10, targets: Int = 1, bias: Double = 0, noise: Double = 0,
    shuffle: Bool = true, randomState: UInt32? = nil
  ) {
    self.samples = samples
    self.features = features
    self.informative = informative
    self.targets = targets
    self.bias = bias
    self.noise = noise
    self.shuffle = shuffle
    self.randomState = randomState
  }

  public var name: String { "make_regression" }
  public var dependsOnSeed: Bool { randomState == nil }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    try makeRegression(
      samples: samples, features: features, informative: informative, targets: targets, bias: bias, noise: noise,
      shuffle: shuffle, randomState: randomState ?? UInt32(truncatingIfNeeded: seed)
    ).source
  }
}

extension DataSource {
  public static func makeRegression(
    samples: Int, features: Int, informative: Int, targets: Int, bias: Double, noise: Double, shuffle: Bool,
    randomState: UInt32?
  ) -> DataSource {
    DataSource(
      RegressionSource(
        samples: samples, features: features, informative: informative, targets: targets, bias: bias, noise: noise,
        shuffle: shuffle, randomState: randomState))
  }
}
