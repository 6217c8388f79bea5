extension DataSource {
  /// What a file's name says of its format.
  public enum Format: Sendable, Equatable {
    case hdf5, csv, tsv, npz, idx, libsvm

    /// nil: the name says nothing.
    public init?(path: String) {
      let path = path.lowercased()
      let endings: [(Format, [String])] = [
        (.hdf5, [".h5", ".hdf5"]), (.csv, [".csv"]), (.tsv, [".tsv"]), (.npz, [".npz"]),
        (.idx, [".idx", ".idx.gz", "ubyte", "ubyte.gz"]), (.libsvm, [".libsvm", ".svm", ".svmlight"]),
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
