/// scikit-learn's `make_moons`.
public struct MoonsSource: DataSourceKind {
  public var samples: Int
  /// Standard deviation of the noise; 0: none.
  public var noise: Double
  public var shuffle: Bool
  /// nil: the run's seed.
  public var randomState: UInt32?

  public init(samples: Int, noise: Double = 0, shuffle: Bool = true, randomState: UInt32? = nil) {
    self.samples = samples
    self.noise = noise
    self.shuffle = shuffle
    self.randomState = randomState
  }

  public var name: String { "make_moons" }
  public var dependsOnSeed: Bool { randomState == nil }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    try makeMoons(
      samples: samples, noise: noise == 0 ? nil : noise, shuffle: shuffle,
      randomState: randomState ?? UInt32(truncatingIfNeeded: seed)
    ).source
  }
}

extension DataSource {
  public static func makeMoons(samples: Int, noise: Double, shuffle: Bool, randomState: UInt32?) -> DataSource {
    DataSource(MoonsSource(samples: samples, noise: noise, shuffle: shuffle, randomState: randomState))
  }
}
