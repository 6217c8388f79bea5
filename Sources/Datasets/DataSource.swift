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
  case npz(path: String, features: String, targets: String, rows: RowRange)
  /// `targets` nil: features alone.
  case idx(features: String, targets: String?, rows: RowRange)
  /// `features` nil: as many columns as the file has; `zeroBased` nil: as its indices say.
  case libsvm(path: String, features: Int?, zeroBased: Bool?, rows: RowRange)
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
  /// Memory for samples where nobody says otherwise, in bytes.
  public static let defaultBuffer = 2_000_000_000

  /// Reads or makes the samples; those of an HDF5 file that need more memory than `buffer` are read by chunks.
  ///
  /// - Parameters:
  ///   - buffer: bytes.
  ///   - scaling: what is done to features, of which there are so many.
  /// - Throws: `DatasetError`, and what `scaling` throws.
  public func open(
    seed: UInt64, options: ReadOptions = ReadOptions(), buffer: Int = DataSource.defaultBuffer,
    scaling: (_ columns: Int) throws -> Scaling = { _ in .none }
  ) throws -> any SampleSource {
    if let file = try StreamedFile(self, largerThan: buffer, options: options) {
      return try file.source(
        nil, scaling: try scaling(file.columns), bytes: buffer, batch: 1, isShuffled: false)
    }
    let source = try load(seed: seed, options: options)
    return try scaling(source.featureColumns).applied(to: source)
  }

  /// What messages call it: the file, or the generator.
  public var name: String {
    switch self {
    case .makeMoons: "make_moons"
    case .makeRegression: "make_regression"
    case .hdf5(let path, _, _, _): path
    case .csv(let path, _, _, _, _): path
    case .npz(let path, _, _, _): path
    case .idx(let path, _, _): path
    case .libsvm(let path, _, _, _): path
    }
  }

  /// The target columns, where all are given by name; nil: they have none, or stand apart.
  public var targetNames: [String]? {
    guard case .csv(_, let targets, true, _, _) = self, !targets.isEmpty, targets.allSatisfy({ Int($0) == nil }) else {
      return nil
    }
    return targets
  }

  private static func csv(
    _ path: String, _ targets: [String], _ header: Bool, _ delimiter: String, _ rows: RowRange
  ) -> CSVSource {
    CSVSource(
      path: path, targets: targets.map { name in Int(name).map { .number($0) } ?? .name(name) }, header: header,
      delimiter: delimiter.first ?? ",", rows: rows)
  }

  /// Where the first row with a class of that name stands.
  ///
  /// - Parameter row: counted within the rows asked for.
  private func place(_ row: Int, _ name: String) throws -> String {
    switch self {
    case .csv(let path, let targets, let header, let delimiter, let rows):
      return try DataSource.csv(path, targets, header, delimiter, rows).place(ofTarget: name)
    case .hdf5(let path, _, let targets, let rows):
      return "\(path): \(targets), row \(row + (rows.from ?? 0))"
    case .npz(let path, _, let targets, let rows):
      return "\(path): \(targets), row \(row + (rows.from ?? 0))"
    case .idx(_, let targets, let rows):
      return "\(targets ?? self.name), row \(row + (rows.from ?? 0))"
    case .libsvm(_, _, _, let rows):
      return "\(self.name), row \(row + (rows.from ?? 0))"
    case .makeMoons, .makeRegression: return self.name
    }
  }

  /// Reads or makes the samples; classes and columns that have names are numbered as `options` know them.
  ///
  /// - Parameter seed: the run's, for generators without a `randomState` of their own.
  /// - Throws: `DatasetError`.
  public func load(seed: UInt64, options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    var areText = false
    if case .csv = self { areText = true }
    return try read(seed: seed, options: options)
      .numbered(by: options.classNames, areText: areText, at: name, place: place)
  }

  private func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
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
      return try HDF5Source(path: path, features: features, targets: options.featuresAlone ? nil : targets, rows: rows)
        .load(options)
    case .csv(let path, let targets, let header, let delimiter, let rows):
      return try DataSource.csv(path, targets, header, delimiter, rows).load(options)
    case .npz(let path, let features, let targets, let rows):
      return try NPZSource(path: path, features: features, targets: options.featuresAlone ? nil : targets, rows: rows)
        .load(options)
    case .idx(let features, let targets, let rows):
      return try IDXSource(features: features, targets: options.featuresAlone ? nil : targets, rows: rows)
        .load(options)
    case .libsvm(let path, let features, let zeroBased, let rows):
      return try LIBSVMSource(path: path, features: features, zeroBased: zeroBased, rows: rows)
        .load(options)
    }
  }
}
