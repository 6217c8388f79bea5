internal import HDF5Storage

/// Samples as LIBSVM and SVMlight write them: a line `label [qid:n] index:value ... # comment` for each; what a line leaves
/// out is 0. Rows are held dense.
///
/// Labels that are all whole are classes 0..<count (counted over the whole file); -1 and +1 become classes 0 and 1 named so;
/// other labels are values. Source: Chih-Chung Chang and Chih-Jen Lin, LIBSVM's README.
public struct LIBSVMSource: Sendable, Equatable {
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
    try withBytes(ofFile: path) { bytes in
      var reader = LIBSVMReader(bytes.bindMemory(to: UInt8.self), path: path, rows: rows, policy: options.nonFinite)
      try reader.read()
      return try dense(reader)
    }
  }

  private func dense(_ reader: LIBSVMReader) throws -> InMemorySource {
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
    let (targets, kind) = try LIBSVMSource.targets(reader, range, at: path)
    return InMemorySource(
      features: values, sampleShape: [columns], targets: targets, targetColumns: 1, targetKind: kind)
  }

  private static func targets(
    _ reader: LIBSVMReader, _ range: Range<Int>, at path: String
  ) throws -> ([Float], TargetKind) {
    let labels = reader.labels
    guard reader.labelsAreIntegers else { return (labels[range].map { Float($0) }, .values) }
    if labels.contains(-1) {
      guard labels.allSatisfy({ abs($0) == 1 }) else {
        throw DatasetError(
          .labels, at: path, "beside -1 there may be no label but +1",
          remedy: "whole numbers are classes; write values with a decimal point")
      }
      return (labels[range].map { $0 < 0 ? 0 : 1 }, .classes(count: 2, names: ["-1", "+1"]))
    }
    let count = try classCount(labels.map { Int64(exactly: $0) ?? .max }, names: [], at: path)
    return (labels[range].map { Float($0) }, .classes(count: count, names: []))
  }
}

/// Reads the lines of a LIBSVM file.
struct LIBSVMReader {
  struct Entry {
    let index: Int32
    let value: Float
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let path: String
  private let rows: RowRange
  private let policy: NonFinitePolicy
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

  init(_ bytes: UnsafeBufferPointer<UInt8>, path: String, rows: RowRange, policy: NonFinitePolicy) {
    self.bytes = bytes
    self.path = path
    self.rows = rows
    self.policy = policy
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
      entries.append(Entry(index: Int32(index), value: Float(try value(colon + 1..<word.upperBound, row, index))))
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
    case .number(let value, _) where Float(value).isFinite || policy == .keep: return value
    case .missing where policy == .keep: return .nan
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
