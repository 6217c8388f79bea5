import Datasets
import Testing

@Suite struct CSVSourceTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  func source(_ text: String, _ targets: [CSVColumn], header: Bool = true, delimiter: Character = ",") throws
    -> CSVSource
  {
    CSVSource(path: try bench.file("t.csv", text), targets: targets, header: header, delimiter: delimiter)
  }

  /// The error of reading this text, without the path in front.
  func failure(_ text: String, _ targets: [CSVColumn], header: Bool = true) throws -> String? {
    let source = try source(text, targets, header: header)
    return datasetError { _ = try source.load() }?.description.replacing(source.path, with: "t.csv")
  }

  @Test func numbersAndClasses() throws {
    let read = try source("a,b,label\n1,2.5,0\n-3,4e-2,2\n", [.name("label")]).load()
    #expect(read.features == [1, 2.5, -3, 0.04] && read.sampleShape == [2] && read.featureNames == ["a", "b"])
    #expect(read.targets == [0, 2] && read.targetKind == .classes(count: 3, names: []))
  }

  @Test func kindsOfTargets() throws {
    #expect(try source("1,0\n2,1.0\n", [.number(2)], header: false).load().targetKind == .values)
    let text = try source("x,y\n1,pear\n2,apple\n3,\"pear\"\n", [.name("y")]).load()
    #expect(text.targetKind == .classes(count: 2, names: ["apple", "pear"]) && text.targets == [1, 0, 1])
    let several = try source("x,y,z\n1,2,3\n4,5,6\n", [.name("z"), .number(1)]).load()
    #expect(several.targetKind == .values && several.targets == [3, 1, 6, 4] && several.features == [2, 5])
    let none = try source("x,y\n1,2\n", []).load()
    #expect(none.targetColumns == 0 && none.features == [1, 2])
  }

  /// A column of weights is no feature, is not needed to predict, and is described with the rest.
  @Test func weightsStandApart() throws {
    var source = try source("w,x,y\n2,1,0\n0.5,3,1\n", [.name("y")])
    source.weights = .name("w")
    let read = try source.load()
    #expect(read.featureNames == ["x"] && read.features == [1, 3] && read.weights == [2, 0.5])
    #expect(try DatasetDescription(of: read).rows == 2)
    source.features = [.name("w"), .name("x")]
    #expect(datasetError { _ = try source.load() }?.description.contains("holds the weights or the groups") == true)
    source.features = []
    let asRead = read.fingerprint
    source.weights = .name("x")
    #expect(try source.load().fingerprint != asRead)
    // Without a header: with the weights' column, and with the features alone.
    var bare = try self.source("2,1,7,0\n0.5,3,8,1\n", [.number(4)], header: false)
    bare.weights = .number(1)
    #expect(try bare.load().features == [1, 7, 3, 8])
    let alone = ReadOptions(featuresAlone: true, featureCount: 2)
    #expect(try bare.load(alone).features == [1, 7, 3, 8])
    var features = try self.source("1,7\n3,8\n", [.number(4)], header: false)
    features.weights = .number(1)
    #expect(try features.load(alone).features == [1, 7, 3, 8])
  }

  /// The same numbers, by a comma: large exponents and many digits too.
  @Test func decimalCommas() throws {
    let numbers = ["0.1", "-12.5", "3", "1e-3", "2.5E+10", ".5", "7.", "0.12345678901234567890123", "1.7e308", ""]
    for (place, number) in numbers.enumerated() {
      let comma = number.replacing(".", with: ",")
      var source = try source("x;y;z\n\(comma);1,5;2\n0,25;2;3\n", [.name("y")], delimiter: ";")
      source.decimal = ","
      let options = ReadOptions(nonFinite: .keep)
      let read = try source.load(options)
      let point = try self.source("x,y,z\n\(number),1.5,2\n0.25,2,3\n", [.name("y")]).load(options)
      #expect(zip(read.features, point.features).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "number \(place)")
      #expect(read.targets == [1.5, 2])
    }
    var wrong = try source("x;y\n1.5;2\n", [.name("y")], delimiter: ";")
    wrong.decimal = ","
    #expect(datasetError { _ = try wrong.load() }?.description.hasSuffix("write a decimal comma, and no point") == true)
    wrong.delimiter = ","
    #expect(datasetError { _ = try wrong.load() }?.issue == .arguments)
    #expect(try failure("x;y\n\"1,5\";2\n", [.number(2)], header: true) != nil)
  }

  @Test func dialects() throws {
    let expected = try source("x,y\n1,2.5\n3,4.5\n", [.name("y")]).load().fingerprint
    for (text, delimiter) in [
      ("\u{FEFF}x,y\r\n1,2.5\r\n3,4.5", ","), ("x;y\n1;2.5\n3;4.5\n", ";"), ("x\ty\n\n1\t2.5\n\n3\t4.5\n\n", "\t"),
      ("\"x\",\"y\"\n\"1\",\"2.5\"\n 3 , 4.5\t\n", ","), ("x,y\r1,2.5\r3,4.5\r", ","),
      ("x , y\n+1,25e-1\n3.,.45E+1\n", ","),
    ] as [(String, Character)] {
      #expect(
        try source(text, [.name("y")], delimiter: delimiter).load().fingerprint == expected, "\(text.debugDescription)")
    }
  }

  @Test func quotesHoldDelimitersLineEndsAndQuotes() throws {
    let read = try source("\"a,\"\"b\"\"\",y\n1,\"one\r\ntwo\"\n2,\"say \"\"hi\"\"\"\n3,\"\"\"\"\n", [.name("y")])
      .load()
    #expect(read.featureNames == ["a,\"b\""])
    #expect(read.targetKind == .classes(count: 3, names: ["\"", "one\r\ntwo", "say \"hi\""]))
    #expect(read.targets == [1, 2, 0])
  }

  @Test func numbersAreRoundedCorrectly() throws {
    let texts = [
      "0.1", "123456789.123456789", "9007199254740993", "1e22", "1e23", "1.7976931348623157e38", "-0", "1e-45",
      "3.4e38",
      "0.000000000000000000000000000000123", "123456789012345678901234567890", "5e-324", "16777217", "8.5e-7",
      "29537.9755859375000", "0.23152267187833786", "31283.6630859375000",
    ]
    let read = try source(texts.map { "\($0),1.5" }.joined(separator: "\n"), [.number(2)], header: false)
    #expect(try read.load().features == texts.map { Float(Double($0) ?? .nan) })
  }

  @Test func rows() throws {
    var source = try source("x,y\n1,0\n2,1\n3,4\n", [.name("y")])
    source.rows = RowRange(from: 1, to: 2)
    let read = try source.load()
    #expect(read.features == [2] && read.targets == [1] && read.targetKind == .classes(count: 5, names: []))
    source.rows = RowRange(to: 4)
    #expect(datasetError { _ = try source.load() }?.issue == .arguments)
  }

  /// A number is a position; where another column is called so, that is said.
  @Test func numbersThatAreNamesToo() throws {
    let read = try source("3,1,2\n5,6,7\n", [.number(1)]).load()
    #expect(read.targets == [5] && read.featureNames == ["1", "2"])
    #expect(
      read.warnings.contains {
        $0.contains("1 is taken as a position, the column called `3`; the one called `1` is column 2")
      })
    #expect(try source("a,b\n5,6\n", [.number(1)]).load().warnings.isEmpty)
  }

  @Test func errorsSayWhere() throws {
    #expect(
      try failure("x,y\n1,2.5\nl2,3.5\n", [.name("y")])
        == "t.csv:3:1: `x` is no number; found `l2`; write the number without letters")
    #expect(
      try failure("x,z,y\n1,,2.5\n", [.name("y")])
        == "t.csv:2:3: `z` is missing; expected a number in each row, found 1 of 1 rows without one; say what stands for "
        + "them, columns: {z: {number: {missing: median, indicator: true}}} in the recipe's data, or leave such rows out, "
        + "on_bad_row: skip")
    #expect(
      try failure("x,y\n\"1\",\"2\n", [.name("y")]) == "t.csv:2:6: a quote is never closed")
    #expect(
      try failure("x,name,y\n1,\"a\r\nb\",ten\n", [.name("name"), .name("y")])?.hasPrefix("t.csv:2:4: the target is no")
        == true)
    #expect(
      try failure("y,x\n\"a\r\nb\",ten\n", [.name("y")])?.hasPrefix("t.csv:3:4: `x` is no number; found `ten`; ")
        == true)
    #expect(
      try failure("x,y\n1,2\n3\n", [.name("y")]) == "t.csv:3: the row does not fit the first; expected 2 cells, found 1"
    )
    #expect(
      try failure("x,label\n1,2\n", [.name("lable")])
        == "t.csv: there is no column `lable`; found x, label; did you mean `label`?")
    #expect(try failure("x,y\n1,2\n", [.number(3)]) == "t.csv: there is no column 3; expected 1 to 2")
    #expect(try failure("x,y\n1,NaN\n", [.name("y")])?.hasPrefix("t.csv:2:3: no finite number; found `NaN`") == true)
    #expect(try failure("x,y\n1e39,1\n", [.name("y")])?.hasPrefix("t.csv:2:1: no finite number in float32") == true)
    #expect(
      try failure("x,y\n1,2\n", [.number(2)], header: false)
        == "t.csv:1:1: column 1 is no number; found `x`; is this a header? then say header: true")
    #expect(try failure("x,y\n", [.name("y")]) == "t.csv: the dataset has no rows")
    #expect(try failure("", [.name("y")]) == "t.csv: the file is empty")
    #expect(try failure("y\n1\n", [.name("y")]) == "t.csv: no column is left for the features")
    #expect(try failure("x,y,y\n1,2,3\n", [.name("y")])?.contains("2 columns are named `y`") == true)
    #expect(try failure("x,y\n\"1\"2,3\n", [.name("y")])?.contains("text follows the closing quote") == true)
    #expect(datasetError { _ = try CSVSource(path: "/nowhere/x.csv", targets: []).load() }?.kind == .missingInput)
  }

  @Test func rowsAndColumnsOfGapsAreTyped() throws {
    let source = try source("y,a,b\n1.5,1,2\n2.5,3,?\n", [.name("y")])
    #expect(datasetError { _ = try source.load() }?.issue == .nonFinite(row: 1, column: 1))
    let kept = try source.load(ReadOptions(nonFinite: .keep))
    #expect(kept.features[3].isNaN && kept.features[2] == 3)
    #expect(try DatasetDescription(of: kept).features.map(\.missing) == [0, 1])
  }
}
