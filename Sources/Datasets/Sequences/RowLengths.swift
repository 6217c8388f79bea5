/// How many positions of each row of a file count, from the first on; what stands behind is padding.
struct RowLengths: Sendable {
  /// Of every row of the file.
  private let counts: [Int]
  /// Positions of a row.
  let time: Int

  /// - Parameters:
  ///   - rows: of the file.
  ///   - shape: extents of a sample, time first.
  ///   - place: what messages call the lengths.
  /// - Throws: `DatasetError`.
  init(_ numbers: [Int64], rows: Int, shape: [Int], at place: String) throws {
    let time = shape.first ?? 1
    guard numbers.count == rows else {
      throw DatasetError(
        .shape, at: place, "there is not one length for each row", expected: "\(rows)", found: "\(numbers.count)")
    }
    if let row = numbers.firstIndex(where: { $0 < 1 || $0 > Int64(time) }) {
      throw DatasetError(
        .labels, at: place, "row \(row) is no length", expected: "1 to \(time), the positions of a row",
        found: "\(numbers[row])",
        remedy: numbers[row] < 1 ? "leave out rows without any position (rows count from 0)" : nil)
    }
    self.time = time
    counts = numbers.map { Int($0) }
  }

  /// 1 at positions that count, else 0, `[rows, time]`.
  func mask(_ rows: Range<Int>) -> FieldValues {
    .bytes(
      rows.flatMap { row in
        [UInt8](repeating: 1, count: counts[row]) + [UInt8](repeating: 0, count: time - counts[row])
      })
  }

  /// Makes the padding 0.
  ///
  /// - Parameters:
  ///   - numbers: of whole rows, `[rows, time, ...]`.
  ///   - first: the file's number of the first.
  ///   - columns: numbers of a row.
  func clear<Number: ExpressibleByIntegerLiteral>(_ numbers: inout [Number], from first: Int, columns: Int) {
    let width = columns / time
    for row in 0..<numbers.count / columns {
      for place in row * columns + counts[first + row] * width..<(row + 1) * columns { numbers[place] = 0 }
    }
  }

  func clear(_ values: inout FieldValues, from first: Int, columns: Int) {
    switch values {
    case .floats(var numbers):
      values = .floats([])
      clear(&numbers, from: first, columns: columns)
      values = .floats(numbers)
    case .bytes(var numbers):
      values = .bytes([])
      clear(&numbers, from: first, columns: columns)
      values = .bytes(numbers)
    case .integers(var numbers):
      values = .integers([])
      clear(&numbers, from: first, columns: columns)
      values = .integers(numbers)
    }
  }
}

/// The lengths of the inputs that have some, by the inputs' numbers.
struct InputLengths: Sendable {
  static let none = InputLengths()

  private var lengths: [Int: RowLengths] = [:]

  subscript(input: Int) -> RowLengths? {
    get { lengths[input] }
    set { lengths[input] = newValue }
  }

  /// Of targets by position: those whose first extent is that of an input with lengths.
  func ofTargets(_ shape: [Int]) -> RowLengths? {
    lengths.sorted { $0.key < $1.key }.map(\.value).first { $0.time == shape.first && $0.time > 1 }
  }

  /// The masks as inputs behind the others.
  func masks(of fields: [SampleSchema.Field], _ rows: Range<Int>) -> (
    fields: [SampleSchema.Field], values: [FieldValues]
  ) {
    let masked = fields.indices.compactMap { number in lengths[number].map { (fields[number], $0) } }
    return (
      masked.map { SampleSchema.Field(SampleSchema.maskName(of: $0.name), shape: [$1.time], kind: .mask) },
      masked.map { $1.mask(rows) }
    )
  }
}

/// Where lengths stand: for one input, or for inputs by name.
public struct LengthArrays: Sendable, Hashable {
  /// Arrays by the name of the input.
  let arrays: [InputArrays.Input]
  let areNamed: Bool

  /// Of the only input.
  public init(_ array: String) {
    arrays = [InputArrays.Input(SampleSchema.features, array)]
    areNamed = false
  }

  public init(named arrays: [InputArrays.Input]) {
    self.arrays = arrays
    areNamed = true
  }

  /// The arrays by the numbers of the inputs.
  ///
  /// - Throws: `DatasetError` where an input is not there, or which is meant is not said.
  func numbered(_ inputs: InputArrays, at place: String) throws -> [(input: Int, array: String)] {
    if !areNamed {
      guard inputs.inputs.count == 1 else {
        throw DatasetError(
          .arguments, at: place, "`lengths` does not say of which input", expected: "lengths: {name: array}",
          found: arrays[0].array)
      }
      return [(0, arrays[0].array)]
    }
    let names = inputs.inputs.map(\.name)
    return try arrays.map { array in
      guard let number = names.firstIndex(of: array.name) else {
        throw DatasetError(
          .missingName, at: place, "`lengths` names an input that there is not", expected: names.listed,
          found: array.name, remedy: names.hint(for: array.name))
      }
      return (number, array.array)
    }
  }
}

// MARK: Padding in memory

extension InMemorySource {
  /// Of every quantity, `[count, featureColumns]`, whether it is padding; nil: there are no masks.
  var padding: [Bool]? {
    guard schema.inputs.contains(where: { $0.kind == .mask }) else { return nil }
    let columns = featureColumns
    var padding = [Bool](repeating: false, count: count * columns)
    var start = 0
    for number in schema.valueInputs {
      let field = schema.inputs[number]
      defer { start += field.columns }
      guard let mask = schema.inputs.firstIndex(where: { $0.name == SampleSchema.maskName(of: field.name) }) else {
        continue
      }
      let (marks, time) = (inputs[mask].floats, schema.inputs[mask].columns)
      let width = field.columns / time
      for row in 0..<count {
        for column in 0..<field.columns where marks[row * time + column / width] == 0 {
          padding[row * columns + start + column] = true
        }
      }
    }
    return padding
  }
}
