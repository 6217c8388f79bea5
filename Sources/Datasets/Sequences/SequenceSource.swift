internal import Kernels

/// Windows of a table as samples: made from one copy of the numbers, when they are gathered.
public struct SequenceSource: SampleSource {
  public let schema: SampleSchema
  public let fingerprint: String
  public let warnings: [String]
  private let table: SequenceTable
  private let windows: SequenceWindows

  init(_ table: SequenceTable, _ windows: SequenceWindows, warnings: [String]) {
    self.table = table
    self.windows = windows
    self.warnings = warnings
    schema = table.schema
    var hash = Fingerprint()
    hash.add("sequences")
    hash.add(named: schema.inputs)
    hash.add(schema.targetColumns)
    hash.add(schema.targetKind)
    for number in [table.stride, table.reach, windows.count] + windows.starts + windows.numbers { hash.add(number) }
    for part in table.inputs + (table.target.map { [$0] } ?? []) {
      hash.add(part.offset)
      // A text's targets are its inputs, shifted.
      if part.values.sharesMemory(with: table.inputs[0].values), part.name != table.inputs[0].name { continue }
      for stream in table.streams {
        hash.add(part.values, stream.positions.lowerBound * part.width..<stream.positions.upperBound * part.width)
      }
    }
    hash.add(table.origins)
    fingerprint = hash.hexadecimal
  }

  public var count: Int { windows.count }
  /// Positions of a window, and from one window to the next.
  public var length: Int { table.inputs[0].length }
  public var stride: Int { windows.stride }
  public var featureNames: [String] { table.featureNames }
  public var origins: FeatureOrigins { table.origins }
  public var targetRange: ClosedRange<Float>? { table.target?.values.range }
  /// Windows overlap, and there may be very many: figures of some, drawn from all, are as good.
  public var glance: Int? {
    let columns = schema.inputs.reduce(schema.targetColumns) { $0 + $1.columns }
    return count > SequenceSource.glanceNumbers / columns ? max(1024, SequenceSource.glanceNumbers / columns) : nil
  }
  private static let glanceNumbers = 1 << 22

  /// Numbers that the windows had before some were left out; nil: none was.
  public var numbers: [Int32]? { windows.kept }

  public func range(ofInput number: Int) -> ClosedRange<Float>? {
    if case .tokens(let count) = schema.inputs[number].kind { return 0...Float(count - 1) }
    return table.inputs[number].values.range
  }

  public func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch) {
    for number in table.inputs.indices { gather(rows, table.inputs[number], into: batch.input(number)) }
    if let target = table.target { gather(rows, target, into: batch.target(0)) }
  }

  private func gather(_ rows: UnsafeBufferPointer<Int32>, _ part: SequencePart, into output: MutableMatrix) {
    precondition(output.rows == rows.count && output.columns == part.length * part.width, "\(rows.count) windows")
    var destination = output.base
    for row in rows {
      part.values.copy(part.range(at: windows.position(of: Int(row))), to: destination)
      destination += output.stride
    }
  }

  /// The windows written out: each position as often as there are windows over it.
  ///
  /// - Throws: `OutOfMemory`.
  public func writtenOut() throws -> InMemorySource {
    let parts = table.inputs + (table.target.map { [$0] } ?? [])
    for part in parts {
      try checkMemory(
        numbers: count * part.length * part.width, part.values.storage, at: table.words.place, rows: count,
        columns: part.length * part.width)
    }
    let values = parts.map { part in
      part.values.slices((0..<count).map { part.range(at: windows.position(of: $0)) })
    }
    return InMemorySource(
      schema, inputs: Array(values[..<table.inputs.count]),
      targets: table.target == nil ? .floats([]) : values[values.count - 1],
      warnings: warnings)
  }
}

extension FieldValues {
  /// Copies some numbers as floats.
  ///
  /// - Parameter output: overwritten, as many.
  func copy(_ range: Range<Int>, to output: UnsafeMutablePointer<Float>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "numbers \(range) of \(count)")
    switch self {
    case .floats(let values):
      values.withUnsafeBufferPointer {
        if let base = $0.baseAddress { output.update(from: base + range.lowerBound, count: range.count) }
      }
    case .bytes(let values):
      values.withUnsafeBufferPointer { values in
        for index in 0..<range.count { output[index] = Float(values[range.lowerBound + index]) }
      }
    case .integers(let values):
      values.withUnsafeBufferPointer { values in
        for index in 0..<range.count { output[index] = Float(values[range.lowerBound + index]) }
      }
    }
  }

  /// Parts one after another, held as before.
  func slices(_ ranges: [Range<Int>]) -> FieldValues {
    switch self {
    case .floats(let values): .floats(ranges.flatMap { values[$0] })
    case .bytes(let values): .bytes(ranges.flatMap { values[$0] })
    case .integers(let values): .integers(ranges.flatMap { values[$0] })
    }
  }

  /// Whether both are one array.
  func sharesMemory(with other: FieldValues) -> Bool {
    func isOne<Number>(_ left: [Number], _ right: [Number]) -> Bool {
      left.withUnsafeBufferPointer { left in right.withUnsafeBufferPointer { $0.baseAddress == left.baseAddress } }
    }
    return switch (self, other) {
    case (.floats(let left), .floats(let right)): isOne(left, right)
    case (.bytes(let left), .bytes(let right)): isOne(left, right)
    case (.integers(let left), .integers(let right)): isOne(left, right)
    default: false
    }
  }
}

extension Fingerprint {
  /// Some of the numbers as they are held; bytes eight to a word, as texts are long.
  mutating func add(_ values: FieldValues, _ range: Range<Int>) {
    add(range.count)
    switch values {
    case .floats(let floats):
      floats.withUnsafeBufferPointer { floats in
        addWords(range.count) { UInt64(floats[range.lowerBound + $0].bitPattern) }
      }
    case .integers(let integers):
      integers.withUnsafeBufferPointer { integers in
        addWords(range.count) { UInt64(UInt32(bitPattern: integers[range.lowerBound + $0])) }
      }
    case .bytes(let bytes):
      bytes.withUnsafeBytes { bytes in
        var place = range.lowerBound
        while place + 8 <= range.upperBound {
          add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
          place += 8
        }
        for place in place..<range.upperBound { add(UInt64(bytes[place])) }
      }
    }
  }
}
