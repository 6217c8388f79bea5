internal import Threads

/// The rows of a CSV file, read in two passes over its blocks on all processors: one that finds the rows, one that reads the
/// cells that are wanted. What comes out does not depend on the blocks or the threads, errors included: the one of the
/// first row that has one.
struct CSVTable {
  /// Rows of the file; of one whose quotes are wrong, those before.
  let count: Int

  private let start: CSVReader
  private let width: Int
  private let map: CSVRowMap
  /// nil: there is no byte.
  private let cutter: CSVCutter?
  private let threads: Int?

  /// Numbers that were asked for as a matrix, and columns besides.
  struct Contents {
    /// `[rows asked for, columns of the matrix]`, row-major.
    var matrix: [Float] = []
    /// Whether all numbers of the matrix's columns are floats.
    var areExact: [Bool] = []
    /// What the cells of the matrix's columns were.
    var counts: [CSVCounts] = []
    var columns: [CSVCells] = []
  }

  /// - Parameters:
  ///   - start: stands before the first row.
  ///   - width: cells of every row.
  ///   - threads: at most so many; nil: as many as there are processors.
  init(_ start: CSVReader, width: Int, blockBytes: Int = 2 << 20, threads: Int? = nil) {
    self.start = start
    self.width = width
    self.threads = threads
    cutter = start.bytes.baseAddress.map {
      CSVCutter($0, end: start.bytes.count, delimiter: start.delimiter, decimal: start.decimal)
    }
    map =
      cutter.map { CSVRowMap($0, from: start.position, blockBytes: blockBytes, threads: threads) } ?? CSVRowMap()
    count = map.rows
  }

  /// Reads columns, and decides of each that may be either whether it holds numbers or texts.
  ///
  /// - Parameter check: throws what is wrong with the reader's row, of this number, that holds a cell which was not accepted.
  /// - Throws: `DatasetError`, also where rows asked for are not there.
  func columns(
    _ wanted: [CSVWanted], rows: RowRange = .all, check: (CSVReader, Int) throws -> Void = { _, _ in }
  ) throws -> [CSVCells] {
    var columns = try read(columns: wanted, rows: rows, check: check).columns
    _ = try rows.resolved(count: count, at: start.path)
    let late = wanted.indices.filter { wanted[$0].kind == .any && columns[$0].counts.texts > 0 }
    if late.isEmpty { return columns }
    for place in late { columns[place] = CSVCells(values: .numbers([]), counts: columns[place].counts) }
    let asTexts = late.map { place in
      var other = CSVWanted(wanted[place].column, .text)
      (other.missing, other.accepted, other.isWhole) = (
        wanted[place].missing, wanted[place].accepted, wanted[place].isWhole
      )
      return other
    }
    for (place, cells) in zip(late, try read(columns: asTexts, rows: rows, check: check).columns) {
      var counts = columns[place].counts
      (counts.gaps, counts.firstGap) = (cells.counts.gaps, cells.counts.firstGap)
      columns[place] = CSVCells(values: cells.values, counts: counts)
    }
    return columns
  }

  /// Reads numbers into a matrix, and columns besides, in one pass: those of kind `any` as numbers.
  ///
  /// - Parameters:
  ///   - matrix: columns of numbers.
  ///   - rows: of the file; those that are not there are left out.
  ///   - check: as in `columns`.
  /// - Throws: `DatasetError`, `OutOfMemory`.
  func read(
    matrix: [CSVWanted] = [], columns: [CSVWanted], rows: RowRange, check: (CSVReader, Int) throws -> Void = { _, _ in }
  ) throws -> Contents {
    let lower = min(max(rows.from ?? 0, 0), count)
    let asked = lower..<max(lower, min(rows.to ?? count, count))
    let storage = columns.map { Storage($0, rows: $0.isWhole ? 0..<count : asked) }
    try checkMemory(
      floats: asked.count * matrix.count + storage.reduce(0) { $0 + $1.floats }, at: start.path, rows: asked.count,
      columns: matrix.count + columns.count)
    var contents = Contents()
    try start.file?.restore()
    var texts = columns.map { _ in Texts() }
    var counts = [CSVCounts](repeating: CSVCounts(), count: matrix.count + columns.count)
    var trouble: CSVSpot?
    let wanted = (matrix + columns).map { column in
      var column = column
      column.missing = column.missing ?? start.missing
      return column
    }
    contents.matrix = [Float](unsafeUninitializedCapacity: asked.count * matrix.count) { buffer, initialized in
      initialized = buffer.count
      guard let cutter else { return }
      let tasks = wanted.indices.map { place in
        var task = CSVPass.Task(
          place: place, accepted: wanted[place].accepted, isWhole: wanted[place].isWhole,
          isQuick: wanted[place].kind != .text && wanted[place].origin == nil
            && wanted[place].missing?.holdsNumbers != true,
          origin: wanted[place].origin ?? .nan)
        if place < matrix.count {
          task.floats = buffer.baseAddress.map { $0 + place - asked.lowerBound * matrix.count }
          task.stride = matrix.count
        } else {
          (task.doubles, task.codes) = storage[place - matrix.count].pointers
        }
        return task
      }
      let pass = CSVPass(cutter, map, width: width, asked: asked, wanted: wanted, tasks: tasks)
      for first in stride(from: 0, to: map.blocks.count, by: portion) {
        let blocks = first..<min(first + portion, map.blocks.count)
        let results = pass.run(blocks, threads: threads)
        trouble = results.last?.trouble
        for result in results { for place in counts.indices { counts[place].add(result.counts[place]) } }
        if trouble != nil { break }
        join(results, map.blocks[blocks], texts, storage, first: matrix.count)
        start.file?.release(map.bytes(of: blocks))
      }
    }
    if let trouble { throw refusal(trouble, wanted, check) }
    if let brokenRow = map.brokenRow { throw refusal(CSVSpot(row: count, start: brokenRow), wanted, check) }

    contents.areExact = matrix.indices.map { counts[$0].areExact }
    contents.counts = Array(counts.prefix(matrix.count))
    for place in columns.indices {
      contents.columns.append(
        CSVCells(values: storage[place].take(texts[place].names), counts: counts[matrix.count + place]))
      texts[place] = Texts()
    }
    return contents
  }

  /// The reader, having read a row.
  func reader(at spot: CSVSpot) throws -> CSVReader {
    try start.file?.restore()
    var reader = start.moved(to: spot.start)
    _ = try reader.next()
    return reader
  }

  /// file:line:column of a cell.
  func place(of spot: CSVSpot, column: Int) throws -> String {
    let reader = try reader(at: spot)
    return reader.place(reader.cells[column])
  }

  /// What is wrong with a row.
  private func refusal(
    _ spot: CSVSpot, _ wanted: [CSVWanted], _ check: (CSVReader, Int) throws -> Void
  ) -> any Error {
    do {
      let reader = try reader(at: spot)
      guard reader.cells.count == width else {
        return DatasetError(
          .shape, at: reader.rowPlace, "the row does not fit the first", expected: "\(width) cells",
          found: "\(reader.cells.count)",
          remedy: reader.cells.count > width ? "put cells that hold the delimiter in quotes" : nil)
      }
      try check(reader, spot.row)
      for column in wanted where column.kind == .text { _ = try reader.text(reader.cells[column.column]) }
      return DatasetError(.unparsable, at: reader.rowPlace, "a cell of the row is not accepted")
    } catch {
      return error
    }
  }

  /// Numbers the texts of each column through these blocks and those before, in the order in which they come.
  private func join(
    _ results: [CSVPass.BlockResult], _ blocks: ArraySlice<CSVRowMap.Block>, _ texts: [Texts],
    _ storage: [Storage], first: Int
  ) {
    let (blocks, tables) = (Array(blocks), results.map(\.tables))
    ConcurrentLoop.run(storage.count, threads: threads) { place in
      guard storage[place].pointers.codes != nil else { return }
      let own = texts[place]
      for (block, tables) in zip(blocks, tables) {
        let numbers = tables[first + place].named.map { own.code($0) }
        storage[place].renumber(block.firstRow..<block.firstRow + block.rows, numbers)
      }
    }
    withExtendedLifetime(results) {}
  }

  /// Blocks that are read before their bytes are let go of.
  private var portion: Int { max(8, 2 * (threads ?? 8)) }
}

/// The different texts of a column.
private final class Texts: @unchecked Sendable {
  // Unchecked: one thread at a time uses it.
  private var table = CSVTextTable()
  private let arena = TextArena()

  /// The number of a text, which may be new.
  func code(_ entry: CSVTextTable.Entry) -> Int32 {
    table.code(entry.start, entry.count, entry.hash) ?? table.insert(copying: entry, into: arena)
  }

  var names: [String] { table.entries.map { String(decoding: $0.bytes, as: UTF8.self) } }
}

/// The cells of one column while they are read.
private final class Storage: @unchecked Sendable {
  // Unchecked: threads write to different rows.
  private let rows: Range<Int>
  private var doubles: UnsafeMutablePointer<Double>?
  private var codes: UnsafeMutablePointer<Int32>?

  init(_ wanted: CSVWanted, rows: Range<Int>) {
    self.rows = rows
    doubles = wanted.kind == .text ? nil : .allocate(capacity: rows.count)
    codes = wanted.kind == .text ? .allocate(capacity: rows.count) : nil
  }

  deinit { free() }

  private func free() {
    doubles?.deallocate()
    codes?.deallocate()
    (doubles, codes) = (nil, nil)
  }

  /// Its memory, as a number of floats.
  var floats: Int { doubles == nil ? rows.count : 2 * rows.count }

  /// Where row 0 of the file would stand.
  var pointers: (doubles: UnsafeMutablePointer<Double>?, codes: UnsafeMutablePointer<Int32>?) {
    (doubles.map { $0 - rows.lowerBound }, codes.map { $0 - rows.lowerBound })
  }

  func renumber(_ part: Range<Int>, _ numbers: [Int32]) {
    guard let codes = pointers.codes, !numbers.indices.allSatisfy({ numbers[$0] == $0 }) else { return }
    for row in part.clamped(to: rows) where codes[row] >= 0 { codes[row] = numbers[Int(codes[row])] }
  }

  /// To be called once: the memory is given back, so that not all columns are held twice.
  func take(_ texts: [String]) -> CSVCells.Values {
    defer { free() }
    if let doubles { return .numbers(Array(UnsafeBufferPointer(start: doubles, count: rows.count))) }
    return .texts(codes: Array(UnsafeBufferPointer(start: codes, count: rows.count)), values: texts)
  }
}
