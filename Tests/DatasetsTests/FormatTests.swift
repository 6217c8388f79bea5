import Datasets
import Files
import Foundation
import Testing

/// Files that NumPy, scikit-learn, gzip and h5py have written (Tests/Fixtures/formats/make_format_fixtures.py).
func fixture(_ name: String) -> String { repository("Tests/Fixtures/formats/\(name)") }

/// Row r, column c is 10 r + c - shift.
private func table(shift: Float = 7, columns: Range<Int> = 0..<4, rows: Range<Int> = 0..<12) -> [Float] {
  rows.flatMap { row -> [Float] in columns.map { column -> Float in Float(10 * row + column) - shift } }
}

private let classes: [Float] = (0..<12).map { Float($0 % 3) }

@Suite struct NPZSourceTests {
  private func load(
    _ features: String, _ targets: String? = "y", in file: String = "stored.npz", rows: RowRange = .all,
    _ policy: NonFinitePolicy = .refuse
  ) throws -> InMemorySource {
    try NPZSource(path: fixture(file), features: features, targets: targets, rows: rows).load(
      ReadOptions(nonFinite: policy))
  }

  @Test(arguments: [
    "le_i2", "be_i2", "le_i4", "be_i4", "le_i8", "be_i8", "le_f2", "be_f2", "le_f4", "be_f4", "le_f8", "be_f8", "i1",
  ])
  func signedTypesInBothOrders(_ name: String) throws {
    for array in [name, name + "_columns"] {
      let source = try load(array)
      #expect(source.features == table() && source.sampleShape == [4] && source.count == 12)
      #expect(source.targets == classes && source.targetKind == .classes(count: 3, names: []))
    }
  }

  @Test(arguments: ["le_u2", "be_u2", "le_u4", "be_u4", "le_u8", "be_u8", "u1"])
  func unsignedTypesInBothOrders(_ name: String) throws {
    for array in [name, name + "_columns"] { #expect(try load(array).features == table(shift: 0)) }
  }

  @Test func booleansAreZeroAndOne() throws {
    for array in ["bool", "bool_columns"] {
      #expect(try load(array).features == (0..<12).flatMap { _ in [0, 1, 0, 1] as [Float] })
    }
  }

  @Test func shapesTargetsAndRows() throws {
    for file in ["stored.npz", "deflated.npz"] {
      for array in ["images", "images_columns"] {
        let source = try load(array, "values", in: file)
        #expect(source.sampleShape == [2, 2] && source.features == table())
        #expect(source.targetKind == .values && source.targetColumns == 2)
        #expect(source.targets == table(columns: 0..<2).map { $0 / 4 })
        let part = try load(array, rows: RowRange(from: 3, to: 5))
        #expect(part.features == table(rows: 3..<5) && part.targets == [0, 1])
        #expect(part.targetKind == .classes(count: 3, names: []), "counted over the whole array")
      }
      #expect(try load("x", in: file).features == table())
    }
    #expect(try load("single", "le_i4", rows: RowRange(to: 1)).sampleShape == [1])
    #expect(try load("x", "le_i4").targetKind == .values)
    #expect(try load("x", nil).targetColumns == 0)
    #expect(try load("x.npy").features == table(), "a member may be called by its whole name")
  }

  @Test func headsOfAllVersions() throws {
    for version in 1...3 { #expect(try load("v\(version)", nil, in: "versions.npz").features == table()) }
  }

  @Test func missingValuesAreNamed() throws {
    #expect(datasetError { _ = try load("gaps") }?.issue == .nonFinite(row: 3, column: 1))
    #expect(try load("gaps", "y", .keep).features[13].isNaN)
  }

  @Test(arguments: [
    ("nothing", "y", DatasetError.Issue.missingName), ("x", "short", .shape), ("empty", "y", .noRows),
    ("scalar", "y", .shape), ("strings", "y", .type), ("complex", "y", .type), ("records", "y", .type),
    ("objects", "y", .type), ("x", "strings", .type),
  ])
  func whatIsRefused(_ features: String, _ targets: String, _ issue: DatasetError.Issue) throws {
    let error = try #require(datasetError { _ = try load(features, targets) })
    #expect(error.issue == issue && error.kind == .badData, "\(error)")
    #expect(error.description.hasPrefix(fixture("stored.npz")))
  }

  @Test func refusalsSayWhatToDo() {
    #expect(datasetError { _ = try load("objects") }?.found == "Python objects")
    #expect(datasetError { _ = try load("imags") }?.remedy == "did you mean `images`?")
    #expect(datasetError { _ = try NPZSource(path: "/nowhere.npz").load() }?.kind == .missingInput)
    #expect(datasetError { _ = try NPZSource(path: fixture("chunked.h5")).load() }?.issue == .damagedFile)
  }

  /// A size that the file cannot hold must not be asked of memory.
  @Test func hostileSizesAreRefused() throws {
    let bench = try Workbench()
    let whole = try FileContents.read(fixture("stored.npz"))
    func error(_ change: (inout [UInt8]) -> Void) throws -> DatasetError? {
      var bytes = whole
      change(&bytes)
      try FileContents.publish(bytes, at: bench.path("hostile.npz"))
      return datasetError { _ = try NPZSource(path: bench.path("hostile.npz"), features: "x").load() }
    }
    // The head of `x` promises more rows; the name stands in the local header, the array behind it.
    let name = try #require(whole.firstRange(of: Array("x.npy".utf8)))
    let shape = try #require(whole[name.upperBound...].firstRange(of: Array("(12, 4)".utf8)))
    let promise = try error { $0.replaceSubrange(shape, with: Array("(99,99)".utf8)) }
    #expect(promise?.issue == .damagedFile && promise?.problem.contains("promises") == true)
    // So does the directory, whose entry begins 46 bytes before the name.
    let entries = whole.ranges(of: Array("x.npy".utf8)).map { $0.lowerBound - 46 }
    let entry = try #require(entries.first { whole[$0..<$0 + 4] == [0x50, 0x4B, 1, 2] })
    let directory = try error { bytes in for byte in 20..<28 { bytes[entry + byte] = 0xFE } }
    #expect(
      directory?.issue == .damagedFile && directory?.problem.contains("beyond the end") == true,
      "\(directory?.problem ?? "none")")
    // A byte of the data: the checksum tells.
    let data = try error { $0[shape.upperBound + 100] ^= 1 }
    #expect(data?.problem == "the checksum is wrong")
  }
}

@Suite struct IDXSourceTests {
  @Test func picturesWithLabelsInGzipOrNot() throws {
    for (images, labels) in [
      ("images-idx3-ubyte", "labels-idx1-ubyte"), ("images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"),
      ("members-idx3-ubyte.gz", "labels-idx1-ubyte"),
    ] {
      let source = try IDXSource(features: fixture(images), targets: fixture(labels)).load()
      #expect(source.sampleShape == [2, 2] && source.features == table(shift: 0))
      #expect(source.targets == classes && source.targetKind == .classes(count: 3, names: []))
      let part = try IDXSource(
        features: fixture(images), targets: fixture(labels), rows: RowRange(from: 10)
      ).load()
      #expect(part.features == table(shift: 0, rows: 10..<12) && part.targets == [1, 2])
    }
  }

  @Test(arguments: ["i1", "i2", "i4", "f4", "f8"])
  func types(_ name: String) throws {
    let source = try IDXSource(features: fixture("\(name).idx")).load()
    #expect(source.features == table() && source.sampleShape == [4] && source.targetColumns == 0)
  }

  @Test func whatIsRefused() throws {
    let bench = try Workbench()
    let whole = try FileContents.read(fixture("images-idx3-ubyte"))
    func error(_ bytes: [UInt8]) throws -> DatasetError? {
      try FileContents.publish(bytes, at: bench.path("x.idx"))
      return datasetError { _ = try IDXSource(features: bench.path("x.idx")).load() }
    }
    #expect(try error([])?.issue == .damagedFile)
    #expect(try error([0, 0, 7, 1, 0, 0, 0, 1, 5])?.problem == "this is no IDX file")
    #expect(try error(Array(whole.dropLast()))?.issue == .damagedFile)
    #expect(try error(whole + [0])?.issue == .damagedFile)
    // 255 extents; extents whose product is beyond all bounds; a compressed promise of 16 GB.
    #expect(try error([0, 0, 8, 255] + whole)?.issue == .damagedFile)
    #expect(try error([0, 0, 14, 3] + [UInt8](repeating: 255, count: 12))?.issue == .damagedFile)
    let labels = fixture("labels-idx1-ubyte")
    let short = try #require(
      datasetError { _ = try IDXSource(features: fixture("i4.idx"), targets: bench.file("l.idx", "")).load() })
    #expect(short.issue == .damagedFile && short.place == bench.path("l.idx"))
    try FileContents.publish([0, 0, 8, 1, 0, 0, 0, 2, 0, 1], at: bench.path("two.idx"))
    #expect(
      datasetError { _ = try IDXSource(features: labels, targets: bench.path("two.idx")).load() }?.issue == .shape)
    let missing = datasetError { _ = try IDXSource(features: labels, targets: "/nowhere.idx").load() }
    #expect(missing?.kind == .missingInput && missing?.place == "/nowhere.idx")
  }
}

@Suite struct LIBSVMSourceTests {
  private let sparse: [Float] = table().enumerated().map { place, value in
    (place / 4 + place % 4) % 2 == 0 ? value : 0
  }

  private func read(_ text: String, features: Int? = nil, zeroBased: Bool? = nil) throws -> InMemorySource {
    let bench = try Workbench()
    return try LIBSVMSource(path: try bench.file("x.libsvm", text), features: features, zeroBased: zeroBased).load()
  }

  @Test func filesOfScikitLearn() throws {
    for name in ["one", "zero"] {
      let source = try LIBSVMSource(path: fixture("\(name).libsvm")).load()
      #expect(source.features == sparse && source.sampleShape == [4], "\(name)")
      #expect(source.targets == classes && source.targetKind == .classes(count: 3, names: []))
    }
    let signs = try LIBSVMSource(path: fixture("signs.libsvm")).load()
    #expect(signs.targetKind == .classes(count: 2, names: ["-1", "+1"]))
    #expect(signs.targets == classes.map { min($0, 1) })
    let values = try LIBSVMSource(path: fixture("values.libsvm"), rows: RowRange(from: 1, to: 3)).load()
    #expect(values.targetKind == .values && values.targets == [1.25, 2.25])
    #expect(values.features == Array(sparse[4..<12]))
  }

  @Test func lines() throws {
    let source = try read("\u{FEFF}# head\r\n\n1 qid:3 1:2 \t 3:-1e1 # tail 9:9\r\n0\n  2   2:.5")
    #expect(source.features == [2, 0, -10, 0, 0, 0, 0, 0.5, 0] && source.targets == [1, 0, 2])
    #expect(try read("0 2:1\n1 3:1", zeroBased: true).sampleShape == [4])
    #expect(try read("0 2:1\n1 3:1", features: 7).sampleShape == [7])
    #expect(try read("0\n1\n", features: 2).features == [0, 0, 0, 0])
    #expect(try read("0 0:1 1:2").features == [1, 2])
  }

  @Test(arguments: [
    ("x 1:1", "1:1: the label is no number"), ("1,2 1:1", "1:1: several labels in one row"),
    ("1 1:1\n0 1", "2:3: no `index:value`"), ("1 a:1", "1:3: the index is no whole number"),
    ("1 -1:1", "1:3: the index"), ("1 99999999:1", "1:3: the index"), ("1 2:1 1:1", "1:7: indices do not rise"),
    ("1 2:1 2:1", "1:7: indices do not rise"), ("1 1:x", "1:5: the value is no number"), ("1 1:", "1:5: the value"),
    ("1 1:nan", "1:5: no finite number"), ("1 1:1e99", "1:5: no finite number"), ("nan 1:1", "1:1: the label"),
    ("1\n0", "no line has a value"), ("", "the dataset has no rows"), ("# nothing\n", "no rows"),
  ])
  func whatIsRefused(_ text: String, _ problem: String) throws {
    let error = try #require(datasetError { _ = try read(text) })
    #expect(error.description.contains(problem), "\(error)")
  }

  @Test func columnsAndBases() throws {
    #expect(datasetError { _ = try read("1 5:1", features: 4) }?.issue == .shape)
    #expect(datasetError { _ = try read("1 0:1", zeroBased: false) }?.issue == .arguments)
    // Ten thousand rows of sixteen million columns would take 671 GB.
    let line = "1 16777216:1\n"
    let error = #expect(throws: (any Error).self) { _ = try read(String(repeating: line, count: 10_000)) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("10000 rows of 16777216 columns, held dense: not enough memory: 625 GB wanted"), "\(text)")
  }
}

@Suite struct ConversionTests {
  /// Every kind of source, written as HDF5, is read back the same.
  @Test func whatIsConvertedComesBackTheSame() throws {
    let bench = try Workbench()
    let csv = try bench.file("x.csv", "a,b,kind\n1,2,dog\n3,,cat\n5,6,dog\n")
    let sources: [DataSource] = [
      .npz(path: fixture("stored.npz"), features: "images", targets: "values", rows: .all),
      .idx(features: fixture("images-idx3-ubyte.gz"), targets: fixture("labels-idx1-ubyte.gz"), rows: .all),
      .libsvm(path: fixture("signs.libsvm"), features: nil, zeroBased: nil, rows: .all),
      .csv(path: csv, targets: ["kind"], header: true, delimiter: ",", rows: .all),
      .hdf5(path: fixture("chunked.h5"), features: "/data/x", targets: "/data/y", rows: .all),
    ]
    for source in sources {
      let read = try source.load(seed: 0, options: ReadOptions(nonFinite: .keep))
      try read.write(to: bench.path("out.h5"))
      let back = try HDF5Source(path: bench.path("out.h5")).load(ReadOptions(nonFinite: .keep))
      #expect(back.fingerprint == read.fingerprint && back.targetKind == read.targetKind, "\(source.name)")
    }
    let named = try HDF5Source(path: fixture("chunked.h5")).load()
    #expect(named.features == table() && named.targetKind == .classes(count: 3, names: ["a", "b", "c"]))
  }

  @Test func formatsByName() {
    let names: [(String, DataSource.Format?)] = [
      ("a.h5", .hdf5), ("A.HDF5", .hdf5), ("a.csv", .csv), ("a.tsv", .tsv), ("a.npz", .npz), ("a.idx", .idx),
      ("train-images-idx3-ubyte", .idx), ("t10k-labels-idx1-ubyte.gz", .idx), ("a.svmlight", .libsvm),
      ("a.libsvm", .libsvm), ("a.csv.gz", .csv), ("a.svm.gz", .libsvm), ("a.txt", nil), ("{npz: {path: a}}", nil),
    ]
    for (name, format) in names { #expect(DataSource.Format(path: name) == format, "\(name)") }
  }

  @Test func aMissingClassIsNamed() throws {
    let bench = try Workbench()
    let path = try bench.file("x.csv", "a,kind\n1,dog\n2,\n")
    let source = try CSVSource(path: path, targets: [.name("kind")]).load(ReadOptions(nonFinite: .keep))
    #expect(datasetError { try source.requireClasses(at: path) }?.problem == "row 1 has no class")
    #expect(try DatasetDescription(of: source).targets[0].missing == 1)
  }
}
