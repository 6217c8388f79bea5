extension DataSource {
  /// What a file's name says of its format.
  public enum Format: Sendable, Equatable {
    case hdf5, csv, tsv, npz, idx, libsvm

    /// nil: the name says nothing.
    public init?(path: String) {
      let path = path.lowercased()
      let endings: [(Format, [String])] = [
        (.hdf5, [".h5", ".hdf5"]), (.csv, [".csv", ".csv.gz"]), (.tsv, [".tsv", ".tsv.gz"]), (.npz, [".npz"]),
        (.idx, [".idx", ".idx.gz", "ubyte", "ubyte.gz"]),
        (.libsvm, [".libsvm", ".svm", ".svmlight"].flatMap { [$0, $0 + ".gz"] }),
      ]
      guard let format = endings.first(where: { $0.1.contains { path.hasSuffix($0) } })?.0 else { return nil }
      self = format
    }
  }

  /// The file at `path` with the names and options that a recipe takes for granted. Of CSV all columns are features.
  public init(path: String, _ format: Format) {
    switch format {
    case .hdf5: self = .hdf5(path: path, features: "/data/x", targets: "/data/y", rows: .all)
    case .csv: self = .csv(path: path, targets: [], header: true, delimiter: ",", rows: .all)
    case .tsv: self = .csv(path: path, targets: [], header: true, delimiter: "\t", rows: .all)
    case .npz: self = .npz(path: path, features: "x", targets: "y", rows: .all)
    case .idx: self = .idx(features: path, targets: nil, rows: .all)
    case .libsvm: self = .libsvm(path: path, features: nil, zeroBased: nil, rows: .all)
    }
  }
}

extension DataSource {
  /// The file at `path`, read as this source's is: with its names, its delimiter, its targets; all rows.
  ///
  /// - Parameter format: what the file's name says; nil: nothing, so it is taken for a file of this format.
  /// - Returns: nil where the formats differ, or this is no file.
  public func reading(path: String, _ format: Format?) -> DataSource? {
    switch (self, format) {
    case (.hdf5(_, let features, let targets, _), .hdf5), (.hdf5(_, let features, let targets, _), nil):
      return .hdf5(path: path, features: features, targets: targets, rows: .all)
    case (.csv(let own, let targets, let header, let delimiter, _), .csv),
      (.csv(let own, let targets, let header, let delimiter, _), .tsv),
      (.csv(let own, let targets, let header, let delimiter, _), nil):
      // Between .csv and .tsv the ending says what separates.
      let ownFormat = Format(path: own)
      let isAlike = format == nil || ownFormat == nil || ownFormat == format
      return .csv(
        path: path, targets: targets, header: header, delimiter: isAlike ? delimiter : format == .tsv ? "\t" : ",",
        rows: .all)
    case (.npz(_, let features, let targets, _), .npz), (.npz(_, let features, let targets, _), nil):
      return .npz(path: path, features: features, targets: targets, rows: .all)
    case (.libsvm(_, let features, let zeroBased, _), .libsvm), (.libsvm(_, let features, let zeroBased, _), nil):
      return .libsvm(path: path, features: features, zeroBased: zeroBased, rows: .all)
    case (.idx, nil): return .idx(features: path, targets: nil, rows: .all)
    default: return nil
    }
  }

  /// Files that it reads.
  public var paths: [String] {
    switch self {
    case .makeMoons, .makeRegression: []
    case .hdf5(let path, _, _, _): [path]
    case .csv(let path, _, _, _, _): [path]
    case .npz(let path, _, _, _): [path]
    case .idx(let features, let targets, _): [features] + (targets.map { [$0] } ?? [])
    case .libsvm(let path, _, _, _): [path]
    }
  }
}
