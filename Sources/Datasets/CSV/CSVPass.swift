internal import Synchronization
internal import Threads

/// One pass over the rows of a CSV file on all processors, which puts cells where they belong.
final class CSVPass: @unchecked Sendable {
  // Unchecked: blocks write to different rows, and each to its own place of `results`.

  /// What is done with the cells of a column. One pointer is set.
  struct Task {
    /// Place in the list of what is wanted.
    let place: Int
    /// Where row 0 of the file would go.
    var floats: UnsafeMutablePointer<Float>?
    var doubles: UnsafeMutablePointer<Double>?
    var codes: UnsafeMutablePointer<Int32>?
    /// From a row to the next.
    var stride = 1
    let accepted: CSVAccepted
    let isWhole: Bool
    /// Whether a number may be read where it stands.
    let isQuick: Bool
    /// NaN: none.
    let origin: Double
  }

  struct BlockResult {
    var counts: [CSVCounts]
    /// Of columns of text, by place in the list of what is wanted.
    var tables: [CSVTextTable]
    let copies: TextCopies
    /// First row with a cell that is not accepted, or of another width.
    var trouble: CSVSpot?
  }

  private let cutter: CSVCutter
  private let map: CSVRowMap
  private let width: Int
  private let asked: Range<Int>
  private let wanted: [CSVWanted]
  /// In the order of the columns.
  private let tasks: [Task]
  /// Of each column the place of its first task, and of those behind.
  private let starts: [Int]
  private let troubled = Atomic<Int>(.max)

  init(
    _ cutter: CSVCutter, _ map: CSVRowMap, width: Int, asked: Range<Int>, wanted: [CSVWanted], tasks: [Task]
  ) {
    self.cutter = cutter
    self.map = map
    self.width = width
    self.asked = asked
    self.wanted = wanted
    self.tasks = tasks.sorted { (wanted[$0.place].column, $0.place) < (wanted[$1.place].column, $1.place) }
    var starts = [Int](repeating: 0, count: width + 1)
    for task in tasks { starts[wanted[task.place].column + 1] += 1 }
    for column in 0..<width { starts[column + 1] += starts[column] }
    self.starts = starts
  }

  /// What came of some of the blocks, in order; ends at the first with trouble.
  func run(_ blocks: Range<Int>, threads: Int?) -> [BlockResult] {
    let results = SharedValues<BlockResult>(count: blocks.count)
    ConcurrentLoop.run(blocks.count, threads: threads) { [self] place in
      if troubled.load(ordering: .relaxed) < place { return }
      let result = read(map.blocks[blocks.lowerBound + place])
      if result.trouble != nil { troubled.min(place, ordering: .relaxed) }
      results.set(place, result)
    }
    var found: [BlockResult] = []
    for result in results.take() {
      found.append(result)
      if result.trouble != nil { break }
    }
    return found
  }

  private func read(_ block: CSVRowMap.Block) -> BlockResult {
    var result = BlockResult(
      counts: [CSVCounts](repeating: CSVCounts(), count: wanted.count),
      tables: wanted.map { _ in CSVTextTable() }, copies: TextCopies())
    var counts = result.counts
    result.trouble = counts.withUnsafeMutableBufferPointer { counts in
      tasks.withUnsafeBufferPointer { tasks in
        starts.withUnsafeBufferPointer { starts in
          rows(of: block, tasks, starts, counts, &result.tables, result.copies)
        }
      }
    }
    result.counts = counts
    for place in result.tables.indices { result.tables[place].close() }
    return result
  }

  private func rows(
    of block: CSVRowMap.Block, _ tasks: UnsafeBufferPointer<Task>, _ starts: UnsafeBufferPointer<Int>,
    _ counts: UnsafeMutableBufferPointer<CSVCounts>, _ tables: inout [CSVTextTable], _ copies: TextCopies
  ) -> CSVSpot? {
    let (cutter, width, asked) = (cutter, width, asked)
    var position = block.first
    for row in block.firstRow..<block.firstRow + block.rows {
      let start = position
      let isAsked = asked.contains(row)
      var column = 0
      while true {
        if column == width { return CSVSpot(row: row, start: start) }
        let (first, last) = (starts[column], starts[column + 1])
        var isDone = false
        if last - first == 1, tasks[first].isQuick, isAsked || tasks[first].isWhole {
          var isInteger = false
          let value = cutter.number(&position, isInteger: &isInteger)
          if !value.isNaN {
            isDone = true
            if !put(value, isInteger, tasks[first], row, start, &counts[tasks[first].place]) {
              return CSVSpot(row: row, start: start)
            }
          }
        }
        if !isDone {
          guard let cell = cutter.cell(&position) else { return CSVSpot(row: row, start: start) }
          for place in first..<last where isAsked || tasks[place].isWhole {
            let task = tasks[place]
            let isTaken =
              task.codes == nil
              ? putNumber(cell, task, row, start, &counts[task.place])
              : putText(cell, task, row, start, &counts[task.place], &tables[task.place], copies)
            if !isTaken { return CSVSpot(row: row, start: start) }
          }
        }
        column += 1
        if position == cutter.end || cutter.base[position] != cutter.delimiter { break }
        position += 1
      }
      if column < width { return CSVSpot(row: row, start: start) }
      position = cutter.afterLineEnds(position)
    }
    return nil
  }

  /// - Returns: whether the number is accepted; so with the two below.
  @inline(__always)
  private func put(
    _ value: Double, _ isInteger: Bool, _ task: Task, _ row: Int, _ start: Int, _ counts: inout CSVCounts
  ) -> Bool {
    let float = Float(value)
    if !float.isFinite || value < 0 {
      if !task.accepted.allows(value) { return false }
      if !float.isFinite, counts.firstNonFinite == nil { counts.firstNonFinite = CSVSpot(row: row, start: start) }
    }
    if !isInteger { counts.areIntegers = false }
    if Double(float) != value { counts.areExact = false }
    if let floats = task.floats {
      floats[row * task.stride] = float
    } else if let doubles = task.doubles {
      doubles[row] = value
    }
    return true
  }

  private func putNumber(
    _ cell: CSVReader.Cell, _ task: Task, _ row: Int, _ start: Int, _ counts: inout CSVCounts
  ) -> Bool {
    let bytes = UnsafeBufferPointer(start: cutter.base, count: cutter.end)
    switch (wanted[task.place].missing ?? .usual).number(bytes, cell, decimal: cutter.decimal) {
    case .number(let value, let isInteger):
      guard put(value, isInteger, task, row, start, &counts) else { return false }
      if !task.origin.isNaN, let doubles = task.doubles {
        doubles[row] = CSVNumber.difference(bytes, cell.range, task.origin, decimal: cutter.decimal)
      }
      return true
    case .missing:
      guard task.accepted.contains(.missing) else { return false }
      counts.gaps += 1
      if counts.firstGap == nil { counts.firstGap = CSVSpot(row: row, start: start) }
    case .text:
      guard task.accepted.contains(.text) else { return false }
      counts.texts += 1
      if counts.firstText == nil { counts.firstText = CSVSpot(row: row, start: start) }
    }
    if counts.firstNonFinite == nil { counts.firstNonFinite = CSVSpot(row: row, start: start) }
    counts.areExact = false
    task.floats?[row * task.stride] = .nan
    task.doubles?[row] = .nan
    return true
  }

  private func putText(
    _ cell: CSVReader.Cell, _ task: Task, _ row: Int, _ start: Int, _ counts: inout CSVCounts,
    _ table: inout CSVTextTable, _ copies: TextCopies
  ) -> Bool {
    var text = UnsafeBufferPointer(start: cutter.base + cell.range.lowerBound, count: cell.range.count)
    if cell.isEscaped { text = copies.unescape(text) }
    guard let first = text.baseAddress else { return false }
    let hash = CSVTextTable.hash(first, text.count)
    var code = table.code(first, text.count, hash)
    if code == nil {
      if text.contains(where: { $0 >= 0x80 }), String(validating: text, as: UTF8.self) == nil { return false }
      if cell.isEscaped { copies.keep() }
      let isMissing = (wanted[task.place].missing ?? .usual).holds(text: text)
      code = table.insert(first, text.count, hash, isMissing: isMissing)
    }
    if code == -1 {
      guard task.accepted.contains(.missing) else { return false }
      counts.gaps += 1
      if counts.firstGap == nil { counts.firstGap = CSVSpot(row: row, start: start) }
    }
    task.codes?[row] = code ?? -1
    return true
  }
}

/// Texts of cells whose doubled quotes stand for one each.
final class TextCopies {
  private var kept: [UnsafeMutablePointer<UInt8>] = []
  private var last: UnsafeMutablePointer<UInt8>?

  deinit {
    last?.deallocate()
    for copy in kept { copy.deallocate() }
  }

  /// Stays until the next, or until the end where `keep` is called.
  func unescape(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    last?.deallocate()
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: text.count)
    last = copy
    var count = 0
    for byte in TextCopies.unescaped(text) {
      copy[count] = byte
      count += 1
    }
    return UnsafeBufferPointer(start: copy, count: count)
  }

  func keep() {
    if let last { kept.append(last) }
    last = nil
  }

  static func unescaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var isSecond = false
    for byte in text {
      isSecond = byte == CSVCutter.quote && !isSecond
      if !isSecond { bytes.append(byte) }
    }
    return bytes
  }
}
