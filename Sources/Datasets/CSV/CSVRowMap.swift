internal import Threads

/// Where the rows of a CSV file begin, block by block, found on all processors.
///
/// Without quotes, a row begins wherever a byte follows a line end and is none itself. With quotes, a line end may stand
/// within a cell: whether one does is guessed at each block's beginning, by the number of quotes before it, and looked at
/// again wherever the block before does not end where this one was taken to begin.
struct CSVRowMap {
  struct Block {
    /// Of its first row, which begins within the block; and of the first row behind it.
    var (first, next): (Int, Int)
    var rows = 0
    /// Rows of the file before it.
    var firstRow = 0
  }

  private(set) var blocks: [Block] = []

  /// Bytes of the rows of some blocks.
  func bytes(of range: Range<Int>) -> Range<Int> { blocks[range.lowerBound].first..<blocks[range.upperBound - 1].next }
  private(set) var rows = 0
  /// Where the first row begins whose quotes are wrong; nothing behind it is counted.
  private(set) var brokenRow: Int?

  /// Of no bytes.
  init() {}

  /// - Parameters:
  ///   - start: where a row begins, or line ends before one.
  ///   - blockBytes: at least 1.
  init(_ cutter: CSVCutter, from start: Int, blockBytes: Int, threads: Int?) {
    let count = (cutter.end - start + blockBytes - 1) / blockBytes
    let borders: @Sendable (Int) -> Range<Int> = {
      let lower = start + $0 * blockBytes
      return lower..<min(lower + blockBytes, cutter.end)
    }
    let lines = CSVRowMap.map(count, threads) { CSVRowMap.lines(cutter, borders($0), isFirst: $0 == 0) }
    var quotesBefore: [Int] = [0]
    for block in lines { quotesBefore.append(quotesBefore[quotesBefore.count - 1] + block.quotes) }
    if quotesBefore[count] == 0 {
      for (place, line) in lines.enumerated() {
        add(Block(first: cutter.afterLineEnds(line.first), next: borders(place).upperBound, rows: line.rows))
      }
      return
    }

    let odd = quotesBefore.map { $0 % 2 == 1 }
    let guesses = CSVRowMap.map(count, threads) { place in
      let range = borders(place)
      let first = place == 0 ? cutter.afterLineEnds(start) : CSVRowMap.guess(cutter, range, isQuoted: odd[place])
      return CSVRowMap.scan(cutter, from: first, to: range.upperBound)
    }
    var next = cutter.afterLineEnds(start)
    for (place, guess) in guesses.enumerated() {
      let isRight = guess.block.first == next
      let found = isRight ? guess : CSVRowMap.scan(cutter, from: next, to: borders(place).upperBound)
      add(found.block)
      next = found.block.next
      brokenRow = found.brokenRow
      if brokenRow != nil { return }
    }
  }

  private mutating func add(_ block: Block) {
    var block = block
    block.firstRow = rows
    rows += block.rows
    if block.rows > 0 { blocks.append(block) }
  }

  /// Quotes and beginnings of lines that are not empty, within a range.
  private static func lines(
    _ cutter: CSVCutter, _ range: Range<Int>, isFirst: Bool
  ) -> (quotes: Int, rows: Int, first: Int) {
    let base = cutter.base
    var (quotes, rows) = (0, 0)
    var place = range.lowerBound
    // Whether the byte before is a line end.
    var isAfterEnd = isFirst || CSVCutter.isLineEnd(base[place - 1])
    var first = place
    if !isAfterEnd {
      while first < range.upperBound, !CSVCutter.isLineEnd(base[first]) { first += 1 }
    }
    while place < range.upperBound {
      if place + 8 <= range.upperBound {
        let word = cutter.load(place)
        let ends = CSVCutter.exactZeros(word ^ CSVCutter.ones &* 10) | CSVCutter.exactZeros(word ^ CSVCutter.ones &* 13)
        let begins = (ends << 8 | (isAfterEnd ? 0x80 : 0)) & ~ends
        if begins != 0 { rows += begins.nonzeroBitCount }
        let found = CSVCutter.exactZeros(word ^ CSVCutter.ones &* UInt64(CSVCutter.quote))
        if found != 0 { quotes += found.nonzeroBitCount }
        isAfterEnd = ends >> 63 == 1
        place += 8
        continue
      }
      let isEnd = CSVCutter.isLineEnd(base[place])
      if isAfterEnd, !isEnd { rows += 1 }
      if base[place] == CSVCutter.quote { quotes += 1 }
      isAfterEnd = isEnd
      place += 1
    }
    return (quotes, rows, first)
  }

  /// Where the first row behind the block's border begins, should the border be within quotes or not.
  private static func guess(_ cutter: CSVCutter, _ range: Range<Int>, isQuoted: Bool) -> Int {
    let base = cutter.base
    var (place, isQuoted) = (range.lowerBound, isQuoted)
    if !isQuoted, CSVCutter.isLineEnd(base[place - 1]) { return cutter.afterLineEnds(place) }
    while place < range.upperBound {
      if base[place] == CSVCutter.quote {
        isQuoted.toggle()
      } else if !isQuoted, CSVCutter.isLineEnd(base[place]) {
        return cutter.afterLineEnds(place)
      }
      place += 1
    }
    return place
  }

  /// Counts the rows that begin in `start..<end`.
  private static func scan(
    _ cutter: CSVCutter, from start: Int, to end: Int
  ) -> (block: Block, brokenRow: Int?) {
    var block = Block(first: start, next: start)
    while block.next < end {
      var place = block.next
      while true {
        guard cutter.cell(&place) != nil else { return (block, block.next) }
        if place == cutter.end || cutter.base[place] != cutter.delimiter { break }
        place += 1
      }
      block.next = cutter.afterLineEnds(place)
      block.rows += 1
    }
    return (block, nil)
  }

  /// What `body` gives for 0..<count, on all processors.
  private static func map<Value: Sendable>(
    _ count: Int, _ threads: Int?, _ body: @escaping @Sendable (Int) -> Value
  ) -> [Value] {
    let values = SharedValues<Value>(count: count)
    ConcurrentLoop.run(count, threads: threads) { values.set($0, body($0)) }
    return values.take()
  }
}

/// Places that are filled by different threads, each once.
final class SharedValues<Value>: @unchecked Sendable {
  // Unchecked: no place is touched by two threads, and none is read before all threads are done.
  private let base: UnsafeMutablePointer<Value?>
  private let count: Int

  init(count: Int) {
    self.count = count
    base = .allocate(capacity: count)
    base.initialize(repeating: nil, count: count)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  func set(_ place: Int, _ value: Value) { base[place] = value }

  /// Those that were set, in order.
  func take() -> [Value] {
    let values = UnsafeBufferPointer(start: base, count: count).compactMap { $0 }
    base.update(repeating: nil, count: count)
    return values
  }
}
