import Datasets
import Foundation
import Testing

/// Cells of a CSV file are read right, or refused with their place.
@Suite struct CSVCellTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  private func read(_ text: String, _ role: TargetRole? = nil, _ policy: NonFinitePolicy = .refuse) throws
    -> InMemorySource
  {
    let path = try bench.file("t.csv", text)
    return try CSVSource(path: path, targets: [.name("y")]).load(ReadOptions(nonFinite: policy, targets: role))
  }

  private func failure(_ text: String, _ role: TargetRole? = nil) -> String {
    let error = datasetError { _ = try read(text, role) }
    return error?.description.replacing(bench.path("t.csv"), with: "t.csv") ?? ""
  }

  @Test(arguments: [
    ("\"0,5\"", "a decimal point"), ("$5", "without a unit"), ("1 000", "without gaps"), ("\u{2212}5", "as `-`"),
    ("\"1,234.5\"", "without commas"), ("5%", "without a unit"), ("yes", "write a number"), ("1'000", "without gaps"),
  ])
  func textUnderALossForValuesIsRefused(_ cell: String, _ remedy: String) {
    // Wherever it stands.
    for (text, line) in [("a,y\n1,\(cell)\n2,2.5\n", 2), ("a,y\n1,2\n2,2.5\n3,\(cell)\n", 4)] {
      let message = failure(text, .values)
      #expect(message.hasPrefix("t.csv:\(line):\(cell.hasPrefix("\"") ? 4 : 3): the target is no number"), "\(message)")
      #expect(message.contains(remedy) && message.contains("need a loss for classes"), "\(message)")
    }
  }

  @Test func oneRuleForAllCellsOfAColumn() throws {
    let names = ["1", "NA", "yes"]
    // In every order: two numbers and a word for nothing beside a text are names.
    for order in [
      ["1", "NA", "yes"], ["yes", "NA", "1"], ["NA", "yes", "1"], ["NA", "1", "yes"], ["1", "yes", "NA"],
    ] {
      let source = try read("a,y\n" + order.map { "0.5,\($0)\n" }.joined())
      #expect(source.targetKind == .classes(count: 3, names: names))
      #expect(source.targets == order.map { Float(names.firstIndex(of: $0) ?? -1) })
      #expect(source.warnings.contains { $0.contains("`NA` is a class here") })
    }
    // An empty cell is a gap in any column, a word for nothing in a column of numbers.
    for text in ["a,y\n1,\n2,yes\n", "a,y\n1,yes\n2,\n", "a,y\n1,yes\n2, \n", "a,y\n1,NA\n2,3\n", "a,y\n1,3\n2,NA\n"] {
      #expect(failure(text).contains("no finite number"), "\(text)")
      #expect(try read(text, nil, .keep).targets.count { $0.isNaN } == 1)
    }
    // A gap makes no values of whole numbers.
    #expect(try read("a,y\n1,\n2,0\n3,2\n", nil, .keep).targetKind == .classes(count: 3, names: []))
    let wide = try read("a,y\n1,7\n2,x\n")
    #expect(wide.targets == [0, 1] && wide.warnings.contains { $0.contains("numbers and text") })
    #expect(try read("a,y\n1,1e999\n2,x\n").targetKind == .classes(count: 2, names: ["1e999", "x"]))
  }

  @Test func spellingsStayApart() throws {
    let source = try read("a,y\n1,caf\u{E9}\n2,cafe\u{301}\n3,caf\u{E9}\n")
    #expect(source.targetKind == .classes(count: 2, names: ["cafe\u{301}", "caf\u{E9}"]))
    #expect(source.targets == [1, 0, 1])
    #expect(try DatasetDescription(of: source).lookAlikes == [[0, 1]])
    #expect(try DatasetDescription(of: read("a,y\n1,b\n2,B \n3,c\n")).lookAlikes == [[0, 1]])
    #expect(try read("\u{E9},e\u{301},y\n1,2,3\n").featureNames.count == 2)
  }

  @Test func bytesThatAreNoUTF8AreRefused() throws {
    func failure(_ bytes: [UInt8]) throws -> String {
      let path = bench.path("b.csv")
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let error = datasetError { _ = try CSVSource(path: path, targets: [.name("y")]).load() }
      return error?.description.replacing(path, with: "b.csv") ?? ""
    }
    let latin = try failure(Array("a,y\n1,ok\n2,caf".utf8) + [0xE9] + Array("\n".utf8))
    #expect(latin.hasPrefix("b.csv:3:3: the text is no UTF-8; found bytes 0xE9") && latin.contains("WINDOWS-1252"))
    #expect(try failure([0xFC] + Array(",y\n1,2\n".utf8)).hasPrefix("b.csv:1:1: the text is no UTF-8"))
    #expect(try failure(Array("a,y\n1,2\n".utf8) + [0xC3, 0x28] + Array(",3\n".utf8)).hasPrefix("b.csv:3:1: "))
    #expect(try failure(Array("a,y\n1,x\u{0}z\n".utf8)).contains("b.csv:2: a zero byte"))
    let wide = "a,y\n1,2\n".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(try failure(wide).contains("UTF-16 without a mark"))
    #expect(try failure([0xFF, 0xFE] + wide).contains("this is UTF-16"))
    #expect(try failure(Array("PAR1....".utf8)).contains("Parquet"))
    #expect(try failure([0x50, 0x4B, 3, 4]).contains("xlsx"))
    #expect(try failure(Array(Data(contentsOf: URL(fileURLWithPath: fixture("chunked.h5"))))).contains("HDF5"))
    // What is quoted cannot command a terminal.
    let escape = try failure(Array("a,y\n\u{1B}[31m1,2\n".utf8))
    #expect(escape.contains("`\\u{1B}[31m1`"), "\(escape)")
  }

  @Test func aHeadingOfNumbersIsTold() throws {
    func warnings(_ heading: String) throws -> [String] {
      let width = heading.split(separator: ",").count
      let path = try bench.file(
        "h.csv", heading + "\n" + Array(repeating: "1.5", count: width).joined(separator: ",") + "\n")
      return try CSVSource(path: path, targets: []).load().warnings
    }
    for heading in ["6,148,72,1", "5.1,3.5,1.4,0.2,setosa", "0.5,1", "-1,2,3", "1990,1991,1992", "6,NA,72"] {
      #expect(try warnings(heading).first?.contains("header: false") == true, "\(heading)")
    }
    for heading in ["a,b,y", "country,1990,1991,1992", "0,1,2,3", "x1,x2", "id,400.5,401,401.5,name"] {
      #expect(try warnings(heading).isEmpty, "\(heading)")
    }
  }

  @Test func gzipIsRead() throws {
    let packed: [UInt8] =
      [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 12, 0, 0xF3, 0xFF,
      ] + Array("a,y\n1,2\n3,4\n".utf8) + [0xFA, 0x93, 0x98, 0x11, 12, 0, 0, 0]
    let path = bench.path("t.csv.gz")
    try Data(packed).write(to: URL(fileURLWithPath: path))
    let source = try CSVSource(path: path, targets: [.name("y")]).load()
    #expect(source.features == [1, 3] && source.targets == [2, 4])
    try Data(packed.dropLast(5)).write(to: URL(fileURLWithPath: path))
    #expect(datasetError { _ = try CSVSource(path: path, targets: []).load() }?.issue == .damagedFile)
  }
}
