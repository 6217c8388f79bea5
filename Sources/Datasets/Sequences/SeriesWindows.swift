/// Windows over the rows of a series, in the order of the file: `length` rows of features, and the targets of the
/// `horizon`-th row after them.
public struct SeriesWindows: Sendable, Hashable {
  /// Rows of a window.
  public var length: Int
  /// The target is that many rows after the window's last.
  public var horizon: Int
  /// Rows from the beginning of a window to that of the next.
  public var stride: Int
  /// The column, or array, that says which series a row belongs to; nil: all rows are one.
  public var by: String?

  /// - Precondition: all are at least 1.
  public init(length: Int, horizon: Int = 1, stride: Int = 1, by: String? = nil) {
    precondition(length > 0 && horizon > 0 && stride > 0, "windows of \(length), \(horizon) ahead, by \(stride)")
    self.length = length
    self.horizon = horizon
    self.stride = stride
    self.by = by
  }

  /// - Throws: `DatasetError` where rows have weights: windows have none.
  func refuse(weights: String?, at place: String) throws {
    guard let weights else { return }
    throw DatasetError(
      .arguments, at: place, "samples that are windows take no weights", found: "weights: \(weights)",
      remedy: "leave `weights` out")
  }

  /// - Throws: `DatasetError` where rows are sequences themselves.
  func refuse(_ lengths: LengthArrays?, at place: String) throws {
    if lengths == nil { return }
    throw DatasetError(
      .arguments, at: place, "`windows` and `lengths` contradict each other: rows are times of a series, or sequences",
      remedy: "leave one of them out")
  }

  /// What is known of a run, for the rows that its samples are windows of.
  func rowOptions(_ options: ReadOptions) -> ReadOptions {
    var options = options
    options.featureCount = options.featureCount.map { $0 / length }
    return options
  }
}

/// Which series, or group, each row belongs to.
public struct RowGroups: Sendable {
  /// Of each row, in the order in which the groups first occur.
  public private(set) var numbers: [Int32] = []
  /// What the groups are called.
  public private(set) var names: [String] = []
  private var known: [ExactText: Int32] = [:]

  public init() {}

  /// A column of texts without gaps.
  init(_ cells: CSVCells) {
    (numbers, names) = (cells.codes, cells.texts)
    known = [ExactText: Int32](uniqueKeysWithValues: names.enumerated().map { (ExactText($1), Int32($0)) })
  }

  public init(_ names: some Sequence<String>) { for name in names { add(name) } }

  mutating func add(_ name: String) {
    let exact = ExactText(name)
    if let number = known[exact] { return numbers.append(number) }
    known[exact] = Int32(names.count)
    numbers.append(Int32(names.count))
    names.append(name)
  }

  /// Those of some rows, in the order given; numbered anew.
  public func selecting(_ rows: [Int32]) -> RowGroups { RowGroups(rows.lazy.map { names[Int(numbers[Int($0)])] }) }

  /// Memory that they take, in bytes, about.
  package var memory: Int { 4 * numbers.count + names.reduce(0) { $0 + 64 + $1.utf8.count } }

  /// Rows of each group.
  var counts: [Int] {
    var counts = [Int](repeating: 0, count: names.count)
    for number in numbers { counts[Int(number)] += 1 }
    return counts
  }

  /// The rows, group after group, each group's as they stand; nil: they stand so.
  var order: [Int32]? {
    if zip(numbers, numbers.dropFirst()).allSatisfy({ $0 <= $1 }) { return nil }
    var next = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    var order = [Int32](repeating: 0, count: numbers.count)
    for (row, number) in numbers.enumerated() {
      order[next[Int(number)]] = Int32(row)
      next[Int(number)] += 1
    }
    return order
  }
}

extension SequenceTable {
  /// Windows over rows.
  ///
  /// - Parameters:
  ///   - groups: of every row; nil: all are one series.
  ///   - place: what messages call the source.
  init(_ rows: InMemorySource, _ groups: RowGroups?, _ windows: SeriesWindows, at place: String) {
    let rows = groups?.order.map { rows.selecting($0) } ?? rows
    var (streams, start) = ([Stream](), 0)
    if let groups {
      for (name, count) in zip(groups.names, groups.counts) {
        streams.append(Stream(name, start..<start + count))
        start += count
      }
    } else {
      streams = [Stream("", 0..<rows.count)]
    }
    let target = rows.schema.targets.first.map { field in
      SequencePart(
        name: field.name, kind: field.kind, shape: field.shape, values: rows.targetValues,
        offset: windows.length - 1 + windows.horizon, length: 1, hasTime: false)
    }
    self.init(
      inputs: zip(rows.schema.inputs, rows.inputs).map { field, values in
        SequencePart(
          name: field.name, kind: field.kind, shape: field.shape, values: values, offset: 0, length: windows.length,
          hasTime: true)
      }, target: target, streams: streams, stride: windows.stride, featureNames: rows.featureNames,
      origins: rows.origins, notes: rows.warnings,
      words: Words(place: place, positions: "rows", streams: groups == nil ? "series" : "groups"))
  }
}

extension DataSource {
  /// Windows over rows that a kind has read.
  ///
  /// - Parameters:
  ///   - groups: of each row; nil: all are one series.
  ///   - options: of the run, whose classes targets are numbered as.
  /// - Throws: `DatasetError`.
  static func table(
    _ rows: InMemorySource, _ groups: RowGroups?, _ windows: SeriesWindows, _ kind: some DataSourceKind,
    _ options: ReadOptions
  ) throws -> SequenceTable {
    let numbered = try rows.numbered(by: options.classNames, areText: kind.hasTextTargets, at: kind.name) {
      try kind.place(ofRow: $0, target: $1)
    }
    return SequenceTable(numbered, groups, windows, at: kind.name)
  }
}
