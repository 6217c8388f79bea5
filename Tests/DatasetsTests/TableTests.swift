import Foundation
import HDF5Storage
import Testing

@testable import Datasets

/// Tables with columns of numbers and texts: what columns are, what is fitted to them, what becomes of rows.
@Suite struct TableTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  private func csv(
    _ text: String, _ columns: [DeclaredColumn] = [], targets: [String] = [], missing: [String]? = nil,
    header: Bool = true
  ) throws -> DataSource {
    let source = DataSource.csv(
      path: try bench.file("t.csv", text), targets: targets, header: header, delimiter: ",", rows: .all,
      missingValues: missing)
    return columns.isEmpty ? source : source.kind.declaring(columns) ?? source
  }

  private func table(
    _ text: String, _ columns: [DeclaredColumn] = [], targets: [String] = [], missing: [String]? = nil,
    options: ReadOptions = ReadOptions(), header: Bool = true
  ) throws -> Table {
    try #require(
      try csv(text, columns, targets: targets, missing: missing, header: header).rows(seed: 0, options: options).table)
  }

  private func encoding(_ table: Table, rows: [Int32]? = nil, scaling: ScalingMethod = .none) throws -> TableEncoding {
    try TableEncoding(
      fittedTo: table, rows: rows ?? (0..<Int32(table.count)).map { $0 }, scaling: scaling, targetNames: [])
  }

  private func failure(
    _ text: String, _ columns: [DeclaredColumn] = [], targets: [String] = [], missing: [String]? = nil
  ) throws -> String {
    let path = bench.path("t.csv")
    return datasetError {
      let table = try table(text, columns, targets: targets, missing: missing)
      _ = try TableEncoding(
        fittedTo: table, rows: (0..<Int32(table.count)).map { $0 }, scaling: .none, targetNames: targets)
    }?.description.replacing(path, with: "t.csv") ?? ""
  }

  /// Texts in the last row alone make a column a category; a table of numbers is none.
  @Test func kindsAreThoseOfTheWholeColumn() throws {
    let read = try csv("a,b\n1,2\n3,4\n", targets: ["b"]).rows(seed: 0)
    #expect(read.table == nil && read.samples.features == [1, 3])
    let mixed = try table("a,b,c\n1,2,x\n3,4,y\n5,six,y\n", targets: ["a"])
    #expect(mixed.columns.map(\.name) == ["b", "c"] && mixed.columns.allSatisfy { $0.cells == .texts })
    #expect(
      mixed.rows.warnings.contains {
        $0.contains("`b` is taken as categories, as 1 of 3 cells are no numbers, such as `six`")
      })
    #expect(try encoding(mixed).outputs == ["b = 2", "b = 4", "b = six", "c = x", "c = y"])
    #expect(try encoding(mixed).source(of: mixed).features == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1])
    let late = (0..<5000).map { "\($0),1" }.joined(separator: "\n")
    #expect(try failure("a,b\n\(late)\nx,1\n").contains("`a` has 5001 values in the training rows, too many"))
  }

  /// The training rows decide which categories there are, and whether something else has a number of its own.
  @Test func categories() throws {
    let text = "c\nb\na\nb\n\nNA\nrare\nunseen\nb\n"
      .replacing("c\nb", with: "c,x\nb").split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      .map { $0.isEmpty ? ",1" : "\($0),1" }
    let rows = (["c,x"] + text.dropLast()).joined(separator: "\n")
    func features(_ column: CategoryColumn, rows training: [Int32]) throws -> (TableEncoding, InMemorySource) {
      let table = try table(rows, [DeclaredColumn("c", column)], targets: ["x"])
      let encoding = try encoding(table, rows: training)
      return (encoding, try encoding.source(of: table))
    }
    // b a b - - rare unseen b
    let (plain, seen) = try features(CategoryColumn(), rows: [0, 1, 2])
    #expect(plain.outputs == ["c = a", "c = b"])
    #expect(seen.features == [0, 1, 1, 0, 0, 1] + [Float](repeating: 0, count: 8) + [0, 1])
    let (gaps, _) = try features(CategoryColumn(), rows: [0, 1, 3])
    #expect(gaps.outputs == ["c is something else", "c = a", "c = b"])
    let (asked, told) = try features(CategoryColumn(unseen: .column), rows: [0, 1])
    #expect(asked.outputs == gaps.outputs)
    #expect(told.features == [0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1])
    let (_, numbers) = try features(CategoryColumn(encoding: .index, minCount: 2), rows: [0, 1, 2, 3, 4, 5])
    #expect(numbers.schema.inputs == [.init("c", shape: [1], kind: .categories(count: 2))])
    #expect(numbers.inputs[0].floats == [1, 0, 1, 0, 0, 0, 0, 1])
  }

  /// Cells that mean nothing are the same for numbers and texts where they are given.
  @Test func missingValues() throws {
    let text = "n,c,y\n1,?,0\n-,a,1\n3,-,0\n"
    let known = try table(
      text, [DeclaredColumn("n", NumberColumn(missing: .mean, indicator: true))], targets: ["y"], missing: ["-"])
    let encoding = try encoding(known)
    #expect(encoding.outputs == ["n", "n is missing", "c is something else", "c = ?", "c = a"])
    #expect(try encoding.source(of: known).features == [1, 0, 0, 1, 0, 2, 1, 0, 0, 1, 3, 0, 1, 0, 0])
    for (missing, expected) in [(NumberColumn.Missing.median, Float(2)), (.constant(-7.5), -7.5)] {
      let table = try table(text, [DeclaredColumn("n", NumberColumn(missing: missing))], targets: ["y"], missing: ["-"])
      #expect(try self.encoding(table).source(of: table).features[4] == expected)
    }
    // Without a list a dash is a text.
    #expect(
      try failure(text, [DeclaredColumn("n", NumberColumn(missing: .mean))], targets: ["y"])
        .contains("t.csv:3:1: `n` is no number"))
  }

  @Test func gapsAreCountedAndRefused() throws {
    let message = try failure("n,c,y\n1,a,0\n,b,1\nNA,a,0\n", targets: ["y"])
    #expect(
      message.hasPrefix("t.csv:3:1: `n` is missing; expected a number in each row, found 2 of 3 rows without one; say ")
    )
    #expect(message.contains("columns: {n: {number: {missing: median, indicator: true}}}"))
    // Rows with gaps can be left out.
    let kept = try table("n,c,y\n1,a,0\n,b,1\n3,a,0\n", targets: ["y"], options: ReadOptions(nonFinite: .keep))
    #expect(kept.rows.finiteRows == [0, 2])
    #expect(
      try failure("n,c\n,a\nNA,b\n", [DeclaredColumn("n", NumberColumn(missing: .mean))])
        .contains("missing in all 2 training rows"))
  }

  @Test func wrongDeclarationsAreRefused() throws {
    let text = "a,b,y\n1,x,p\n2,z,q\n"
    for (columns, says) in [
      ([DeclaredColumn("bb", IgnoredColumn())], "data.columns: there is no column `bb`"),
      ([DeclaredColumn("y", CategoryColumn())], "the target `y` cannot be `category`"),
      ([DeclaredColumn("b", ClassColumn())], "`b` is `class`, but no target"),
      ([DeclaredColumn("b", NumberColumn())], "t.csv:2:3: `b` is no number"),
      ([DeclaredColumn("y", ClassColumn(order: ["p", "r"]))], "t.csv:3:5: class `q` is not among those of `order`"),
      ([DeclaredColumn("y", NumberColumn(scaling: .standard))], "the target is no number"),
      ([DeclaredColumn("y", NumberColumn(missing: .mean))], "nothing stands for a missing target"),
      ([DeclaredColumn("a", NumberColumn()), DeclaredColumn("1", IgnoredColumn())], "column 1 is declared twice"),
      ([DeclaredColumn("y", ClassColumn(order: ["p", "q", "p"]))], "a class stands twice in `order`"),
      ([DeclaredColumn("1", WeightColumn())], "weights are declared by name"),
    ] {
      let message = try failure(text, columns, targets: ["y"])
      #expect(message.contains(says), "\(message)")
    }
  }

  /// Names come first, also those that look like numbers; a column that is declared by its number is that one alone.
  @Test func namesAndNumbers() throws {
    let digits = try table(
      "2,x,t\n1,5,a\n3,9,b\n", [DeclaredColumn("2", NumberColumn(scaling: .minMax))], targets: ["t"])
    #expect(try encoding(digits).source(of: digits).features == [0, 5, 1, 9])
    let twice = try table(
      "a,a,b,t\n1,7,x,a\n2,8,y,b\n", [DeclaredColumn("2", IgnoredColumn()), DeclaredColumn("b", CategoryColumn())],
      targets: ["t"])
    #expect(try encoding(twice).outputs == ["a", "b = x", "b = y"])
    #expect(try encoding(twice).source(of: twice).features == [1, 1, 0, 2, 0, 1])
    let both = try table(
      "a,a.1,a,a,t\n1,2,3,4,x\n", [DeclaredColumn("a.3", NumberColumn())], targets: ["t"],
      options: ReadOptions(nonFinite: .keep))
    #expect(both.columns.map(\.name) == ["a", "a.1", "a.2", "a.3"])
    let asks = try failure("\"n, f\",t\n,x\n1,y\n", [DeclaredColumn("t", ClassColumn())], targets: ["t"])
    #expect(asks.contains("columns: {\"n, f\": {number:"))
  }

  /// A file without names has as many columns as the run, or is refused.
  @Test func widthsOfFilesWithoutNames() throws {
    let run = try table("1,a,2\n3,b,4\n", [DeclaredColumn("2", CategoryColumn())], header: false)
    let made = try encoding(run)
    var options = ReadOptions(featuresAlone: true, classNames: [], featureNames: made.names, featureCount: 3)
    options.table = made
    for text in ["1\n", "1,a\n", "1,a,2,3\n"] {
      let message = datasetError { _ = try table(text, [], options: options, header: false) }?.description ?? ""
      #expect(message.contains("expected 3 of them, 1, 2, 3, found"), "\(message)")
    }
    #expect(try made.source(of: table("1,b,2\n", [], options: options, header: false)).features == [1, 0, 1, 2])
  }

  /// A number that marks a missing value is that number however it is written.
  @Test func numbersThatAreMarks() throws {
    let read = try table(
      "n,c\n1,a\n-999,b\n-999.00,-999\n", [DeclaredColumn("n", NumberColumn(missing: .constant(5)))],
      missing: ["-999.0"])
    #expect(try encoding(read).source(of: read).features == [1, 0, 1, 0, 5, 0, 0, 1, 5, 1, 0, 0])
  }

  @Test func lostDigits() throws {
    let rows = (0..<9).map { "\(1_700_000_000 + $0),x,\(1_099_511_627_776 + $0)" }
    let text = (["time,c,y"] + rows).joined(separator: "\n")
    let plain = try table(text, targets: ["y"], options: ReadOptions(targets: .values))
    let made = try TableEncoding(fittedTo: plain, rows: (0..<9).map { $0 }, scaling: .none, targetNames: ["y"])
    #expect(made.warnings.count == 1 && made.warnings[0].contains("`time` loses digits in float32"))
    #expect(try made.source(of: plain).warnings == made.warnings)
    let scaled = try table(
      text, [DeclaredColumn("y", NumberColumn(scaling: .standard))], targets: ["y"],
      options: ReadOptions(targets: .values))
    let message = datasetError {
      _ = try TableEncoding(fittedTo: scaled, rows: (0..<9).map { $0 }, scaling: .standard, targetNames: ["y"])
    }?.description
    #expect(message?.contains("too far from 0 for its spread") == true)
  }

  @Test func classesInOrder() throws {
    func classes(_ text: String, _ column: ClassColumn) throws -> (TargetKind, [Float]) {
      let table = try table("x,y\n" + text, [DeclaredColumn("y", column)], targets: ["y"])
      return (table.rows.targetKind, table.rows.targets)
    }
    let given = try classes("1,no\n2,yes\n3,no\n", ClassColumn(order: ["yes", "no", "perhaps"]))
    #expect(given == (.classes(count: 3, names: ["yes", "no", "perhaps"]), [1, 0, 1]))
    let numbers = try classes("1,10\n2,9\n3,-1\n", ClassColumn())
    #expect(numbers == (.classes(count: 3, names: ["-1", "9", "10"]), [2, 1, 0]))
  }

  /// Against scikit-learn, fitted to the first 200 of 300 rows.
  @Test(arguments: ["normal", "heavy", "whole", "constant", "seconds", "gaps"], ["mean", "median"])
  func numbersAreScaledAsByScikitLearn(_ name: String, _ missing: String) throws {
    let group = try HDF5File(readingAt: repository("Tests/Fixtures/sklearn/columns.h5")).root.group(name)
    let values: [Double] = try group.dataset("values").read()
    let column = Table.Column(name: name, values: .numbers(values))
    for method in [NumberScaling.Method.standard, .minMax, .robust, .quantile] {
      // scikit-learn takes what is within 1e-7 of an end for the end, whatever the size of the numbers.
      if method == .quantile, name == "constant" || name == "seconds" { continue }
      let expected: [Double] = try group.dataset("\(missing)_\(method.rawValue)").read()
      let declared = NumberColumn(missing: missing == "mean" ? .mean : .median, scaling: method)
      let fitted = try #require(
        try declared.fitted(to: column, rows: (0..<200).map { $0 }, scaling: .none, at: "here"))
      var found = [Float](repeating: .nan, count: 300)
      fitted.encode(column, rows: nil, into: &found, stride: 1)
      // What is equal to several quantiles depends on how scikit-learn rounds these.
      let isTied = method == .quantile && missing == "mean"
      let difference =
        (0..<300).filter { !isTied || !values[$0].isNaN }
        .map { abs(Double(found[$0]) - expected[$0]) / max(1, abs(expected[$0])) }.max() ?? .nan
      #expect(difference < 1e-6, "\(name) \(missing) \(method): \(difference)")
    }
  }

  /// Names that HDF5 has other uses for, texts in any script: what a checkpoint holds is what was fitted.
  @Test func encodingsAreStored() throws {
    let names = ["a/b", ".", "..", "version", "%2F", "café", "cafe\u{301}", "names", "é\n"]
    let quoted = names.map { "\"\($0)\"" }.joined(separator: ",")
    let rows = (0..<6).map { row in
      (["", "\(row)", "x\(row % 2)", "ü", "\(row % 3)\"\"", "2"] + Array(repeating: "k\(row % 2)", count: 3))
        .map { "\"\($0)\"" }.joined(separator: ",") + ",\(row)"
    }
    let columns = [
      DeclaredColumn("a/b", CategoryColumn(unseen: .column)),
      DeclaredColumn(".", NumberColumn(missing: .constant(3), indicator: true, scaling: .quantile)),
      DeclaredColumn("..", CategoryColumn(encoding: .index, minCount: 4)),
      DeclaredColumn("café", NumberColumn(scaling: .robust)),
      DeclaredColumn("y", NumberColumn(scaling: .standard)),
    ]
    let table = try table(
      ([quoted + ",y"] + rows).joined(separator: "\n").replacing(",\"2\",", with: ",\"2\","),
      columns.filter { $0.name != "café" }, targets: ["y"], options: ReadOptions(targets: .values))
    let made = try TableEncoding(fittedTo: table, rows: [0, 1, 2, 3, 4], scaling: .minMax, targetNames: ["y"])
    #expect(made.names.isExactly(names) && made.targetScaling != nil)
    let path = bench.path("columns.h5")
    try HDF5File.publish(at: path) { try made.stored.write(to: $0.root) }
    let read = try #require(try TableEncoding(restoring: try HDF5File(readingAt: path).root.storedValues()))
    #expect(read == made)
    #expect(try read.source(of: table).fingerprint == made.source(of: table).fingerprint)
  }

  /// What rows outside of the training rows hold changes nothing that is fitted.
  @Test func fittingLooksAtTrainingRowsAlone() throws {
    let training = (0..<40).map { "\(Double($0) * 1.1),\($0 % 5 == 0 ? "" : "k\($0 % 4)"),\($0)" }
    let declared = [DeclaredColumn("a", NumberColumn(missing: .mean, scaling: .quantile))]
    func fitted(_ others: [String]) throws -> StoredValue {
      let table = try table((["a,b,y"] + training + others).joined(separator: "\n"), declared, targets: ["y"])
      return try TableEncoding(fittedTo: table, rows: (0..<40).map { $0 }, scaling: .standard, targetNames: ["y"])
        .stored
    }
    #expect(try fitted(["1e300,zzz,7", ",,8"]) == fitted(["-4,k0,9"]))
  }
}
