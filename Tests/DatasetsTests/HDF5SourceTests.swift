import Datasets
import Files
import Foundation
import HDF5Storage
import Testing

@Suite struct HDF5SourceTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  func file(_ build: (HDF5Group) throws -> Void) throws -> HDF5Source {
    let path = bench.path("data.h5")
    try HDF5File.publish(at: path) { try build($0.root) }
    return HDF5Source(path: path)
  }

  @Test func digits() throws {
    let source = try HDF5Source(path: repository("Datasets/digits.h5")).load()
    #expect(source.count == 1797 && source.sampleShape == [64] && source.targetColumns == 1)
    #expect(source.targetKind == .classes(count: 10, names: (0...9).map { "\($0)" }))
    #expect(source.features.max() == 16 && source.features.min() == 0)
    #expect(source.fingerprint.count == 32)
  }

  @Test func letterInTwoParts() throws {
    var part = HDF5Source(path: repository("Datasets/letter.h5"))
    let whole = try part.load()
    part.rows = RowRange(to: 16000)
    let first = try part.load()
    part.rows = RowRange(from: 16000)
    let second = try part.load()
    #expect(first.count == 16000 && second.count == 4000)
    #expect(first.features + second.features == whole.features)
    #expect(first.targets + second.targets == whole.targets)
    #expect(first.targetKind == whole.targetKind && second.targetKind == whole.targetKind)
    #expect(Set([first.fingerprint, second.fingerprint, whole.fingerprint]).count == 3)
  }

  @Test func shapesAndTypes() throws {
    let images = try file {
      try $0.write((0..<24).map { Int32($0) }, shape: [2, 3, 4], to: "data/x")
      try $0.write([0.5, 1, 2, 3], shape: [2, 2], to: "data/y")
    }.load()
    #expect(images.sampleShape == [3, 4] && images.features == (0..<24).map { Float($0) })
    #expect(images.targetColumns == 2 && images.targetKind == .values && images.targets == [0.5, 1, 2, 3])
    let single = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write([0, 5, 2] as [Int64], shape: [3, 1], to: "data/y")
    }.load()
    #expect(single.sampleShape == [1] && single.targetKind == .classes(count: 6, names: []))
    let several = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write([0, 1, 1, 0, -1, 0] as [Int32], shape: [3, 2], to: "data/y")
    }.load()
    #expect(several.targetKind == .values && several.targets == [0, 1, 1, 0, -1, 0])
    var alone = try file { try $0.write([1, 2, 3], shape: [3], to: "data/x") }
    alone.targets = nil
    #expect(try alone.load().targetColumns == 0)
  }

  @Test func classesAreCountedOverTheWholeFile() throws {
    var source = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write([0, 1, 2] as [Int32], shape: [3], to: "data/y")
    }
    source.rows = RowRange(to: 2)
    #expect(try source.load().targetKind == .classes(count: 3, names: []))
  }

  @Test(arguments: [Double.nan, .infinity, 1e300])
  func nonFiniteValuesAreNamed(value: Double) throws {
    var source = try file {
      try $0.write([1, 2, 3, 4, 5, value], shape: [3, 2], to: "data/x")
      try $0.write([1, 2, value], shape: [3], to: "data/y")
    }
    let error = try #require(datasetError { _ = try source.load() })
    #expect(error.issue == .nonFinite(row: 2, column: 1) && error.kind == .badData)
    #expect(error.description.hasPrefix("\(source.path): /data/x: row 2, column 1 is no finite number; found "))
    source.rows = RowRange(from: 1)
    #expect(datasetError { _ = try source.load() }?.issue == .nonFinite(row: 2, column: 1))
    source.inputs = "/data/y"
    #expect(datasetError { _ = try source.load() }?.issue == .nonFinite(row: 2, column: 0))
    source.rows = RowRange(to: 2)
    #expect(try source.load().count == 2)
  }

  @Test func targetsAreCheckedToo() throws {
    let source = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write([1, 2, 3, 4, .nan, 6], shape: [3, 2], to: "data/y")
    }
    let error = try #require(datasetError { _ = try source.load() })
    #expect(error.issue == .nonFinite(row: 2, column: 0) && error.place.hasSuffix(": /data/y"))
    #expect(try source.load(ReadOptions(nonFinite: .keep)).targets[4].isNaN)
  }

  @Test func wrongLabels() throws {
    let source = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write([0, 1, -1] as [Int32], shape: [3], to: "data/y")
    }
    #expect(
      datasetError { _ = try source.load(ReadOptions(targets: .classes)) }?.description
        == "\(source.path): /data/y: row 2 is no class number; expected 0 to 16777215, found -1; the loss needs classes: "
        + "number them from 0 (-1 and +1 alone are taken as they are), or use a loss for values")
    #expect(try source.load().targetKind == .values)
    let named = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write([0, 1, 2] as [Int32], shape: [3], to: "data/y")
      try $0.dataset("data/y").setAttribute("classes", ["no", "yes"])
    }
    #expect(datasetError { _ = try named.load() }?.issue == .labels)
  }

  @Test func rowsThatDoNotMatch() throws {
    let source = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write([1, 2], shape: [2], to: "data/y")
    }
    #expect(
      datasetError { _ = try source.load() }?.description
        == "\(source.path): /data/y: features and targets differ in rows; expected 3 rows, as /data/x has, found 2")
  }

  @Test func noRowsAndRowsThatAreNotThere() throws {
    let empty = try file {
      try $0.write([] as [Float], shape: [0, 4], to: "data/x")
      try $0.write([] as [Float], shape: [0], to: "data/y")
    }
    #expect(datasetError { _ = try empty.load() }?.issue == .noRows)
    for range in [RowRange(from: 3), RowRange(to: 4), RowRange(from: 2, to: 1), RowRange(from: -1), RowRange(to: 0)] {
      var source = try file {
        try $0.write([1, 2, 3], shape: [3], to: "data/x")
        try $0.write([1, 2, 3], shape: [3], to: "data/y")
      }
      source.rows = range
      #expect(datasetError { _ = try source.load() }?.issue == .arguments, "\(range)")
    }
  }

  @Test func filesThatAreNone() throws {
    let missing = try #require(datasetError { _ = try HDF5Source(path: "/nowhere/x.h5").load() })
    #expect(missing.kind == .missingInput)
    #expect(missing.description == "/nowhere/x.h5: cannot open the file; found No such file or directory")
    let text = try bench.file("text.h5", "a,b\n1,2\n")
    #expect(datasetError { _ = try HDF5Source(path: text).load() }?.issue == .damagedFile)
    let source = try file {
      try $0.write([1, 2, 3], shape: [3], to: "data/x")
      try $0.write(["a", "b", "c"], to: "data/y")
      try $0.write(1, to: "data/scalar")
    }
    #expect(datasetError { _ = try source.load() }?.issue == .type)
    #expect(datasetError { _ = try HDF5Source(path: source.path, targets: "/data/z").load() }?.issue == .missingName)
    #expect(
      datasetError { _ = try HDF5Source(path: source.path, features: "/data/scalar").load() }?.issue == .shape)
  }

  @Test func everyTruncationOfADatasetIsAnError() throws {
    let whole = try FileContents.read(repository("Datasets/breast_cancer.h5"))
    for length in stride(from: 0, to: whole.count, by: 977) {
      try FileContents.publish(Array(whole.prefix(length)), at: bench.path("short.h5"))
      #expect(datasetError { _ = try HDF5Source(path: bench.path("short.h5")).load() }?.kind == .badData, "\(length)")
    }
  }
}
