import HDF5Storage
import Kernels
import Testing

@testable import Datasets

/// Rows in memory that are read by chunks as a file's are: three features and a class.
private struct HeldRows: RowReader {
  let source: InMemorySource
  let storedChunkRows: Int
  let firstRow: Int

  var count: Int { source.count }
  var schema: SampleSchema { source.schema }
  var featureNames: [String] { source.featureNames }
  var origins: FeatureOrigins { .none }
  var targetRange: ClosedRange<Float>? { source.targetRange }
  var place: String { "held rows" }

  var sample: Fingerprint {
    var hash = Fingerprint()
    hash.add(source.fingerprint)
    return hash
  }

  func read(_ rows: Range<Int>, into block: RowBlock, isUrgent: () -> Bool) throws {
    let columns = source.featureColumns
    let features = block.floats(ofInput: 0)
    for (place, row) in rows.enumerated() {
      for column in 0..<columns { features[place * columns + column] = source.features[row * columns + column] }
      block.targets[place] = source.targets[row]
    }
  }
}

/// Doubles the number of columns: each value, and whether it is above 10. For these tests alone.
private struct Mark: ColumnStep, ColumnRule {
  var columns = 3
  var outputColumns: Int { 2 * columns }
  var stored: [StoredValue] { [StoredValue("mark_columns", .doubles([Double(columns)]))] }

  static func restored(from values: [StoredValue]) -> Mark? {
    values.doubles("mark_columns").map { Mark(columns: Int($0[0])) }
  }

  func apply(rows: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    for index in 0..<rows * columns {
      output[2 * index] = input[index]
      output[2 * index + 1] = input[index] > 10 ? 1 : 0
    }
  }

  func add(to hash: inout Fingerprint) { hash.add("mark") }
  func fitted(to source: InMemorySource) -> any ColumnStep { Mark(columns: source.featureColumns) }

  func fitted(to rows: StreamedRows, selection: [Int32]?, after before: ColumnPipeline) -> any ColumnStep {
    Mark(columns: before.outputColumns(of: rows.columns))
  }
}

@Suite struct RowReaderTests {
  private let held = InMemorySource(
    features: (0..<900).map { Float(($0 * 37) % 101) / 4 }, sampleShape: [3], targets: (0..<300).map { Float($0 % 5) },
    targetColumns: 1, targetKind: .classes(count: 5, names: []), featureNames: ["a", "b", "c"])

  private func rows(stored: Int = 7, first: Int = 3) -> StreamedRows {
    StreamedRows(HeldRows(source: held, storedChunkRows: stored, firstRow: first))
  }

  /// Streamed in a shuffled order by a reader that is no file: what is gathered are the rows of the order.
  private func gathered(_ source: StreamedSource) throws -> (rows: [Int32], features: [Float], targets: [Float]) {
    let order = BatchOrder(count: source.count, seed: 4, shuffle: true, plan: source.plan)
    var rows = [Int32](repeating: -1, count: source.count)
    rows.withUnsafeMutableBufferPointer { order.fill($0, epoch: 0, attempt: 0) }
    source.begin(order.schedule(epoch: 0, attempt: 0), at: 0)
    var (features, targets) = ([Float](), [Float]())
    for first in stride(from: 0, to: source.count, by: 10) {
      let positions = first..<min(first + 10, source.count)
      try source.prepare(positions)
      let batch = source.gathered(Array(rows[positions]))
      features += batch.features
      targets += batch.targets
    }
    return (rows, features, targets)
  }

  @Test func anyReaderCanBeStreamed() throws {
    let source = try rows().source(nil, pipeline: .none, bytes: 1600, batch: 10, isShuffled: true)
    let read = try gathered(source)
    #expect(read.rows.sorted() == (0..<300).map { Int32($0) } && read.rows != read.rows.sorted())
    let whole = held.gathered(read.rows)
    #expect(read.features == whole.features && read.targets == whole.targets)
    #expect(source.featureNames == ["a", "b", "c"] && source.targetRange == 0...4)
    #expect(source.targetKind == .classes(count: 5, names: []) && source.fingerprint.hasPrefix("sampled:"))
    let error = datasetError {
      _ = try rows(stored: 200).source(nil, pipeline: .none, bytes: 1600, batch: 10, isShuffled: true)
    }
    #expect(error?.place == "held rows", "a stored chunk is larger than a window")
  }

  @Test func itsRowsAreScaledAndKeptToo() throws {
    let selection = (0..<300).filter { $0 % 4 != 1 }.map { Int32($0) }
    let pipeline = try ColumnPipeline([ScalingMethod.minMax], fittedTo: rows(), selection: selection)
    let part = held.selecting(selection)
    #expect(pipeline.stored == (try ColumnPipeline([ScalingMethod.minMax], fittedTo: part)).stored)
    let read = try gathered(
      rows().source(selection, pipeline: pipeline, bytes: 1600, batch: 10, isShuffled: true))
    let scaled = pipeline.applied(to: part)
    #expect(read.features == scaled.gathered(read.rows).features)
    let kept = try rows().kept(selection, pipeline: pipeline)
    try kept.prepare(0..<1)
    #expect(kept.gathered([0, 5]).features == scaled.gathered([0, 5]).features)
  }

  @Test func stepsAreFittedToWhatTheOnesBeforeMake() throws {
    let rules: [any ColumnRule] = [Mark(), ScalingMethod.minMax]
    let whole = try ColumnPipeline(rules, fittedTo: held)
    #expect(whole.columns == 3 && whole.outputColumns(of: 3) == 6)
    #expect(whole.stored.floats("scaling_offset")?.count == 6 && whole.stored.doubles("mark_columns") == [3])
    let made = whole.applied(to: held)
    #expect(made.sampleShape == [6] && made.count == 300 && made.targets == held.targets)
    // Value and mark of a row's first column, scaled by hand.
    let first = held.features[0]
    let column = stride(from: 0, to: 900, by: 3).map { held.features[$0] }
    let (low, high) = (try #require(column.min()), try #require(column.max()))
    #expect(made.features[0] == (first - low) / (high - low) && made.features[1] == (first > 10 ? 1 : 0))
    // By chunks the same, also where a step makes more columns than are read.
    let streamed = try ColumnPipeline(rules, fittedTo: rows(), selection: nil)
    #expect(streamed.stored == whole.stored)
    let source = try rows().source(nil, pipeline: streamed, bytes: 2800, batch: 10, isShuffled: true)
    #expect(source.sampleShape == [6])
    let read = try gathered(source)
    #expect(read.features == made.gathered(read.rows).features)
    let plain = try rows().source(nil, pipeline: .none, bytes: 2800, batch: 10, isShuffled: true)
    #expect(source.fingerprint != plain.fingerprint)
  }
}

@Suite struct StoredColumnTests {
  private let scaling = Scaling(method: .standard, offset: [1, 2], scale: [0.5, 4])

  @Test func aPipelineComesBackFromItsValues() throws {
    let pipeline = ColumnPipeline([scaling])
    let names = pipeline.stored.map(\.name)
    #expect(names == ["scaling", "scaling_offset", "scaling_scale"], "in the order of a checkpoint's file")
    let back = try ColumnPipeline(restoring: pipeline.stored)
    #expect(back.stored == pipeline.stored && back.columns == 2)
    #expect(ColumnPipeline.none.stored == [StoredValue("scaling", .word("none"))])
    #expect(try ColumnPipeline(restoring: ColumnPipeline.none.stored).steps.isEmpty)
  }

  @Test func valuesThatDoNotFitTogetherAreRefused() {
    let stored = scaling.stored
    let wrong: [[StoredValue]] = [
      [stored[0]], [stored[0], stored[1]], [StoredValue("scaling", .word("none")), stored[1], stored[2]],
      [StoredValue("scaling", .word("robust")), stored[1], stored[2]],
      [stored[0], stored[1], StoredValue("scaling_scale", .floats([1]))],
    ]
    for values in wrong { #expect(throws: ColumnError.self) { try ColumnPipeline(restoring: values) } }
  }

  @Test func originsComeBackFromTheirValues() {
    let origins = FeatureOrigins(origin: [0, 1.7e9], unit: [1, 2])
    #expect(origins.stored.map(\.name) == ["scaling_origin", "scaling_unit"])
    #expect(FeatureOrigins(restoring: origins.stored) == origins)
    #expect(FeatureOrigins.none.stored.isEmpty && FeatureOrigins(restoring: []) == FeatureOrigins.none)
    #expect(FeatureOrigins(restoring: [origins.stored[0]]) == nil)
    #expect(FeatureOrigins(restoring: [origins.stored[0], StoredValue("scaling_unit", .doubles([1, 0]))]) == nil)
  }

  @Test func aGroupHoldsEveryKindOfValue() throws {
    let bench = try Workbench()
    try HDF5File.publish(at: bench.path("v.h5")) { file in
      for value in [
        StoredValue("w", .word("a")), StoredValue("f", .floats([1, 2])), StoredValue("d", .doubles([0.1])),
        StoredValue("t", .texts(["x", "yy"])),
      ] { try value.write(to: file.root) }
    }
    let file = try HDF5File(readingAt: bench.path("v.h5"))
    #expect(try file.root.stringAttribute("w") == "a")
    #expect(try file.root.dataset("f").read() == [1, 2] as [Float] && file.root.dataset("f").elementSize == 4)
    #expect(try file.root.dataset("d").read() == [0.1] && file.root.dataset("d").elementSize == 8)
    #expect(try file.root.dataset("t").readStrings() == ["x", "yy"])
  }
}

@Suite struct SourceKindTests {
  @Test func whatLibhdf5ReadsIsNamedInItsOrder() {
    let hdf5 = HDF5Source(path: "a.h5", features: "/x", targets: "/y")
    #expect(
      hdf5.libraryReads == [
        LibraryRead(path: "a.h5", dataset: "/x"), LibraryRead(path: "a.h5", dataset: "/y"),
        LibraryRead(path: "a.h5", dataset: "/x_columns", isOptional: true),
      ])
    #expect(NPZSource(path: "a.npz").libraryReads.isEmpty && MoonsSource(samples: 3).libraryReads.isEmpty)
  }

  @Test func sourcesAreEqualByWhatTheySay() {
    let one = DataSource.npz(path: "a", features: "x", targets: "y", rows: .all)
    #expect(one == DataSource(NPZSource(path: "a")) && Set([one, DataSource(NPZSource(path: "a"))]).count == 1)
    #expect(one != DataSource(NPZSource(path: "b")) && one != DataSource(LIBSVMSource(path: "a")))
  }

  @Test func aFileIsReadAsTheRunsIs() throws {
    let csv = DataSource.csv(path: "a.csv", targets: ["y", "2"], header: true, delimiter: ";", rows: RowRange(from: 3))
    func like(_ path: String, _ format: DataSource.Format?) -> DataSource? { csv.reading(path: path, format) }
    func expected(_ path: String, _ delimiter: String) -> DataSource {
      .csv(path: path, targets: ["y", "2"], header: true, delimiter: delimiter, rows: .all)
    }
    #expect(like("b.csv", .csv) == expected("b.csv", ";") && like("b", nil) == expected("b", ";"))
    #expect(like("b.tsv", .tsv) == expected("b.tsv", "\t") && like("b.h5", .hdf5) == nil)
    #expect(csv.targetNames == nil, "one is given by number")
    #expect(DataSource.csv(path: "a", targets: ["y"], header: true, delimiter: ",", rows: .all).targetNames == ["y"])
    #expect(DataSource(IDXSource(features: "a", targets: "b")).reading(path: "c", .idx) == nil)
    #expect(
      DataSource(IDXSource(features: "a", targets: "b")).reading(path: "c", nil) == DataSource(IDXSource(features: "c"))
    )
    #expect(DataSource(MoonsSource(samples: 3)).reading(path: "c", nil) == nil)
  }

  @Test func featuresCanBeChosenWhereTheyHaveNames() {
    let hdf5 = HDF5Source(path: "a.h5", targets: "/y", rows: RowRange(to: 4))
    #expect(
      hdf5.choosing(features: "/z")
        == DataSource(HDF5Source(path: "a.h5", features: "/z", targets: "/y", rows: RowRange(to: 4))))
    #expect(CSVSource(path: "a.csv", targets: []).choosing(features: "x") == nil)
  }
}
