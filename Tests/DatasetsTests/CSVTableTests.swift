import Foundation
import Testing

@testable import Datasets

/// The reading by blocks against the one row by row, on files that a generator makes of everything that is awkward.
@Suite struct CSVTableTests {
  /// What one row after another says of a column.
  private struct Expected: Equatable {
    var numbers: [UInt64] = []
    var texts: [String?] = []
    var gaps = 0
    var firstGap: String?
    var texted = 0
    var firstText: String?
    var areIntegers = true
  }

  private enum Outcome: Equatable {
    case columns([Expected])
    case error(String)
  }

  private static let usualTexts: Set<String> = ["", "NA", "N/A", "NaN", "nan", "null", "None", "?"]

  /// Columns of even numbers are read as numbers, others as texts.
  private func slow(_ start: CSVReader, _ width: Int) -> Outcome {
    var columns = [Expected](repeating: Expected(), count: width)
    var reader = start
    do {
      while try reader.next() {
        guard reader.cells.count == width else { return .error("\(reader.rowPlace): \(reader.cells.count) cells") }
        for (place, cell) in reader.cells.enumerated() {
          var isGap = false
          if place % 2 == 0 {
            switch reader.number(cell) {
            case .number(let value, let isInteger):
              columns[place].numbers.append(value.bitPattern)
              columns[place].areIntegers = columns[place].areIntegers && isInteger
            case .missing:
              columns[place].numbers.append(Double.nan.bitPattern)
              isGap = true
            case .text:
              columns[place].numbers.append(Double.nan.bitPattern)
              columns[place].texted += 1
              columns[place].firstText = columns[place].firstText ?? reader.place(cell)
            }
          } else {
            let text = try reader.text(cell)
            isGap = reader.isBlank(cell) || CSVTableTests.usualTexts.contains(text)
            columns[place].texts.append(isGap ? nil : text)
          }
          if isGap {
            columns[place].gaps += 1
            columns[place].firstGap = columns[place].firstGap ?? reader.place(cell)
          }
        }
      }
    } catch {
      return .error("\(error)")
    }
    return .columns(columns)
  }

  private func quick(_ start: CSVReader, _ width: Int, blockBytes: Int, threads: Int) -> Outcome {
    do {
      let table = CSVTable(start, width: width, blockBytes: blockBytes, threads: threads)
      let wanted = (0..<width).map { CSVWanted($0, $0 % 2 == 0 ? .number : .text) }
      let columns = try table.read(columns: wanted, rows: .all).columns
      return .columns(
        try columns.enumerated().map { place, cells in
          var found = Expected()
          found.numbers = cells.numbers.map(\.bitPattern)
          found.texts = cells.codes.map { $0 < 0 ? nil : cells.texts[Int($0)] }
          // In the order of appearance, each once.
          var known: [ExactText] = []
          for text in found.texts.compactMap({ $0.map { ExactText($0) } }) where !known.contains(text) {
            known.append(text)
          }
          #expect(known.map(\.text).isExactly(cells.texts))
          found.gaps = cells.counts.gaps
          found.firstGap = try cells.counts.firstGap.map { try table.place(of: $0, column: place) }
          found.texted = cells.counts.texts
          found.firstText = try cells.counts.firstText.map { try table.place(of: $0, column: place) }
          found.areIntegers = cells.counts.areIntegers
          return found
        })
    } catch let error as DatasetError where error.issue == .shape {
      return .error("\(error.place): \(error.found ?? "") cells")
    } catch {
      return .error("\(error)")
    }
  }

  private static let cells = [
    "1", "-2.5", "+3", "1e5", "0.1234567890123456789", "12345678901234567890", " 7 ", "NA", "", "  ", "nan", "inf", "?",
    "red", "red", "blue", "a b", "\"1.5\"", "\"x,y\"", "\"two\nlines\"", "\"say \"\"no\"\"\"", "\"say \"\"no\"\"\"",
    "say \"no\"", "\"\"", "\"\r\n\"", "caf\u{E9}", "cafe\u{301}", "5\"", "9007199254740993", "\"\"\"\"", "1.5e", "None",
    "a long text of more than eight bytes", "123456789.123456789", "-",
  ]

  private func file(_ draw: inout SplitMix) -> (bytes: [UInt8], width: Int) {
    let width = 1 + draw.below(4)
    let isOdd = draw.below(4) == 0
    let plain = draw.below(3) == 0
    let ends = draw.below(2) == 0 ? ["\n"] : ["\n", "\r\n", "\r", "\n\n", "\r\r\n"]
    var text = draw.below(4) == 0 ? "\u{FEFF}" : ""
    let rows = draw.below(30)
    for row in 0..<rows {
      let cells = isOdd && draw.below(15) == 0 ? 1 + draw.below(5) : width
      text += (0..<cells).map { _ in
        let cell = CSVTableTests.cells[draw.below(CSVTableTests.cells.count)]
        return plain && cell.contains("\"") ? "4.25" : cell
      }.joined(separator: ",")
      if row + 1 < rows || draw.below(2) == 0 { text += ends[draw.below(ends.count)] }
    }
    var bytes = Array(text.utf8)
    if isOdd, !bytes.isEmpty, draw.below(2) == 0 {
      let wrong: [[UInt8]] = [Array("\"".utf8), [0xE9], Array("\"x".utf8), Array("\n\"".utf8)]
      bytes.insert(contentsOf: wrong[draw.below(wrong.count)], at: draw.below(bytes.count))
    }
    return (bytes, width)
  }

  @Test func blocksSayWhatRowsSay() {
    var draw = SplitMix(7)
    var errors = 0
    for _ in 0..<600 {
      let (bytes, width) = file(&draw)
      bytes.withUnsafeBufferPointer { bytes in
        let start = CSVReader(bytes, path: "t.csv", delimiter: UInt8(ascii: ","))
        let expected = slow(start, width)
        if case .error = expected { errors += 1 }
        for (blockBytes, threads) in [(1, 1), (7, 3), (23, 2), (1 << 20, 2)] {
          let found = quick(start, width, blockBytes: blockBytes, threads: threads)
          #expect(
            found == expected, "blocks of \(blockBytes): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
      }
    }
    #expect(errors > 30 && errors < 300)
  }

  /// Long enough that the loops over many bytes at once are used.
  @Test func longLinesAndManyRows() {
    for ends in ["\n", "\r\n", "\r"] {
      var text = ""
      for row in 0..<4000 {
        text += "\(row),\(row % 3 == 0 ? "\"a\(ends)b\"" : "name \(row % 11)"),\(Double(row) / 7)\(ends)"
      }
      for text in [text, text.replacing("\"", with: "").replacing("a\(ends)b", with: "ab")] {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
          let start = CSVReader(bytes, path: "t.csv", delimiter: UInt8(ascii: ","))
          let expected = slow(start, 3)
          for blockBytes in [1000, 10_007, 1 << 20] {
            #expect(quick(start, 3, blockBytes: blockBytes, threads: 2) == expected)
          }
        }
      }
    }
  }

  private func columns(
    _ text: String, _ wanted: [CSVWanted], rows: RowRange = .all, blockBytes: Int = 5
  ) throws -> [CSVCells] {
    try Array(text.utf8).withUnsafeBufferPointer { bytes in
      let start = CSVReader(bytes, path: "t.csv", delimiter: UInt8(ascii: ","))
      return try CSVTable(start, width: 2, blockBytes: blockBytes, threads: 2).columns(wanted, rows: rows)
    }
  }

  @Test func theWholeColumnDecidesWhatItIs() throws {
    let text = "1,1\n2,NA\n3,x\n4,2.5\n,NA\n"
    let both = [CSVWanted(0, .any), CSVWanted(1, .any)]
    let read = try columns(text, both)
    #expect(read[0].numbers.prefix(4) == [1, 2, 3, 4] && read[0].numbers[4].isNaN)
    #expect(read[0].counts.gaps == 1 && read[0].counts.firstGap?.row == 4 && read[0].counts.areIntegers)
    #expect(read[1].codes == [0, -1, 1, 2, -1] && read[1].texts == ["1", "x", "2.5"])
    #expect(read[1].counts.texts == 1 && read[1].counts.firstText?.row == 2 && read[1].counts.gaps == 2)
    // Rows that are not asked for do not count.
    let part = try columns(text, both, rows: RowRange(from: 3))
    #expect(part[1].numbers[0] == 2.5 && part[1].counts.gaps == 1 && part[1].counts.firstGap?.row == 4)
    #expect(datasetError { _ = try columns(text, both, rows: RowRange(from: 3, to: 9)) }?.issue == .arguments)
  }

  @Test func marksOfMissingValues() throws {
    var wanted = [CSVWanted(0, .any), CSVWanted(1, .text)]
    for place in wanted.indices { wanted[place].missing = CSVMissing(["-9", "a\"b"]) }
    let read = try columns("1,NA\n-9,a\"b\n\"-9\",\"a\"\"b\"\n -9,x\n,-9\n-9.0,\n", wanted)
    #expect(read[0].numbers.map { $0.isNaN } == [false, true, true, true, true, true])
    #expect(read[1].codes == [0, -1, -1, 1, -1, -1] && read[1].texts == ["NA", "x"])
    // A word for nothing that is no mark is a text.
    #expect(try columns("1,NA\nnan,x\n", wanted)[0].texts == ["1", "nan"])
  }

  @Test func matrixOfFloats() throws {
    let text = "1,0.5\n16777217,2\n3,x\n"
    try Array(text.utf8).withUnsafeBufferPointer { bytes in
      let start = CSVReader(bytes, path: "t.csv", delimiter: UInt8(ascii: ","))
      let table = CSVTable(start, width: 2, blockBytes: 3, threads: 2)
      let wanted = [CSVWanted(1, .number), CSVWanted(0, .number)]
      let read = try table.read(matrix: wanted, columns: [], rows: RowRange(to: 2))
      #expect(read.matrix == [0.5, 1, 2, 16_777_216] && read.areExact == [true, false])
      var strict = wanted
      strict[0].accepted = []
      // The first row with a cell that is not accepted, whatever block is read first.
      let error = datasetError {
        _ = try table.read(matrix: strict, columns: [], rows: .all) { reader, row in
          throw DatasetError(.unparsable, at: reader.place(reader.cells[1]), "row \(row)")
        }
      }
      #expect(error?.description == "t.csv:3:3: row 2")
    }
  }

  /// Bytes of a large file are let go of as they are read, and read again where they are needed.
  @Test func bytesAreLetGoOf() throws {
    let bench = try Workbench()
    let rows = (0..<20_000).map {
      "\($0),t\($0 % 7),\($0 == 19_000 ? "late" : "\($0 % 3)"),\($0 == 18_000 ? "" : "1")\n"
    }
    let path = try bench.file("t.csv", rows.joined())
    func table(_ file: LargeFile?, _ bytes: UnsafeBufferPointer<UInt8>) -> CSVTable {
      let reader = CSVReader(bytes, file: file, path: "t.csv", delimiter: UInt8(ascii: ","))
      return CSVTable(reader, width: 4, blockBytes: 9000, threads: 2)
    }
    let wanted = [CSVWanted(0, .number), CSVWanted(1, .text), CSVWanted(2, .any), CSVWanted(3, .number)]
    let file = try #require(try LargeFile(path, smallest: 1))
    let held = table(file, file.bytes.bindMemory(to: UInt8.self))
    let plain = Array(rows.joined().utf8)
    try plain.withUnsafeBufferPointer { bytes in
      let expected = try table(nil, bytes).columns(wanted)
      for _ in 0..<2 {
        for (found, own) in zip(try held.columns(wanted), expected) {
          #expect(found.codes == own.codes && found.texts == own.texts)
          #expect(found.numbers.map(\.bitPattern) == own.numbers.map(\.bitPattern))
        }
      }
    }
    // Of the first pass nothing is left but the pages that blocks share.
    _ = try held.read(columns: [wanted[0]], rows: .all)
    #expect(file.bytes.count { $0 == 0 } > plain.count / 2)
    let gap = try #require(try held.columns([wanted[3]])[0].counts.firstGap)
    #expect(try held.place(of: gap, column: 3).hasPrefix("t.csv:18001:"))
    #expect(file.bytes.elementsEqual(plain))
    _ = try held.read(columns: [wanted[0]], rows: .all)
    try (rows.joined() + "1,2,3,4\n").write(toFile: path, atomically: false, encoding: .utf8)
    #expect(
      datasetError { _ = try held.columns(wanted) }?.description.contains("has changed while it was read") == true)
  }
}

@Suite struct DecimalRoundingTests {
  /// Numbers of all shapes, read where they stand and as cells, against the C library.
  @Test func numbersAreRoundedToTheNearest() {
    var draw = SplitMix(3)
    var quick = 0
    let count = 100_000
    for _ in 0..<count {
      let text = DecimalRoundingTests.text(&draw)
      let expected = strtod(text, nil)
      let bytes = Array(text.utf8) + [10]
      bytes.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        let cutter = CSVCutter(base, end: bytes.count, delimiter: UInt8(ascii: ","), decimal: UInt8(ascii: "."))
        var (position, isInteger) = (0, false)
        let value = cutter.number(&position, isInteger: &isInteger)
        if !value.isNaN {
          quick += 1
          if value.bitPattern != expected.bitPattern || position != bytes.count - 1
            || isInteger != text.allSatisfy({ !".eE".contains($0) })
          {
            Issue.record("\(text): \(value), not \(expected)")
          }
        } else if position != 0 {
          Issue.record("\(text): a step without a number")
        }
        if case .number(let value, _) = CSVNumber(bytes, 0..<bytes.count - 1), value.bitPattern == expected.bitPattern {
          return
        }
        Issue.record("\(text): no cell of \(expected)")
      }
    }
    #expect(quick > count * 7 / 10)
  }

  /// Halves between two neighbours, and what is next to them.
  @Test func ties() {
    for text in [
      "9007199254740993", "9007199254740992.5", "9007199254740994.999", "1.00000000000000011102230246251565",
      "0.5000000000000000555", "4503599627370497.5", "4503599627370496.5", "4503599627370498.5", "18014398509481988e3",
      "1090544144181609348671888949248", "7205759403792793e1", "8.5e22", "1e23", "9.5e-23", "89255e-22",
    ] {
      let bytes = Array(text.utf8)
      bytes.withUnsafeBufferPointer {
        if case .number(let value, _) = CSVNumber($0, 0..<$0.count) {
          #expect(value == strtod(text, nil), "\(text)")
        } else {
          Issue.record("\(text) is no number")
        }
      }
    }
  }

  private static func text(_ draw: inout SplitMix) -> String {
    func digits(_ most: Int) -> String { (0..<draw.below(most + 1)).map { _ in "\(draw.below(10))" }.joined() }
    let sign = ["", "", "-", "+"][draw.below(4)]
    switch draw.below(6) {
    case 0: return sign + "\(draw.below(10))" + digits(18)
    case 1: return sign + digits(8) + "." + "\(draw.below(10))" + digits(17)
    case 2: return sign + "0." + String(repeating: "0", count: draw.below(12)) + "1" + digits(17)
    case 3: return "\(Double(bitPattern: UInt64(draw.below(2046) + 1) << 52 | draw.next() >> 12))"
    case 4:
      return sign + "\(draw.below(10))." + digits(16) + (draw.below(2) == 0 ? "e" : "E") + "\(draw.below(120) - 60)"
    default: return sign + "\(draw.below(10))" + digits(30) + "." + digits(10)
    }
  }
}

/// Sebastiano Vigna's splitmix64.
private struct SplitMix {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
