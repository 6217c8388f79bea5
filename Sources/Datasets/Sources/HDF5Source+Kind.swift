internal import HDF5Storage

extension HDF5Source: DataSourceKind {
  public var name: String { path }
  public var paths: [String] { [path] }

  public var libraryReads: [LibraryRead] {
    let names = inputs.areNamed ? [] : [HDF5Source.namesPath(of: inputs.first)]
    return (inputs.arrays + [targets ?? ""]).filter { !$0.isEmpty }.map { LibraryRead(path: path, dataset: $0) }
      + names.map { LibraryRead(path: path, dataset: $0, isOptional: true) }
  }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource { try reading(options).load(options) }

  public func reader(largerThan bytes: Int, _ options: ReadOptions) throws -> (any RowReader)? {
    do {
      let rows = try HDF5Rows(reading(options), options)
      return rows.bytes > bytes ? try HDF5Rows.looked(at: rows) : nil
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  private func reading(_ options: ReadOptions) -> HDF5Source {
    options.featuresAlone ? HDF5Source(path: path, inputs: inputs, targets: nil, rows: rows) : self
  }

  public func place(ofRow row: Int, target name: String) -> String {
    "\(path): \(targets ?? inputs.first), row \(row + (rows.from ?? 0))"
  }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    guard format == nil || format == .hdf5 else { return nil }
    return DataSource(HDF5Source(path: path, inputs: inputs, targets: targets))
  }

  public func choosing(features: String) -> DataSource? {
    inputs.areNamed ? nil : DataSource(HDF5Source(path: path, features: features, targets: targets, rows: rows))
  }
}

extension DataSource {
  public static func hdf5(path: String, features: String, targets: String, rows: RowRange) -> DataSource {
    DataSource(HDF5Source(path: path, features: features, targets: targets, rows: rows))
  }
}

extension DataSource.Format {
  public static let hdf5 = DataSource.Format("HDF5", endings: [".h5", ".hdf5"]) { DataSource(HDF5Source(path: $0)) }
}
