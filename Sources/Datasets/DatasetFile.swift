internal import HDF5Storage

extension GeneratedData {
  /// Publishes the data as an HDF5 file: `/data/x`, `/data/y` and, of a regression, `/data/coef`, in float64 and in
  /// scikit-learn's shapes (one target column has no extent of its own); the arguments are attributes of `/`.
  ///
  /// - Throws: `HDF5Error`, `FileError`.
  public func write(to path: String) throws {
    try HDF5File.publish(at: path) { file in
      let root = file.root
      try root.setAttribute("generator", generator)
      for (name, argument) in arguments {
        switch argument {
        case .integer(let value): try root.setAttribute(name, Int64(value))
        case .number(let value): try root.setAttribute(name, value)
        }
      }
      let columns = targetColumns == 1 ? [] : [targetColumns]
      try root.write(x, shape: [samples, featureColumns], to: "data/x")
      try root.write(y, shape: [samples] + columns, to: "data/y")
      if let coefficients { try root.write(coefficients, shape: [featureColumns] + columns, to: "data/coef") }
    }
  }
}

extension InMemorySource {
  /// Publishes the samples as an HDF5 file that `HDF5Source` reads back the same: `/data/x` in float32, its columns' names,
  /// where they have any, as strings in `/data/x_columns`, and `/data/y`,
  /// where there are targets: classes in int32 with their names as attribute `classes`, values in float32. Features that are
  /// measured from an origin are written in float64, as the numbers that they stand for.
  ///
  /// - Throws: `HDF5Error`, `FileError`.
  public func write(to path: String) throws {
    try HDF5File.publish(at: path) { file in
      let root = file.root
      if origins.isEmpty {
        try root.write(features, shape: [count] + sampleShape, to: "data/x")
      } else {
        let columns = featureColumns
        let values = features.indices.map { origins.value(features[$0], column: $0 % columns) }
        try root.write(values, shape: [count] + sampleShape, to: "data/x")
      }
      if !featureNames.isEmpty { try root.write(featureNames, to: "data/x_columns") }
      if targetColumns == 0 { return }
      switch targetKind {
      case .values:
        try root.write(targets, shape: [count, targetColumns], to: "data/y")
      case .classes(_, let names):
        try root.write(targets.map { Int32($0) }, shape: [count], to: "data/y")
        if !names.isEmpty { try root.dataset("data/y").setAttribute("classes", names) }
      }
    }
  }
}

extension InMemorySource {
  /// Whether every row has its class: a missing one has no place among whole numbers.
  ///
  /// - Throws: `DatasetError` `labels`.
  public func requireClasses(at place: String) throws {
    guard case .classes = targetKind, let row = targets.firstIndex(where: { !$0.isFinite }) else { return }
    throw DatasetError(
      .labels, at: place, "row \(row) has no class", remedy: "remove the row or fill the gap (rows count from 0)")
  }
}
