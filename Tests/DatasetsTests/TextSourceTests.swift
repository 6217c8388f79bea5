import Datasets
import Foundation
import Kernels
import Testing

@Suite struct TextSourceTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  func table(
    _ paths: [String], _ length: Int, stride: Int? = nil, _ tokens: TextTokens = .characters,
    _ options: ReadOptions = ReadOptions()
  ) throws -> SequenceTable {
    let source = DataSource(TextSource(paths: paths, sequenceLength: length, stride: stride, tokens: tokens))
    return try #require(try source.kind.sequences(seed: 0, options: options))
  }

  @Test func charactersAreCodePointsInAscendingOrder() throws {
    // As Python's sorted(set(text)): "\n", "a", "b", "é", and "e" with an accent of its own, U+0301.
    let path = try bench.file("t.txt", "ba\u{E9}e\u{301}\nab")
    let source = try table([path], 3, stride: 1).source()
    guard case .classes(let count, let names) = source.targetKind else { Issue.record("no classes"); return }
    #expect(count == 6)
    #expect(names.map { Array($0.unicodeScalars.map(\.value)) } == [[0x0A], [0x61], [0x62], [0x65], [0xE9], [0x301]])
    #expect(source.schema.inputs[0].kind == .tokens(count: 6) && source.schema.inputs[0].shape == [3])
    // b a é e ́ \n a b: 2 1 4 3 5 0 1 2
    #expect(source.count == 5)
    let rows = source.gathered([0, 4, 1])
    #expect(rows.features == [2, 1, 4, 5, 0, 1, 1, 4, 3])
    #expect(rows.targets == [1, 4, 3, 0, 1, 2, 4, 3, 5])
  }

  @Test func targetsAreTheInputsATokenLater() throws {
    let path = try bench.file("t.txt", "abcdefghij")
    let source = try table([path], 4, .bytes).source()
    // Windows at 0 and 4; the one at 8 would need 13 bytes.
    #expect(source.count == 2)
    let rows = source.gathered([0, 1])
    #expect(rows.features == "abcdefgh".utf8.map { Float($0) })
    #expect(rows.targets == "bcdefghi".utf8.map { Float($0) })
    #expect(source.targetKind == .classes(count: 256, names: []))
    #expect(source.range(ofInput: 0) == 0...255)
  }

  @Test func bordersOfWindows() throws {
    func count(_ text: String, _ length: Int, _ stride: Int? = nil) throws -> Int? {
      let path = try bench.file("n.txt", text)
      return try? table([path], length, stride: stride, .bytes).source().count
    }
    #expect(try count("abcde", 4) == 1)
    #expect(try count("abcd", 4) == nil)
    #expect(try count("abcdefgh", 4) == 1)
    #expect(try count("abcdefghi", 4) == 2)
    #expect(try count("abcdefghi", 4, 1) == 5)
    // A stride larger than the length: windows at 0 and 6.
    #expect(try count("abcdefghijk", 4, 6) == 2)
    let path = try bench.file("n.txt", "abcdefghijk")
    #expect(try table([path], 4, stride: 6, .bytes).source().gathered([1]).features == "ghij".utf8.map { Float($0) })
    let error = try #require(datasetError { _ = try table([bench.file("s.txt", "abc")], 4, .bytes).source() })
    #expect(
      error.description.hasSuffix(
        "s.txt: no window fits into the text; expected at least 5 bytes (4 and 1 ahead), found 3 in the longest; take shorter windows, or more data"
      ))
  }

  @Test func noWindowCrossesFromFileToFile() throws {
    let paths = [try bench.file("a.txt", "aaaaaa"), try bench.file("b.txt", "bb"), try bench.file("c.txt", "cccc")]
    let source = try table(paths, 3, stride: 1).source()
    // 3 windows of six, none of two, 1 of four.
    #expect(source.count == 4)
    let rows = source.gathered([0, 1, 2, 3])
    #expect(rows.features == [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2])
    #expect(rows.targets == rows.features)
    #expect(source.warnings.count == 1)
    #expect(source.warnings[0].contains("1 of 3 files are shorter than a window (4 characters)"))
  }

  @Test func aFolderIsItsFilesByName() throws {
    let folder = bench.path("texts")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, text) in [("b.txt", "bbbb"), ("a.md", "aaaa"), (".hidden", "zzzz")] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    let source = try table([folder], 3).source()
    #expect(source.gathered([0, 1]).features == [0, 0, 0, 1, 1, 1])
    try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
    #expect(datasetError { _ = try table([folder], 3) }?.issue == .shape)
    #expect(datasetError { _ = try table([folder + "/a.md", folder + "/a.md"], 3) }?.issue == .arguments)
    #expect(datasetError { _ = try table([bench.path("no.txt")], 3) }?.kind == .missingInput)
    #expect(datasetError { _ = try table([bench.path("no.txt")], 3, .bytes) }?.kind == .missingInput)
  }

  @Test func theLastPartIsHeldBackAndNoWindowCrossesTheBorder() throws {
    let text = (0..<100).map { String(UnicodeScalar(UInt8($0 + 20))) }.joined()
    let path = try bench.file("t.txt", text)
    let (first, last) = try table([path], 4, stride: 1, .bytes).split(last: 0.1)
    let (train, held) = (try first.source(), try last.source())
    // 90 and 10 tokens: 86 and 6 windows.
    #expect(train.count == 86 && held.count == 6)
    #expect(train.gathered([85]).targets == [86, 87, 88, 89].map { Float($0 + 20) })
    #expect(held.gathered([0]).features == [90, 91, 92, 93].map { Float($0 + 20) })
    #expect(train.fingerprint != held.fingerprint)
    // As nanoGPT cuts: int(n * 0.9) tokens come first.
    #expect(Int(1_115_394.0 * (1 - 0.1)) == 1_003_854)
    // Of each file.
    let other = try bench.file("u.txt", String(repeating: "x", count: 50))
    let both = try table([path, other], 4, .bytes).split(last: 0.1)
    #expect(both.first.streams.map(\.positions) == [0..<90, 100..<145])
    #expect(both.last.streams.map(\.positions) == [90..<100, 145..<150])
    let error = try #require(
      datasetError { _ = try table([other], 8, .bytes).split(last: 0.1).last.source() })
    #expect(error.description.contains("held back for validation") && error.issue == .noRows)
    #expect(datasetError { _ = try table([other], 8, .bytes).split(last: 1) }?.issue == .arguments)
  }

  @Test func lineEndsStayAsTheyAre() throws {
    let path = try bench.file("t.txt", "a\r\nb\r\n")
    let source = try table([path], 5).source()
    #expect(source.gathered([0]).features == [2, 1, 0, 3, 1])
    #expect(source.gathered([0]).targets == [1, 0, 3, 1, 0])
  }

  @Test func emptyFilesAndBytesThatAreNoText() throws {
    #expect(datasetError { _ = try table([bench.file("e.txt", "")], 3) }?.issue == .noRows)
    #expect(datasetError { _ = try table([bench.file("e.txt", "")], 3, .bytes) }?.issue == .noRows)
    for (bytes, offset) in [
      ([0x61, 0xE9, 0x62], 1), ([0x61, 0x62, 0xC3], 2), ([0xED, 0xA0, 0x80], 0), ([0xC0, 0xAF], 0), ([0x80], 0),
      ([0xF4, 0x90, 0x80, 0x80], 0), ([0xE0, 0x80, 0x80], 0), ([0xC3, 0xA9, 0xFF], 2),
    ] as [([UInt8], Int)] {
      try Data(bytes).write(to: URL(fileURLWithPath: bench.path("x.txt")))
      let error = try #require(datasetError { _ = try table([bench.path("x.txt")], 1) })
      #expect(error.description.contains("x.txt: byte \(offset): this is no text in UTF-8"), "\(bytes)")
      #expect(error.issue == .damagedFile)
      #expect(try bytes.count < 2 || table([bench.path("x.txt")], 1, .bytes).source().count == bytes.count - 1)
    }
    let zero = try bench.file("z.txt", "ab\u{0}")
    #expect(datasetError { _ = try table([zero], 1) }?.description.contains("z.txt:1:3 (byte 2): a zero byte") ?? false)
    #expect(try table([zero], 1, .bytes).source().gathered([1]).targets == [0])
  }

  @Test func everyScalarIsReadAsSwiftReadsIt() throws {
    let scalars = Array(1..<0xD800) + Array(0xE000..<0x11_0000)
    let text = String(String.UnicodeScalarView(scalars.compactMap { Unicode.Scalar(UInt32($0)) }))
    let path = try bench.file("all.txt", text)
    let source = try table([path], scalars.count - 1).source()
    #expect(source.targetKind == .classes(count: scalars.count, names: text.unicodeScalars.map { String($0) }))
    let rows = source.gathered([0])
    #expect(rows.features == (0..<scalars.count - 1).map { Float($0) })
    #expect(rows.targets == (1..<scalars.count).map { Float($0) })
  }

  @Test func otherTextsAreReadByTheRunsVocabulary() throws {
    let names = ["\n", "a", "b", "c"]
    let path = try bench.file("n.txt", "cab\nc")
    let source = try table([path], 4, .characters, ReadOptions(classNames: names)).source()
    #expect(source.gathered([0]).features == [3, 1, 2, 0] && source.gathered([0]).targets == [1, 2, 0, 3])
    #expect(source.targetKind == .classes(count: 4, names: names))
    let bad = try bench.file("b.txt", "abc\nca\u{E9}b")
    let error = try #require(datasetError { _ = try table([bad], 2, .characters, ReadOptions(classNames: names)) })
    #expect(error.description.contains("b.txt:2:3 (byte 6): the character `\u{E9}` (U+00E9) is none"))
    #expect(error.issue == .labels)
    #expect(
      datasetError { _ = try table([path], 2, .characters, ReadOptions(classNames: ["cat", "dog"])) }?.issue == .labels)
    // Features alone need no token after the window.
    let alone = try table([path], 5, .characters, ReadOptions(featuresAlone: true, classNames: names)).source()
    #expect(alone.count == 1 && alone.targetColumns == 0)
  }

  @Test func writtenOutWindowsAreTheSame() throws {
    let path = try bench.file("t.txt", "hello, world")
    let source = try table([path], 4, stride: 3).source()
    let made = try source.writtenOut()
    let rows = (0..<Int32(source.count)).map { $0 }
    #expect(made.schema == source.schema && made.count == 3)
    #expect(made.gathered(rows).features == source.gathered(rows).features)
    #expect(made.gathered(rows).targets == source.gathered(rows).targets)
  }

  @Test func vocabularies() throws {
    let vocabulary = try #require(Vocabulary(names: ["a", "b", "\u{E9}"]))
    #expect(try vocabulary.tokens(of: "b\u{E9}a", at: "--prompt") == [1, 2, 0])
    #expect(vocabulary.bytes(of: 2) == [0xC3, 0xA9] && vocabulary.count == 3)
    #expect(try Vocabulary.bytes.tokens(of: "\u{E9}", at: "--prompt") == [0xC3, 0xA9])
    #expect(Vocabulary.bytes.bytes(of: 200) == [200])
    #expect(Vocabulary(names: ["b", "a"]) == nil && Vocabulary(names: ["ab"]) == nil)
    #expect(Vocabulary(names: []) == .bytes)
  }
}
