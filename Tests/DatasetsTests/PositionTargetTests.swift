import HDF5Storage
import Testing

@testable import Datasets

/// Targets of several numbers a sample: classes of positions, where the loss needs classes.
@Suite struct PositionTargetTests {
  let bench: Workbench
  private let labels: [Int32] = [0, 4, 1, 2, 3, 0, 1, 1]

  init() throws { bench = try Workbench() }

  private func hdf5() throws -> HDF5Source {
    try HDF5File.publish(at: bench.path("p.h5")) {
      try $0.root.write((0..<4).map { Float($0) }, shape: [4, 1], to: "data/x")
      try $0.root.write(labels, shape: [4, 2], to: "data/y")
      try $0.root.write((0..<24).map { Float($0) }, shape: [4, 2, 3], to: "data/z")
      try $0.root.write(labels.map { UInt8($0) }, shape: [4, 2, 1], to: "data/b")
    }
    return HDF5Source(path: bench.path("p.h5"))
  }

  private func npz() throws -> NPZSource {
    var file = NPZFile()
    file.add((0..<4).map { Float($0) }, shape: [4, 1], as: "x")
    file.add(labels, shape: [4, 2], as: "y")
    try file.publish(at: bench.path("p.npz"))
    return NPZSource(path: bench.path("p.npz"))
  }

  @Test func theLossDecides() throws {
    let classes = ReadOptions(targets: .classes)
    for source in [try hdf5().load(classes), try npz().load(classes)] {
      #expect(source.targetKind == .classes(count: 5, names: []) && source.schema.targetShape == [2])
      #expect(source.targetValues == .integers(labels) && source.gathered([3, 1]).targets == [1, 1, 1, 2])
    }
    for role in [TargetRole.values, .probabilities, nil] {
      for source in [
        try hdf5().load(ReadOptions(targets: role)), try npz().load(ReadOptions(targets: role)),
      ] {
        #expect(source.targetKind == .values && source.targets == labels.map { Float($0) })
      }
    }
    let bytes = try HDF5Source(path: bench.path("p.h5"), targets: "/data/b").load(classes)
    #expect(bytes.schema.targetShape == [2, 1] && bytes.targetValues == .bytes(labels.map { UInt8($0) }))
  }

  @Test func shapesAreKept() throws {
    var source = try hdf5()
    source.targets = "/data/z"
    let loaded = try source.load()
    #expect(loaded.schema.targetShape == [2, 3] && loaded.targetColumns == 6)
    let rows = try #require(try StreamedRows(DataSource(source), largerThan: 0, options: ReadOptions()))
    #expect(rows.schema == loaded.schema)
  }

  @Test func streamedRowsHaveTheSame() throws {
    let options = ReadOptions(targets: .classes)
    let whole = try hdf5().load(options)
    let rows = try #require(try StreamedRows(DataSource(try hdf5()), largerThan: 0, options: options))
    #expect(rows.schema == whole.schema)
    let source = try rows.source(nil, pipeline: .none, bytes: 200, batch: 2, isShuffled: false)
    source.begin(source.plan?.inOrder ?? [], at: 0)
    try source.prepare(0..<4)
    #expect(source.gathered([3, 0]).targets == whole.gathered([3, 0]).targets && source.targetRange == 0...4)
  }

  @Test func labelsThatAreNoneAreNamed() throws {
    try HDF5File.publish(at: bench.path("bad.h5")) {
      try $0.root.write([1, 2] as [Float], shape: [2, 1], to: "data/x")
      try $0.root.write([0, 1, -3, 2] as [Int32], shape: [2, 2], to: "data/y")
    }
    let error = datasetError {
      _ = try HDF5Source(path: bench.path("bad.h5")).load(ReadOptions(targets: .classes))
    }
    #expect(error?.problem == "row 1, column 0 is no class number" && error?.found == "-3")
  }
}
