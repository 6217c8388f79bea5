internal import Kernels

/// Positions in order, such as the bytes of a text or the rows of a series, of which samples are windows. All windows are
/// made from one copy of the numbers, when they are asked for.
///
/// Positions belong to streams: a file of a text, the rows of a group. A window lies within one stream.
public struct SequenceTable: Sendable {
  /// The positions of one file or group.
  public struct Stream: Sendable, Equatable {
    /// The file's path, or what the group is called; empty: there is but one stream.
    public let name: String
    public let positions: Range<Int>

    init(_ name: String, _ positions: Range<Int>) {
      self.name = name
      self.positions = positions
    }
  }

  /// What messages call things.
  struct Words: Sendable {
    /// Where the data come from.
    var place: String
    /// Positions: `rows`.
    var positions: String
    /// Streams: `groups`.
    var streams: String
    /// Which part of the streams this is, with a blank before it; empty: all.
    var part = ""
  }

  var inputs: [SequencePart]
  /// nil: samples to predict from.
  let target: SequencePart?
  public let streams: [Stream]
  /// Positions from the first of a window to the first of the next.
  public let stride: Int
  /// Of a position's quantities; empty: they have none.
  public let featureNames: [String]
  /// Of a position's quantities.
  public let origins: FeatureOrigins
  let notes: [String]
  var words: Words

  /// - Precondition: every part holds the positions of all streams.
  init(
    inputs: [SequencePart], target: SequencePart?, streams: [Stream], stride: Int, featureNames: [String] = [],
    origins: FeatureOrigins = .none, notes: [String] = [], words: Words
  ) {
    precondition(!inputs.isEmpty && stride > 0, "\(inputs.count) inputs, stride \(stride)")
    self.inputs = inputs
    self.target = target
    self.streams = streams
    self.stride = stride
    self.featureNames = featureNames
    self.origins = origins
    self.notes = notes
    self.words = words
  }

  /// Positions that an input takes.
  public var length: Int { inputs[0].length }
  /// Positions from a window's first to the last that it needs, its target's included.
  public var reach: Int { (inputs + (target.map { [$0] } ?? [])).map { $0.offset + $0.length }.max() ?? 0 }

  /// What a window is as a sample.
  public var schema: SampleSchema {
    SampleSchema(inputs: inputs.map(\.field), targets: target.map { [$0.field] } ?? [])
  }

  /// Windows that a stream of so many positions has.
  func windows(of positions: Int) -> Int { positions < reach ? 0 : (positions - reach) / stride + 1 }

  /// The same numbers with other streams.
  private func with(_ streams: [Stream], part: String) -> SequenceTable {
    var made = SequenceTable(
      inputs: inputs, target: target, streams: streams, stride: stride, featureNames: featureNames, origins: origins,
      notes: notes, words: words)
    made.words.part = part
    return made
  }

  /// Every stream without its last part, and those last parts: no window is in both, and none crosses the border, which
  /// lies at `count * (1 - fraction)`, rounded down. Windows overlap, so that a choice of windows at random would hold back
  /// what is trained on.
  ///
  /// - Throws: `DatasetError` `arguments`: a fraction outside of (0, 1).
  public func split(last fraction: Double) throws -> (first: SequenceTable, last: SequenceTable) {
    guard fraction > 0 && fraction < 1 else {
      throw DatasetError(
        .arguments, at: "validation.fraction", "no such part of the data", expected: "a number between 0 and 1",
        found: "\(fraction)")
    }
    let parts = streams.map { stream -> (Stream, Stream) in
      let border = stream.positions.lowerBound + Int(Double(stream.positions.count) * (1 - fraction))
      return (
        Stream(stream.name, stream.positions.lowerBound..<border),
        Stream(stream.name, border..<stream.positions.upperBound)
      )
    }
    return (with(parts.map(\.0), part: " to train on"), with(parts.map(\.1), part: " held back for validation"))
  }
}

/// What a window takes of the positions for one of its fields.
struct SequencePart: Sendable {
  let name: String
  let kind: SampleSchema.Kind
  /// Extents of a position; empty: one number.
  let shape: [Int]
  /// `[positions]` and `shape`, row-major.
  var values: FieldValues
  /// First position, counted from the window's first.
  let offset: Int
  /// Positions, one after another.
  let length: Int
  /// Whether the positions are the field's first axis; else there is one, and it is the field.
  let hasTime: Bool

  /// Numbers of a position.
  var width: Int { shape.reduce(1, *) }
  var field: SampleSchema.Field { SampleSchema.Field(name, shape: (hasTime ? [length] : []) + shape, kind: kind) }

  /// Numbers of the window that begins at a position.
  func range(at position: Int) -> Range<Int> {
    let first = (position + offset) * width
    return first..<first + length * width
  }
}

// MARK: Columns

extension SequenceTable {
  /// Inputs that are quantities: what is scaled.
  private var valueInputs: [Int] { inputs.indices.filter { inputs[$0].kind == .values } }

  /// Numbers of a position's quantities, as `ColumnPipeline` counts columns.
  public var valueColumns: Int { valueInputs.reduce(0) { $0 + inputs[$1].width } }

  /// The quantities of some positions, `[positions, valueColumns]`, row-major.
  func features(of positions: [Range<Int>]) -> [Float] {
    let numbers = valueInputs
    var rows: [Float] = []
    rows.reserveCapacity(positions.reduce(0) { $0 + $1.count } * valueColumns)
    let columns = numbers.map { inputs[$0].values.floats }
    for position in positions.joined() {
      for (values, number) in zip(columns, numbers) {
        let width = inputs[number].width
        rows += values[position * width..<(position + 1) * width]
      }
    }
    return rows
  }

  /// The quantities of all positions without NaN and Inf, each as a sample without targets: what a pipeline is fitted to.
  ///
  /// - Throws: `DatasetError` where there is none.
  func quantities() throws -> InMemorySource {
    let columns = valueColumns
    guard columns > 0 else {
      throw DatasetError(
        .arguments, at: words.place, "these data have no quantities to scale: tokens are numbers of a table's rows",
        remedy: "leave out `scaling`")
    }
    var rows = features(of: streams.map(\.positions))
    if rows.contains(where: { !$0.isFinite }) {
      rows = Swift.stride(from: 0, to: rows.count, by: columns).filter {
        rows[$0..<$0 + columns].allSatisfy(\.isFinite)
      }
      .flatMap { rows[$0..<$0 + columns] }
    }
    guard !rows.isEmpty else {
      throw DatasetError(.noRows, at: words.place, "no \(words.positions)\(words.part) to fit the scaling to")
    }
    return InMemorySource(
      features: rows, sampleShape: [columns], targets: [], targetColumns: 0, targetKind: .values,
      featureNames: featureNames.count == columns ? featureNames : [])
  }

  /// The table with the steps applied to its quantities.
  ///
  /// - Precondition: fitted to as many columns, which it leaves as many.
  public func applying(_ pipeline: ColumnPipeline) -> SequenceTable {
    if pipeline.steps.isEmpty { return self }
    let columns = valueColumns
    precondition(pipeline.outputColumns(of: columns) == columns, "\(columns) columns of windows become others")
    let numbers = valueInputs
    let positions = inputs[numbers[0]].values.count / inputs[numbers[0]].width
    var made = self
    let scaled = pipeline.applied(to: features(of: [0..<positions]), columns: columns)
    var start = 0
    for number in numbers {
      let width = inputs[number].width
      made.inputs[number].values = .floats(
        numbers.count == 1
          ? scaled : (0..<positions).flatMap { scaled[$0 * columns + start..<$0 * columns + start + width] })
      start += width
    }
    return made
  }
}

extension ColumnPipeline {
  /// Fits rules to the positions of a table.
  ///
  /// - Throws: `DatasetError`.
  public init(_ rules: [any ColumnRule], fittedTo table: SequenceTable) throws {
    if rules.isEmpty {
      self = .none
    } else {
      try self.init(rules, fittedTo: try table.quantities())
    }
  }
}
