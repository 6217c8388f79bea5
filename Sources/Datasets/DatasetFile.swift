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
      try root.write(x, shape: [samples] + shape, to: "data/x")
      try root.write(y, shape: [samples] + columns, to: "data/y")
      if let coefficients { try root.write(coefficients, shape: [featureColumns] + columns, to: "data/coef") }
    }
  }
}

extension InMemorySource {
  /// Publishes the samples as an HDF5 file that `HDF5Source` reads back the same: `/data/x` in float32, bytes in uint8 and
  /// whole numbers in int32, its columns' names, where they have any, as strings in `/data/x_columns`, and `/data/y`, where
  /// there are targets: classes in int32 with their names as attribute `classes`, values as features are. Features that are
  /// measured from an origin are written in float64, as the numbers that they stand for. Inputs that have names stand in
  /// `/data/<name>` instead of `/data/x`. Lengths stand in `/data/lengths`, or `/data/<name>_lengths`.
  ///
  /// - Throws: `DatasetError` where an input is called as the targets are, `HDF5Error`, `FileError`.
  public func write(to path: String) throws {
    let data = schema.inputs.filter { $0.kind != .mask }
    let areNamed = data.count > 1 || data[0].name != SampleSchema.features
    if areNamed, let taken = data.first(where: { $0.name == "y" || $0.name.contains("/") }) {
      throw DatasetError(
        .arguments, at: path,
        "an input cannot be called `\(taken.name)`: targets stand in /data/y, inputs in /data/<name>",
        remedy: "give it another name")
    }
    try HDF5File.publish(at: path) { file in
      let root = file.root
      var first = 0
      for (field, values) in zip(schema.inputs, inputs) {
        if field.kind == .mask {
          let masked = String(field.name.dropLast(SampleSchema.maskName(of: "").count))
          let marks = values.floats
          let lengths = (0..<count).map { row in
            Int32(marks[row * field.columns..<(row + 1) * field.columns].count { $0 != 0 })
          }
          try root.write(lengths, shape: [count], to: areNamed ? "data/\(masked)_lengths" : "data/lengths")
          continue
        }
        let name = areNamed ? "data/\(field.name)" : "data/x"
        let columns = field.kind == .values ? first..<first + field.columns : first..<first
        let own = columns.isEmpty ? .none : origins.part(columns)
        first = columns.upperBound
        if own.isEmpty {
          try root.write(values, shape: [count] + field.shape, to: name)
        } else {
          let floats = values.floats
          let numbers = floats.indices.map { own.value(floats[$0], column: $0 % field.columns) }
          try root.write(numbers, shape: [count] + field.shape, to: name)
        }
      }
      if !featureNames.isEmpty { try root.write(featureNames, to: "data/x_columns") }
      if targetColumns == 0 { return }
      switch targetKind {
      case .values:
        try root.write(targetValues, shape: [count] + schema.targetShape, to: "data/y")
      case .classes(_, let names):
        let shape = targetColumns == 1 ? [count] : [count] + schema.targetShape
        try root.write(targets.map { Int32($0) }, shape: shape, to: "data/y")
        if !names.isEmpty { try root.dataset("data/y").setAttribute("classes", names) }
      }
    }
  }
}

extension HDF5Group {
  /// Numbers in the type that they are held in.
  fileprivate func write(_ values: FieldValues, shape: [Int], to name: String) throws {
    switch values {
    case .floats(let floats): try write(floats, shape: shape, to: name)
    case .bytes(let bytes): try write(bytes, shape: shape, to: name)
    case .integers(let integers): try write(integers, shape: shape, to: name)
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
      .labels, at: place, "row \(row / targetColumns) has no class",
      remedy: "remove the row or fill the gap (rows count from 0)")
  }
}
