/// Samples as LIBSVM and SVMlight write them: a line `label [qid:n] index:value ... # comment` for each; what a line leaves
/// out is 0. Rows are held dense.
///
/// Labels that are all whole are classes 0..<count (counted over the whole file; see `WholeNumberTargets`); -1 and +1 become
/// classes 0 and 1 named so, unless the loss is one for values; other labels are values. A file in gzip is unpacked. Source: Chih-Chung Chang and Chih-Jen Lin, LIBSVM's README.
public struct LIBSVMSource: Sendable, Hashable {
  public var path: String
  /// Columns; nil: up to the largest index of the whole file.
  public var features: Int?
  /// Whether indices count from 0; nil: they do if index 0 occurs, as scikit-learn guesses.
  public var zeroBased: Bool?
  public var rows: RowRange

  public init(path: String, features: Int? = nil, zeroBased: Bool? = nil, rows: RowRange = RowRange()) {
    self.path = path
    self.features = features
    self.zeroBased = zeroBased
    self.rows = rows
  }

  /// Reads the rows into memory.
  ///
  /// - Throws: `DatasetError`, placed at file:line:column.
  public func load(_ options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    try TextFile.withBytes(of: path) { bytes in
      var reader = LIBSVMReader(bytes, path: path, rows: rows, options: options)
      try reader.read()
      return try dense(reader, options)
    }
  }

  private func dense(_ reader: LIBSVMReader, _ options: ReadOptions) throws -> InMemorySource {
    let range = try rows.resolved(count: reader.labels.count, at: path)
    let isZeroBased = zeroBased ?? (reader.smallest == 0)
    if !isZeroBased, reader.smallest == 0 {
      throw DatasetError(
        .arguments, at: path, "the index 0 occurs, but indices count from 1", remedy: "say zero_based: true")
    }
    let first = isZeroBased ? 0 : 1
    let needed = reader.largest - first + 1
    let columns = features ?? needed
    guard columns >= max(needed, 1) else {
      throw DatasetError(
        .shape, at: path, needed < 1 ? "no line has a value" : "indices go beyond the features",
        expected: "at most \(columns) columns", found: "\(needed)", remedy: "give `features`, or a larger number there")
    }
    let (cells, overflow) = range.count.multipliedReportingOverflow(by: columns)
    try checkMemory(floats: overflow ? .max : cells, at: path, rows: range.count, columns: columns)
    var values = [Float](repeating: 0, count: cells)
    for row in 0..<range.count {
      for entry in reader.entries[reader.starts[row]..<reader.starts[row + 1]] {
        values[row * columns + Int(entry.index) - first] = entry.value
      }
    }
    let reading = FeatureReading(
      columns: columns, names: [], place: path, firstRow: range.lowerBound, exact: 0
    ) { wanted, origins, body in
      var again = LIBSVMReader(reader.bytes, path: path, rows: rows, options: options)
      for column in wanted { again.doubles[column + first] = [Double](repeating: 0, count: range.count) }
      try again.read()
      for (place, column) in wanted.enumerated() {
        for (row, value) in (again.doubles[column + first] ?? []).enumerated() {
          body(row, place, value - origins[place])
        }
      }
    }
    let (origins, warnings) = try reading.settle(&values, options.origins)
    if options.nonFinite == .refuse {
      try requireFinite(values, columns: columns, firstRow: range.lowerBound, at: path)
    }
    let (targets, kind) =
      options.featuresAlone
      ? ([], .values) : try LIBSVMSource.targets(reader, range, role: options.targets, at: path)
    return InMemorySource(
      features: values, sampleShape: [columns], targets: targets, targetColumns: options.featuresAlone ? 0 : 1,
      targetKind: kind, origins: origins,
      warnings: warnings)
  }

  private static func targets(
    _ reader: LIBSVMReader, _ range: Range<Int>, role: TargetRole?, at path: String
  ) throws -> ([Float], TargetKind) {
    let labels = reader.labels
    guard reader.labelsAreIntegers else { return (labels[range].map { Float($0) }, .values) }
    // Without a loss -1 and +1 are what they are in nearly every file of this format: classes.
    let areSigns = role == nil && labels.contains(-1) && labels.allSatisfy { abs($0) == 1 }
    return try WholeNumberTargets(labels, role: areSigns ? .classes : role, at: path).targets(range)
  }
}

/// Reads the lines of a LIBSVM file.
struct LIBSVMReader {
  struct Entry {
    let index: Int32
    let value: Float
  }

  let bytes: UnsafeBufferPointer<UInt8>
  private let path: String
  private let rows: RowRange
  private let options: ReadOptions
  /// Values of some indices as doubles, one for each row asked for: what is left out stays as it was.
  var doubles: [Int: [Double]] = [:]
  private var line = 0
  private var lineStart = 0

  /// Of every row of the file.
  private(set) var labels: [Double] = []
  private(set) var labelsAreIntegers = true
  /// Of the rows asked for; row r has `starts[r]..<starts[r + 1]`.
  private(set) var entries: [Entry] = []
  private(set) var starts = [0]
  /// Over every row of the file.
  private(set) var smallest = Int.max
  private(set) var largest = -1

  /// Columns are counted up to this, as in a recipe.
  private static let largestIndex = 1 << 24

  init(_ bytes: UnsafeBufferPointer<UInt8>, path: String, rows: RowRange, options: ReadOptions) {
    self.bytes = bytes
    self.path = path
    self.rows = rows
    self.options = options
  }

  mutating func read() throws {
    var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while position < bytes.count {
      line += 1
      lineStart = position
      var end = position
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      let text = bytes[position..<end]
      try readLine(position..<(text.firstIndex(of: UInt8(ascii: "#")) ?? end))
      position = end + 1
    }
  }

  private mutating func readLine(_ range: Range<Int>) throws {
    var position = range.lowerBound
    func nextWord() -> Range<Int>? {
      while position < range.upperBound, isBlank(bytes[position]) { position += 1 }
      let start = position
      while position < range.upperBound, !isBlank(bytes[position]) { position += 1 }
      return start < position ? start..<position : nil
    }
    guard let label = nextWord() else { return }
    let row = labels.count
    let isWanted = row >= rows.from ?? 0 && row < rows.to ?? .max
    try readLabel(label, row: row)
    var before = -1
    while let word = nextWord() {
      guard let colon = bytes[word].firstIndex(of: UInt8(ascii: ":")) else {
        throw unparsable(word, "no `index:value`")
      }
      if bytes[word.lowerBound..<colon].elementsEqual("qid".utf8) { continue }
      guard let index = Int(String(decoding: bytes[word.lowerBound..<colon], as: UTF8.self)),
        (0...LIBSVMReader.largestIndex).contains(index)
      else { throw unparsable(word, "the index is no whole number from 0 to \(LIBSVMReader.largestIndex)") }
      guard index > before else { throw unparsable(word, "indices do not rise") }
      before = index
      smallest = min(smallest, index)
      largest = max(largest, index)
      guard isWanted else { continue }
      let value = try value(colon + 1..<word.upperBound, row, index)
      if !doubles.isEmpty { doubles[index]?[starts.count - 1] = value }
      entries.append(Entry(index: Int32(index), value: Float(value)))
    }
    if isWanted { starts.append(entries.count) }
  }

  private mutating func readLabel(_ word: Range<Int>, row: Int) throws {
    switch CSVNumber(bytes, word) {
    case .number(let value, let isInteger) where value.isFinite:
      labels.append(value)
      labelsAreIntegers = labelsAreIntegers && isInteger
    case .number, .missing, .text:
      let isSeveral = bytes[word].contains(UInt8(ascii: ","))
      throw unparsable(word, isSeveral ? "several labels in one row are not supported" : "the label is no number")
    }
  }

  private func value(_ range: Range<Int>, _ row: Int, _ index: Int) throws -> Double {
    if range.isEmpty { throw unparsable(range, "the value is no number") }
    switch CSVNumber(bytes, range) {
    // A value without a float may get one by an origin; if it does not, it is refused with the others.
    case .number(let value, _)
    where Float(value).isFinite || options.nonFinite == .keep || value.isFinite && options.origins != .asWritten:
      return value
    case .missing where options.nonFinite == .keep: return .nan
    case .number(let value, _) where value.isFinite:
      throw DatasetError(
        .nonFinite(row: row, column: index), at: place(range.lowerBound), "no finite number in float32",
        expected: FeatureOrigins.range, found: text(range), remedy: FeatureOrigins.rangeRemedy)
    case .number, .missing:
      throw DatasetError(
        .nonFinite(row: row, column: index), at: place(range.lowerBound), "no finite number", found: text(range),
        remedy: "remove the row or fill the gap")
    case .text: throw unparsable(range, "the value is no number")
    }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
  private func place(_ position: Int) -> String { "\(path):\(line):\(position - lineStart + 1)" }

  private func text(_ range: Range<Int>) -> String {
    "`\(String(decoding: bytes[range].prefix(40), as: UTF8.self))`"
  }

  private func unparsable(_ range: Range<Int>, _ problem: String) -> DatasetError {
    DatasetError(
      .unparsable, at: place(range.lowerBound), problem, expected: "`label index:value ...`", found: text(range))
  }
}
