import Datasets
import HDF5Storage
import Testing

@Suite struct LengthTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  /// Three rows of four times with two numbers; behind the lengths stands what would do harm.
  private func write(_ lengths: [Int64] = [2, 4, 1], padding: Float = .nan) throws -> HDF5Source {
    var x = (0..<24).map { Float($0) }
    var y = (0..<12).map { Int32($0 % 3) }
    for (row, length) in [2, 4, 1].enumerated() {
      for time in length..<4 {
        (x[row * 8 + 2 * time], x[row * 8 + 2 * time + 1]) = (padding, padding)
        y[row * 4 + time] = -100
      }
    }
    try HDF5File.publish(at: bench.path("s.h5")) { file in
      try file.root.write(x, shape: [3, 4, 2], to: "data/x")
      try file.root.write(y, shape: [3, 4], to: "data/y")
      try file.root.write(lengths, shape: [lengths.count], to: "data/lengths")
    }
    var archive = NPZFile()
    archive.add(x, shape: [3, 4, 2], as: "x")
    archive.add(y, shape: [3, 4], as: "y")
    archive.add(lengths.map { Int32($0) }, shape: [lengths.count], as: "lengths")
    try archive.publish(at: bench.path("s.npz"))
    var source = HDF5Source(path: bench.path("s.h5"))
    source.lengths = LengthArrays("/data/lengths")
    return source
  }

  private func npz() -> NPZSource {
    var source = NPZSource(path: bench.path("s.npz"))
    source.lengths = LengthArrays("lengths")
    return source
  }

  @Test func paddingIsZeroAndTheMaskIsAnInput() throws {
    let source = try write()
    for rows in [try source.load(ReadOptions(targets: .classes)), try npz().load(ReadOptions(targets: .classes))] {
      #expect(rows.schema.inputs.map(\.name) == ["features", "features/mask"])
      #expect(rows.schema.inputs.map(\.shape) == [[4, 2], [4]] && rows.schema.inputs[1].kind == .mask)
      #expect(
        rows.inputs[0].floats == [0, 1, 2, 3, 0, 0, 0, 0] + (8..<16).map { Float($0) } + [16, 17, 0, 0, 0, 0, 0, 0])
      #expect(rows.inputs[1].floats == [1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0])
      #expect(rows.targets == [0, 1, 0, 0, 1, 2, 0, 1, 2, 0, 0, 0])
      #expect(rows.targetKind == .classes(count: 3, names: []))
      #expect(rows.finiteRows == [0, 1, 2])
      let counted = ([0, 1, 2, 2] as [Int32]).withUnsafeBufferPointer { rows.countedPositions(of: $0, inputs: [1]) }
      #expect(counted == 8)
    }
    // Whatever stands behind the lengths.
    let first = try source.load(ReadOptions(targets: .classes)).fingerprint
    #expect(try write(padding: 1e30).load(ReadOptions(targets: .classes)).fingerprint == first)
    var part = source
    part.rows = RowRange(from: 1, to: 3)
    #expect(try part.load(ReadOptions(targets: .classes)).inputs[1].floats == [1, 1, 1, 1, 1, 0, 0, 0])
  }

  @Test func scalingIsFittedWithoutThePadding() throws {
    let rows = try write().load(ReadOptions(targets: .classes, origins: .fitted))
    let pipeline = try ColumnPipeline([ScalingMethod.standard], fittedTo: rows)
    let scaled = pipeline.applied(to: rows)
    // At time 1 rows 0 and 1 have 2 and 10: -1 and 1. At time 3 one row alone.
    #expect(scaled.inputs[0].floats[2] == -1 && scaled.inputs[0].floats[10] == 1)
    #expect(scaled.inputs[0].floats[6] == 0 && scaled.inputs[0].floats[14] == 0)
    #expect(scaled.inputs[0].floats[20..<24].allSatisfy { $0 == 0 })
    #expect(scaled.inputs[1] == rows.inputs[1])
  }

  @Test func wrongLengthsAreRefused() throws {
    for (lengths, issue) in [
      ([2, 4], DatasetError.Issue.shape), ([2, 4, 0], .labels), ([2, 5, 1], .labels), ([2, -1, 1], .labels),
    ] as [([Int64], DatasetError.Issue)] {
      let source = try write(lengths)
      #expect(datasetError { _ = try source.load() }?.issue == issue, "\(lengths)")
      #expect(datasetError { _ = try npz().load() }?.issue == issue, "\(lengths)")
    }
    let error = try #require(datasetError { _ = try write([2, 5, 1]).load() })
    #expect(error.description.contains("/data/lengths: row 1 is no length; expected 1 to 4"))
    var source = try write()
    source.lengths = LengthArrays("/data/x")
    #expect(datasetError { _ = try source.load() }?.issue == .type)
    source.lengths = LengthArrays(named: [.init("words", "/data/lengths")])
    #expect(datasetError { _ = try source.load() }?.issue == .missingName)
    source.lengths = LengthArrays("/data/lengths")
    source.windows = SeriesWindows(length: 1)
    let both = DataSource(source)
    #expect(datasetError { _ = try both.kind.sequences(seed: 0, options: ReadOptions()) }?.issue == .arguments)
  }

  @Test func lengthsBelongToNamedInputs() throws {
    try HDF5File.publish(at: bench.path("n.h5")) { file in
      try file.root.write([1, 2, -1, 3, -1, -1] as [Int64], shape: [2, 3], to: "words")
      try file.root.write([0.5, 0.25] as [Float], shape: [2, 1], to: "age")
      try file.root.write([2, 1] as [Int64], shape: [2], to: "lengths")
      try file.root.write([1, 0] as [Float], shape: [2], to: "y")
    }
    var source = HDF5Source(
      path: bench.path("n.h5"), inputs: InputArrays(named: [.init("words", "/words"), .init("age", "/age")]),
      targets: "/y")
    source.lengths = LengthArrays(named: [.init("words", "/lengths")])
    let rows = try source.load()
    #expect(rows.schema.inputs.map(\.name) == ["words", "age", "words/mask"])
    // -1 is no category, but it is padding.
    #expect(rows.schema.inputs[0].kind == .categories(count: 4) && rows.inputs[0].floats == [1, 2, 0, 3, 0, 0])
    #expect(rows.inputs[2].floats == [1, 1, 0, 1, 0, 0])
    source.lengths = LengthArrays("/lengths")
    #expect(datasetError { _ = try source.load() }?.issue == .arguments)
    source.lengths = nil
    #expect(datasetError { _ = try source.load() }?.issue == .labels)
  }

  @Test func convertedLengthsAreReadAgain() throws {
    let rows = try write().load(ReadOptions(targets: .classes))
    try rows.write(to: bench.path("w.h5"))
    var again = HDF5Source(path: bench.path("w.h5"))
    again.lengths = LengthArrays("/data/lengths")
    #expect(try again.load(ReadOptions(targets: .classes)).fingerprint == rows.fingerprint)
  }
}
