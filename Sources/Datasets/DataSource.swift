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

/// What is done to features before training; fitted on the training rows alone.
public enum ScalingMethod: String, Sendable, Hashable, CaseIterable {
  case none
  /// To mean 0 and standard deviation 1 (of the population, as scikit-learn's StandardScaler).
  case standard
  /// Smallest value to 0, largest to 1.
  case minMax = "min_max"
}

extension DataSource {
  /// What messages call it: the file, or the generator.
  public var name: String {
    switch self {
    case .makeMoons: "make_moons"
    case .makeRegression: "make_regression"
    case .hdf5(let path, _, _, _): path
    case .csv(let path, _, _, _, _): path
    }
  }

  /// Reads or makes the samples.
  ///
  /// - Parameter seed: the run's, for generators without a `randomState` of their own.
  /// - Throws: `DatasetError`.
  public func load(seed: UInt64, nonFinite policy: NonFinitePolicy = .refuse) throws -> InMemorySource {
    let drawn = UInt32(truncatingIfNeeded: seed)
    switch self {
    case .makeMoons(let samples, let noise, let shuffle, let randomState):
      return try Datasets.makeMoons(
        samples: samples, noise: noise == 0 ? nil : noise, shuffle: shuffle, randomState: randomState ?? drawn
      ).source
    case .makeRegression(
      let samples, let features, let informative, let targets, let bias, let noise, let shuffle, let randomState):
      return try Datasets.makeRegression(
        samples: samples, features: features, informative: informative, targets: targets, bias: bias, noise: noise,
        shuffle: shuffle, randomState: randomState ?? drawn
      ).source
    case .hdf5(let path, let features, let targets, let rows):
      return try HDF5Source(path: path, features: features, targets: targets, rows: rows).load(nonFinite: policy)
    case .csv(let path, let targets, let header, let delimiter, let rows):
      return try CSVSource(
        path: path, targets: targets.map { name in Int(name).map { .number($0) } ?? .name(name) }, header: header,
        delimiter: delimiter.first ?? ",", rows: rows
      ).load(nonFinite: policy)
    }
  }
}
