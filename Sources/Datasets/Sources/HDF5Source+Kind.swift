internal import HDF5Storage

extension HDF5Source: DataSourceKind {
  public var name: String { path }
  public var paths: [String] { [path] }

  public var libraryReads: [LibraryRead] {
    let names = inputs.areNamed ? [] : [HDF5Source.namesPath(of: inputs.first)]
    let others = [targets ?? "", weights ?? "", windows?.by ?? ""] + (lengths?.arrays.map(\.array) ?? [])
    return (inputs.arrays + others).filter { !$0.isEmpty }.map { LibraryRead(path: path, dataset: $0) }
      + names.map { LibraryRead(path: path, dataset: $0, isOptional: true) }
  }

  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    try sequences(seed: seed, options: options)?.source().writtenOut() ?? reading(options).load(options)
  }

  public func sequences(seed: UInt64, options: ReadOptions) throws -> SequenceTable? {
    guard let windows else { return nil }
    try windows.refuse(lengths, at: path)
    try windows.refuse(weights: weights, at: path)
    let rows = try reading(options).load(windows.rowOptions(options))
    return try DataSource.table(rows, try windows.by.map { try groups($0) }, windows, self, options)
  }

  public func groups(named name: String) throws -> RowGroups { try groups(name) }

  /// The series that the rows belong to, from a dataset of whole numbers or strings.
  private func groups(_ name: String) throws -> RowGroups {
    do {
      let file = try HDF5File(readingAt: path)
      let dataset = try file.root.dataset(name)
      let x = try file.root.dataset(inputs.first)
      guard dataset.elementClass == .integer || dataset.elementClass == .string else {
        throw DatasetError(
          .type, at: place(dataset), "these are no names of series or groups", expected: "whole numbers or strings",
          found: "\(dataset.elementClass)")
      }
      guard dataset.count == dataset.shape.first, dataset.count == x.shape.first else {
        throw DatasetError(
          .shape, at: place(dataset), "there is not one name of a series or group for each row",
          expected: "[\(x.shape.first ?? 0)]", found: "\(dataset.shape)")
      }
      let range = try rows.resolved(count: dataset.count, at: place(dataset))
      if dataset.elementClass == .string { return RowGroups(try dataset.readStrings()[range]) }
      let numbers: [Int64] = try dataset.readRows(range)
      return RowGroups(numbers.lazy.map { String($0) })
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  public func reader(largerThan bytes: Int, _ options: ReadOptions) throws -> (any RowReader)? {
    if windows != nil || lengths != nil || weights != nil { return nil }
    do {
      let rows = try HDF5Rows(reading(options), options)
      return rows.bytes > bytes ? try HDF5Rows.looked(at: rows) : nil
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  private func reading(_ options: ReadOptions) -> HDF5Source {
    var source = self
    if options.featuresAlone { source.targets = nil }
    return source
  }

  public func place(ofRow row: Int, target name: String) -> String {
    "\(path): \(targets ?? inputs.first), row \(row + (rows.from ?? 0))"
  }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    guard format == nil || format == .hdf5 else { return nil }
    var other = self
    (other.path, other.rows) = (path, .all)
    return DataSource(other)
  }

  public func choosing(features: String) -> DataSource? {
    if inputs.areNamed { return nil }
    var other = self
    other.inputs = InputArrays(features)
    return DataSource(other)
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
