/// The adding problem, see `makeAdding`.
public struct AddingSource: DataSourceKind {
  public var samples: Int
  /// Positions of a sample.
  public var length: Int
  /// nil: the run's seed.
  public var randomState: UInt32?

  public init(samples: Int, length: Int, randomState: UInt32? = nil) {
    self.samples = samples
    self.length = length
    self.randomState = randomState
  }

  public var name: String { "make_adding" }
  public var dependsOnSeed: Bool { randomState == nil }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    try makeAdding(samples: samples, length: length, randomState: randomState ?? UInt32(truncatingIfNeeded: seed))
      .source
  }
}
