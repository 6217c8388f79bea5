import Datasets
import Testing

/// Classes and columns of another file are those of the training run by name.
@Suite struct NamesTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  let run = ["ant", "bee", "cat"]

  private func csv(_ text: String, targets: [String] = ["kind"], header: Bool = true) throws -> DataSource {
    .csv(path: try bench.file("t.csv", text), targets: targets, header: header, delimiter: ",", rows: .all)
  }

  private func classes(_ text: String, _ known: [String]?) throws -> [Float] {
    try csv(text).load(seed: 0, options: ReadOptions(classNames: known)).targets
  }

  private func failure(_ source: DataSource, _ options: ReadOptions) -> String? {
    datasetError { _ = try source.load(seed: 0, options: options) }?.description
      .replacing(bench.folder + "/", with: "")
  }

  @Test func textIsNumberedAsTheRunNumbersIt() throws {
    #expect(try classes("x,kind\n1,cat\n2,ant\n", run) == [2, 0])
    #expect(try classes("x,kind\n1,cat\n2,ant\n", nil) == [1, 0])
    let lacking = try csv("x,kind\n1,cat\n").load(seed: 0, options: ReadOptions(classNames: run))
    #expect(lacking.targets == [2] && lacking.targetKind == .classes(count: 3, names: run))
    // The names' order is the run's, whatever it is.
    #expect(try classes("x,kind\n1,cat\n2,ant\n", ["cat", "bee", "ant"]) == [0, 2])
  }

  @Test func unknownClassesAreRefusedWithTheirPlace() throws {
    let options = ReadOptions(classNames: run)
    #expect(
      failure(try csv("x,kind\n1,cat\n2,\"dog\"\n3,dog\n"), options)
        == "t.csv:3:4: class `dog` is not among ant, bee, cat")
    #expect(
      failure(try csv("x,kind\n1,Cat\n"), options)
        == "t.csv:2:3: class `Cat` is not among ant, bee, cat; did you mean `cat`?")
    // Numbers are texts like others where the run's classes have names.
    #expect(failure(try csv("x,kind\n1,0\n2,1\n"), options)?.contains("class `0` is not among ant") == true)
    #expect(failure(try csv("x,kind\n1,cat\n"), ReadOptions(classNames: []))?.contains("whole numbers") == true)
    #expect(try classes("x,kind\n1,2\n2,0\n", []) == [2, 0])
  }

  @Test func spellingsInUnicodeStayApart() throws {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    #expect(try classes("x,kind\n1,\(composed)\n2,\(decomposed)\n3,\(composed)\n", nil) == [1, 0, 1])
    let known = ReadOptions(classNames: [composed, "tea"])
    #expect(failure(try csv("x,kind\n1,\(decomposed)\n"), known)?.contains("NFC, NFD") == true)
    let columns = ReadOptions(featureNames: [composed, "b"])
    #expect(failure(try csv("\(decomposed),b,kind\n1,2,0\n"), columns)?.contains("NFC, NFD") == true)
    let both = try csv("\(decomposed),\(composed),b,kind\n1,2,3,0\n").load(seed: 0, options: columns)
    #expect(both.features == [2, 3])
  }

  @Test func namedNumbersOfHDF5AreMatchedInMemoryAndByChunks() throws {
    let names = ["cat", "ant", "bee"]
    let labels = (0..<500).map { Float($0 % 3) }
    let own = InMemorySource(
      features: (0..<1000).map { Float($0) }, sampleShape: [2], targets: labels, targetColumns: 1,
      targetKind: .classes(count: 3, names: names), featureNames: ["a", "b"])
    try own.write(to: bench.path("d.h5"))
    let source = DataSource(path: bench.path("d.h5"), .hdf5)
    let options = ReadOptions(classNames: run, featureNames: ["b", "a"])
    let whole = try source.load(seed: 0, options: options)
    let numbers: [Float] = [2, 0, 1]
    #expect(whole.targets == labels.map { numbers[Int($0)] })
    #expect(whole.targetKind == .classes(count: 3, names: run) && whole.featureNames == ["b", "a"])
    #expect(Array(whole.features.prefix(4)) == [1, 0, 3, 2])
    let streamed = try source.open(seed: 0, options: options, buffer: 1000)
    #expect(streamed is StreamedSource && streamed.targetKind == whole.targetKind)
    streamed.begin(streamed.plan?.inOrder ?? [], at: 0)
    for row in [0, 255, 499] as [Int32] {
      try streamed.prepare(Int(row)..<Int(row) + 1)
      let (features, targets) = streamed.gathered([row])
      #expect(features == [Float(2 * row + 1), Float(2 * row)] && targets == [whole.targets[Int(row)]])
    }

    let other = ReadOptions(classNames: ["ant", "bee", "dog"])
    #expect(failure(source, other)?.hasPrefix("d.h5: /data/y, row 0: class `cat` is not among ant, bee, dog") == true)
    let apart = datasetError { _ = try source.open(seed: 0, options: other, buffer: 1000) }
    #expect(apart?.description.contains("row 0: class `cat` is not among ant, bee, dog") == true)
    // A name that no row has harms nobody.
    let part = DataSource.hdf5(
      path: bench.path("d.h5"), features: "/data/x", targets: "/data/y", rows: RowRange(from: 1, to: 3))
    #expect(try part.load(seed: 0, options: other).targets == [0, 1])
  }

  /// A file has the same fingerprint whichever way its columns and classes stand in it: a run resumes with it.
  @Test func fingerprintsAreOfTheRunsOrder() throws {
    let options = ReadOptions(classNames: run, featureNames: ["a", "b"])
    let one = try csv("a,b,kind\n1,2,ant\n3,4,cat\n").load(seed: 0, options: options)
    let two = try csv("b,kind,more,a\n2,ant,x,1\n4,cat,y,3\n").load(seed: 0, options: options)
    #expect(one.fingerprint == two.fingerprint)
    func stored(_ name: String, _ columns: [String], _ names: [String], flip: Bool) throws -> String {
      var (x, y): ([Float], [Float]) = ([], [])
      for row in 0..<400 {
        let (first, second) = (Float(row), Float(row) + 0.5)
        x += flip ? [second, first] : [first, second]
        y.append(Float(flip ? 1 - row % 2 : row % 2))
      }
      try InMemorySource(
        features: x, sampleShape: [2], targets: y, targetColumns: 1,
        targetKind: .classes(count: 2, names: names), featureNames: columns
      ).write(to: bench.path(name))
      return try DataSource(path: bench.path(name), .hdf5).open(
        seed: 0, options: ReadOptions(classNames: ["n", "y"], featureNames: ["a", "b"]), buffer: 500
      ).fingerprint
    }
    #expect(
      try stored("1.h5", ["a", "b"], ["n", "y"], flip: false) == stored("2.h5", ["b", "a"], ["y", "n"], flip: true))
  }

  @Test func columnsAreMatchedByName() throws {
    let known = ReadOptions(featureNames: ["a", "b"])
    #expect(try csv("b,a,kind\n2,1,0\n").load(seed: 0, options: known).features == [1, 2])
    #expect(try csv("note,b,a,kind\nhi,2,1,0\n").load(seed: 0, options: known).features == [1, 2])
    #expect(
      failure(try csv("b,c,kind\n2,1,0\n"), known)
        == "t.csv: there is no column `a`; expected the run's columns, a, b, found b, c")
    #expect(failure(try csv("b,c,d,kind\n2,1,1,0\n"), ReadOptions(featureNames: ["a", "e"]))?.contains("a, e") == true)
    #expect(failure(try csv("a,b,a,kind\n2,1,1,0\n"), known)?.contains("several columns are called `a`") == true)
    // The run's own list, also where a name stands twice; without names by position.
    let twice = ReadOptions(featureNames: ["a", "a", "b"])
    #expect(try csv("a,a,b,kind\n1,2,3,0\n").load(seed: 0, options: twice).features == [1, 2, 3])
    #expect(failure(try csv("a,b,a,kind\n1,2,3,0\n"), twice)?.contains("several columns are called `a`") == true)
    let bare = try csv("2,1,0\n", targets: ["3"], header: false).load(seed: 0, options: known)
    #expect(bare.features == [2, 1] && bare.featureNames.isEmpty)
  }

  @Test func featuresAloneNeedNoTargets() throws {
    let options = ReadOptions(featuresAlone: true, featureNames: ["a", "b"], featureCount: 2)
    for text in ["a,b\n1,2\n", "a,b,kind\n1,2,what\n", "kind,b,a\n,2,1\n"] {
      let read = try csv(text).load(seed: 0, options: options)
      #expect(read.features == [1, 2] && read.targetColumns == 0, "\(text)")
    }
    for text in ["1,2\n", "1,2,what\n"] {
      let read = try csv(text, targets: ["3"], header: false).load(seed: 0, options: options)
      #expect(read.features == [1, 2] && read.targetColumns == 0, "\(text)")
    }
  }

  @Test func severalTargetsStandInTheRunsOrder() throws {
    let source = try csv("x,p,q\n1,2,3\n", targets: ["q", "p"])
    #expect(try source.load(seed: 0).targets == [3, 2])
    #expect(try source.load(seed: 0, options: ReadOptions(targetNames: ["p", "q"])).targets == [2, 3])
    #expect(try source.load(seed: 0, options: ReadOptions(targetNames: ["p", "r"])).targets == [3, 2])
  }

  @Test func numbersAndNamesThatAreNumbers() throws {
    func read(_ text: String, _ known: [String]) throws -> InMemorySource {
      try DataSource(path: bench.file("t.svm", text), .libsvm).load(seed: 0, options: ReadOptions(classNames: known))
    }
    #expect(try read("1 1:1\n1 1:2\n", ["-1", "+1"]).targets == [1, 1])
    #expect(try read("-1 1:1\n1 1:2\n", ["-1", "+1"]).targets == [0, 1])
    #expect(try read("2 1:1\n0 1:2\n", run).targets == [2, 0], "without names they are the run's numbers")
    #expect(try read("0 1:1\n1 1:2\n", ["0", "1", "2"]).targets == [0, 1])
    #expect(try read("5 1:1\n3 1:2\n", ["3", "5"]).targets == [1, 0], "they can be nothing but names")
    for (text, known, says) in [
      ("0 1:1\n1 1:2\n", ["-1", "+1"], "class `0` is not among -1, +1"),
      ("-1 1:1\n1 1:2\n", [], "class `-1` is not among"), ("1 1:1\n2 1:2\n", ["1", "2", "3"], "may be the names or"),
    ] {
      let error = datasetError { _ = try read(text, known) }
      #expect(error?.description.contains(says) == true, "\(text): \(error?.description ?? "")")
    }
  }
}
