internal import Kernels

/// The numbers of one field for all rows, as they are held in memory. Bytes and whole numbers become floats when they are
/// gathered: the floats that they would have been from the start.
public enum FieldValues: Sendable, Equatable {
  case floats([Float])
  /// Whole numbers 0...255, such as pixels: a quarter of the memory.
  case bytes([UInt8])
  case integers([Int32])

  /// How numbers are held.
  public enum Storage: Sendable, Equatable {
    case floats, bytes, integers

    /// Of one number.
    public var size: Int { self == .bytes ? 1 : 4 }
  }

  public var storage: Storage {
    switch self {
    case .floats: .floats
    case .bytes: .bytes
    case .integers: .integers
    }
  }

  public var count: Int {
    switch self {
    case .floats(let values): values.count
    case .bytes(let values): values.count
    case .integers(let values): values.count
    }
  }

  /// Memory that they take, in bytes.
  public var memory: Int { count * storage.size }

  /// All of them as floats: the array itself where they are held so, else a new one.
  public var floats: [Float] {
    switch self {
    case .floats(let values): values
    case .bytes(let values): values.map { Float($0) }
    case .integers(let values): values.map { Float($0) }
    }
  }

  /// How many of some numbers are not 0.
  func nonzeroCount(_ places: Range<Int>) -> Int {
    switch self {
    case .floats(let values): values[places].reduce(0) { $1 != 0 ? $0 + 1 : $0 }
    case .bytes(let values): values[places].reduce(0) { $1 != 0 ? $0 + 1 : $0 }
    case .integers(let values): values[places].reduce(0) { $1 != 0 ? $0 + 1 : $0 }
    }
  }

  func isNonzero(_ place: Int) -> Bool { nonzeroCount(place..<place + 1) == 1 }

  /// Smallest and largest as floats; nil: there are none, or NaN is among them.
  public var range: ClosedRange<Float>? {
    func bounds<Number: Comparable>(_ values: [Number], _ float: (Number) -> Float) -> ClosedRange<Float>? {
      guard let low = values.min(), let high = values.max(), low <= high else { return nil }
      return float(low)...float(high)
    }
    return switch self {
    case .floats(let values): bounds(values) { $0 }
    case .bytes(let values): bounds(values) { Float($0) }
    case .integers(let values): bounds(values) { Float($0) }
    }
  }

  /// Whether all numbers of a row are finite.
  func isFinite(row: Int, columns: Int) -> Bool {
    guard case .floats(let values) = self else { return true }
    return values[row * columns..<(row + 1) * columns].allSatisfy(\.isFinite)
  }

  /// Copies rows in the order given, as floats.
  ///
  /// - Parameter output: overwritten, `[rows.count, columns]`.
  func gather(_ rows: UnsafeBufferPointer<Int32>, columns: Int, into output: MutableMatrix) {
    precondition(output.rows == rows.count && output.columns == columns, "\(rows.count) x \(columns)")
    let count = count
    switch self {
    case .floats(let values):
      values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        var destination = output.base
        for row in rows {
          precondition(row >= 0 && (Int(row) + 1) * columns <= count, "row \(row) of \(count / columns)")
          let source = base + Int(row) * columns
          if columns < 16 {  // a call of memmove takes longer than the copy
            for column in 0..<columns { destination[column] = source[column] }
          } else {
            destination.update(from: source, count: columns)
          }
          destination += output.stride
        }
      }
    case .bytes(let values): FieldValues.convert(values, rows, columns, to: output) { Float($0) }
    case .integers(let values): FieldValues.convert(values, rows, columns, to: output) { Float($0) }
    }
  }

  @inline(__always)
  private static func convert<Number>(
    _ values: [Number], _ rows: UnsafeBufferPointer<Int32>, _ columns: Int, to output: MutableMatrix,
    _ float: (Number) -> Float
  ) {
    values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      var destination = output.base
      for row in rows {
        precondition(row >= 0 && (Int(row) + 1) * columns <= values.count, "row \(row) of \(values.count / columns)")
        let source = base + Int(row) * columns
        for column in 0..<columns { destination[column] = float(source[column]) }
        destination += output.stride
      }
    }
  }

  /// These rows alone, in the order given, held as before.
  func selecting(_ rows: [Int32], columns: Int) -> FieldValues {
    func selected<Number>(_ values: [Number]) -> [Number] {
      [Number](unsafeUninitializedCapacity: rows.count * columns) { buffer, initialized in
        values.withUnsafeBufferPointer { values in
          guard let source = values.baseAddress, let output = buffer.baseAddress else { return }
          for (place, row) in rows.enumerated() {
            precondition(row >= 0 && (Int(row) + 1) * columns <= values.count, "row \(row)")
            (output + place * columns).initialize(from: source + Int(row) * columns, count: columns)
          }
        }
        initialized = rows.count * columns
      }
    }
    return switch self {
    case .floats(let values): .floats(selected(values))
    case .bytes(let values): .bytes(selected(values))
    case .integers(let values): .integers(selected(values))
    }
  }
}

extension Fingerprint {
  /// The floats that they stand for, however they are held.
  public mutating func add(_ values: FieldValues) {
    switch values {
    case .floats(let floats): add(floats)
    case .bytes(let bytes):
      bytes.withUnsafeBufferPointer { bytes in addWords(bytes.count) { UInt64(Float(bytes[$0]).bitPattern) } }
    case .integers(let integers):
      integers.withUnsafeBufferPointer { numbers in addWords(numbers.count) { UInt64(Float(numbers[$0]).bitPattern) } }
    }
  }

  /// What samples are made of, where their inputs have names.
  mutating func add(named inputs: [SampleSchema.Field]) {
    add("named inputs")
    add(inputs.count)
    for field in inputs {
      add(field.name)
      add(field.shape.count)
      for extent in field.shape { add(extent) }
      switch field.kind {
      case .values: add(0)
      case .classes(let count, _): for number in [1, count] { add(number) }
      case .categories(let count): for number in [2, count] { add(number) }
      case .tokens(let count): for number in [3, count] { add(number) }
      case .mask: add(4)
      }
    }
  }
}
