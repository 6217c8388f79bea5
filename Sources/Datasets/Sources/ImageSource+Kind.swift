internal import Kernels

extension ImageSource: DataSourceKind {
  public var name: String { path }
  public var paths: [String] { [path] }
  public var readsFolder: Bool { true }
  public var hasTextTargets: Bool { true }

  /// All images, decoded and held as bytes.
  public func read(seed: UInt64, options: ReadOptions) throws -> InMemorySource {
    let rows = try open(options)
    let streamed = StreamedRows(rows)
    try checkMemory(
      numbers: rows.count * rows.form.bytes, .bytes, at: path, rows: rows.count, columns: rows.form.bytes)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(rows.count * rows.form.bytes)
    var targets: [Float] = []
    let wanted = try streamed.finiteRows().map { Set($0) }
    try streamed.eachBlock { range, block in
      for (place, row) in range.enumerated() where wanted?.contains(Int32(row)) ?? true {
        pixels += UnsafeBufferPointer(start: block.bytes(ofInput: 0) + place * rows.form.bytes, count: rows.form.bytes)
        if !rows.schema.targets.isEmpty { targets.append(block.targets[place]) }
      }
    }
    return InMemorySource(rows.schema, inputs: [.bytes(pixels)], targets: .floats(targets), warnings: rows.warnings)
  }

  /// Always: each image is decoded when it is needed.
  public func reader(largerThan bytes: Int, _ options: ReadOptions) throws -> (any RowReader)? { try open(options) }

  public func convert(to path: String) throws -> (count: Int, schema: SampleSchema)? {
    let rows = try open(ReadOptions())
    // Few are laid out in memory as they are.
    guard rows.count * rows.form.bytes > 1 << 20 else {
      try read(seed: 0, options: ReadOptions()).write(to: path)
      return (rows.count, rows.schema)
    }
    try rows.write(to: path)
    return (rows.count, rows.schema)
  }

  public func place(ofRow row: Int, target name: String) -> String { "\(path)/\(name)" }

  public func reading(path: String, _ format: DataSource.Format?) -> DataSource? {
    format == nil ? DataSource(ImageSource(path: path, size: size, color: color, fit: fit)) : nil
  }
}
