import Foundation
import HDF5Storage
import Testing

@testable import Datasets

/// A file of `count` rows of three features and a class, whose values tell row and column.
private struct LargeFile {
  let bench: Workbench
  let path: String
  let count: Int

  init(count: Int = 1000, change: (inout [Float]) -> Void = { _ in }) throws {
    bench = try Workbench()
    path = bench.path("large.h5")
    self.count = count
    var features = (0..<3 * count).map { Float($0) / 4 }
    change(&features)
    try HDF5File.publish(at: path) { file in
      try file.root.write(features, shape: [count, 3], to: "data/x")
      try file.root.write((0..<count).map { Int32($0 % 5) }, shape: [count], to: "data/y")
    }
  }

  var source: DataSource { .hdf5(path: path, features: "/data/x", targets: "/data/y", rows: .all) }

  func opened(_ policy: NonFinitePolicy = .refuse, rows: RowRange = .all) throws -> StreamedRows {
    let source = DataSource.hdf5(path: path, features: "/data/x", targets: "/data/y", rows: rows)
    return try #require(try StreamedRows(source, largerThan: 0, options: ReadOptions(nonFinite: policy)))
  }
}

/// Gathers an epoch batch by batch, as a trainer does.
private func epoch(
  of source: some SampleSource, batch: Int, order: BatchOrder, number: Int = 0, from first: Int = 0
) throws -> (rows: [Int32], features: [Float], targets: [Float]) {
  var rows = [Int32](repeating: -1, count: source.count)
  rows.withUnsafeMutableBufferPointer { order.fill($0, epoch: number, attempt: 0) }
  source.begin(order.schedule(epoch: number, attempt: 0), at: first * batch)
  var (features, targets) = ([Float](), [Float]())
  for index in first..<BatchOrder.batches(size: batch, count: source.count) {
    let positions = BatchOrder.batch(index, size: batch, count: source.count)
    try source.prepare(positions)
    let gathered = source.gathered(Array(rows[positions]))
    features += gathered.features
    targets += gathered.targets
  }
  return (rows, features, targets)
}

@Suite struct WindowPlanTests {
  private func order(_ plan: WindowPlan, seed: UInt64 = 3, epoch: Int = 0, attempt: Int = 0) -> [Int32] {
    let count = Int(plan.starts[plan.chunks])
    var rows = [Int32](repeating: -1, count: count)
    rows.withUnsafeMutableBufferPointer {
      BatchOrder(count: count, seed: seed, shuffle: true, plan: plan).fill($0, epoch: epoch, attempt: attempt)
    }
    return rows
  }

  @Test(arguments: [(1, 1), (7, 30), (10, 100), (100, 100), (64, 1000), (1000, 10)])
  func everyRowComesOnceFromItsWindow(chunkRows: Int, windowRows: Int) {
    let some = (0..<500).filter { $0 % 7 != 0 && !(100..<230).contains($0) }.map { Int32($0) }
    for selection in [nil, some] as [[Int32]?] {
      let plan = WindowPlan(chunkRows: chunkRows, fileRows: 500, selection: selection, windowRows: windowRows)
      let count = selection?.count ?? 500
      let rows = order(plan)
      #expect(rows.sorted() == (0..<Int32(count)).map { $0 })
      let schedule = BatchOrder(count: count, seed: 3, shuffle: true, plan: plan).schedule(epoch: 0, attempt: 0)
      #expect(schedule.map(\.positions).reduce(0) { $1.lowerBound == $0 ? $1.upperBound : -1 } == count)
      for window in schedule {
        let inChunks = window.chunks.flatMap { plan.rows(ofChunk: $0) }
        #expect(rows[window.positions].sorted() == inChunks.sorted())
        #expect(window.chunks.count * chunkRows <= max(windowRows, chunkRows))
      }
    }
  }

  @Test func ordersFollowSeedEpochAndAttempt() {
    let plan = WindowPlan(chunkRows: 10, fileRows: 500, selection: nil, windowRows: 100)
    let orders = [
      order(plan), order(plan, epoch: 1), order(plan, attempt: 1), order(plan, epoch: 1, attempt: 1),
      order(plan, seed: 4),
    ]
    #expect(Set(orders).count == orders.count && order(plan, epoch: 1) == orders[1])
    // Windows do not keep company: of two rows that share one, few share the next epoch's.
    let windows = [0, 1].map { order(plan, epoch: $0)[..<100] }
    #expect(Set(windows[0]).intersection(windows[1]).count < 60)
    // Within a window rows of all its chunks are mixed.
    #expect(Set(orders[0][..<20].map { $0 / 10 }).count > 5)
  }

  @Test func withoutShufflingRowsStandAsTheyAre() {
    let plan = WindowPlan(chunkRows: 10, fileRows: 95, selection: nil, windowRows: 30)
    #expect(plan.inOrder.map(\.positions) == [0..<20, 20..<50, 50..<70, 70..<95])
    #expect(BatchOrder(count: 95, seed: 1, shuffle: false, plan: plan).schedule(epoch: 4, attempt: 0) == plan.inOrder)
  }
}

@Suite struct StreamedSourceTests {
  /// 16 bytes a row: two windows of 3200 bytes hold 200 rows each, in chunks of 12.
  @Test(arguments: [1, 7, 32, 333, 1000, 5000])
  func batchesAreThoseOfTheSourceInMemory(batch: Int) throws {
    let file = try LargeFile()
    let whole = try file.source.load(seed: 0)
    let source = try file.opened().source(nil, pipeline: .none, bytes: 6400, batch: batch, isShuffled: true)
    let plan = try #require(source.plan)
    #expect(plan.windows == (batch < 200 ? 6 : batch < 1000 ? 4 : 2), "\(plan.windows)")
    #expect(source.count == 1000 && source.targetKind == whole.targetKind && source.sampleShape == [3])
    let order = BatchOrder(count: 1000, seed: 9, shuffle: true, plan: plan)
    for number in 0..<3 {
      let streamed = try epoch(of: source, batch: batch, order: order, number: number)
      let (features, targets) = whole.gathered(streamed.rows)
      #expect(streamed.features == features && streamed.targets == targets)
    }
    // In the middle of an epoch, and at its end.
    let batches = BatchOrder.batches(size: batch, count: 1000)
    for first in [batches / 2, batches] {
      let streamed = try epoch(of: source, batch: batch, order: order, number: 1, from: first)
      let (features, _) = whole.gathered(Array(streamed.rows[min(first * batch, 1000)...]))
      #expect(streamed.features == features)
    }
  }

  @Test func aNewBeginningTakesTheReaderElsewhere() throws {
    let file = try LargeFile()
    let whole = try file.source.load(seed: 0)
    let source = try file.opened().source(nil, pipeline: .none, bytes: 800, batch: 8, isShuffled: true)
    let order = BatchOrder(count: 1000, seed: 9, shuffle: true, plan: source.plan)
    for number in 0..<50 {
      source.begin(order.schedule(epoch: number, attempt: 0), at: number * 17)
      if number % 3 == 0 { try source.prepare(number * 17..<number * 17 + 8) }
    }
    let streamed = try epoch(of: source, batch: 8, order: order)
    #expect(streamed.features == whole.gathered(streamed.rows).features)
  }

  @Test func someRowsScaledAsInMemory() throws {
    let file = try LargeFile()
    let selection = (0..<1000).filter { $0 % 3 != 1 }.map { Int32($0) }
    let whole = try file.source.load(seed: 0).selecting(selection)
    for method in ScalingMethod.allCases {
      let scaling = try ColumnPipeline(method.rules, fittedTo: file.opened(), selection: selection)
      let fitted = try ColumnPipeline(method.rules, fittedTo: whole)
      #expect(scaling.stored.word("scaling") == method.rawValue && fitted.stored.word("scaling") == method.rawValue)
      for name in method == .none ? [] : ["scaling_offset", "scaling_scale"] {
        let (streamed, held) = (try #require(scaling.stored.floats(name)), try #require(fitted.stored.floats(name)))
        #expect(streamed.count == 3 && zip(streamed, held).allSatisfy { abs($0 - $1) <= $1.ulp })
      }
      let source = try file.opened().source(selection, pipeline: scaling, bytes: 3000, batch: 16, isShuffled: true)
      let order = BatchOrder(count: source.count, seed: 2, shuffle: true, plan: source.plan)
      let streamed = try epoch(of: source, batch: 16, order: order)
      let (features, targets) = scaling.applied(to: whole).gathered(streamed.rows)
      #expect(streamed.features == features && streamed.targets == targets)
      let kept = try file.opened().kept(selection, pipeline: scaling)
      try kept.prepare(0..<1)
      #expect(kept.gathered(streamed.rows).features == features)
    }
  }

  @Test func chunksOfHDF5AreReadToo() throws {
    let source = DataSource(path: fixture("chunked.h5"), .hdf5)
    let whole = try source.load(seed: 0)
    let file = try #require(try StreamedRows(source, largerThan: 100, options: ReadOptions(nonFinite: .refuse)))
    let streamed = try file.source(nil, pipeline: .none, bytes: 260, batch: 2, isShuffled: true)
    #expect(streamed.targetKind == .classes(count: 3, names: ["a", "b", "c"]))
    let order = BatchOrder(count: 12, seed: 2, shuffle: true, plan: streamed.plan)
    let read = try epoch(of: streamed, batch: 2, order: order)
    #expect(read.features == whole.gathered(read.rows).features && streamed.plan?.chunks == 3)
    let error = datasetError { _ = try file.source(nil, pipeline: .none, bytes: 100, batch: 2, isShuffled: true) }
    #expect(error?.description.contains("give data.buffer_mb more") == true)
    #expect(try StreamedRows(source, largerThan: 12 * 20, options: ReadOptions(nonFinite: .refuse)) == nil, "it fits")
  }

  @Test func badRowsAreRefusedWhenTheyComeOrLeftOut() throws {
    let file = try LargeFile { $0[3 * 700 + 2] = .nan }
    let source = try file.opened().source(nil, pipeline: .none, bytes: 6400, batch: 10, isShuffled: false)
    source.begin(try #require(source.plan).inOrder, at: 0)
    for first in stride(from: 0, to: 400, by: 10) { try source.prepare(first..<first + 10) }
    #expect(throws: DatasetError.self) { try source.prepare(700..<710) }
    let part = try file.opened(rows: RowRange(from: 500))
    let later = try part.source(nil, pipeline: .none, bytes: 6400, batch: 10, isShuffled: false)
    later.begin(try #require(later.plan).inOrder, at: 200)
    let found = datasetError { try later.prepare(200..<210) }
    #expect(found?.issue == .nonFinite(row: 700, column: 2) && found?.place == "\(file.path): /data/x")
    let good = try #require(try file.opened(.keep).finiteRows())
    #expect(good == (0..<1000).filter { $0 != 700 }.map { Int32($0) })
    #expect(try file.opened(.keep, rows: RowRange(to: 700)).finiteRows() == nil)
  }

  @Test func fingerprintsSayWhatTheyCover() throws {
    func fingerprint(
      _ file: LargeFile, rows: RowRange = .all, _ selection: [Int32]? = nil, _ pipeline: ColumnPipeline = .none,
      bytes: Int = 6400,
      shuffled: Bool = true
    ) throws -> String {
      try file.opened(rows: rows).source(selection, pipeline: pipeline, bytes: bytes, batch: 1, isShuffled: shuffled)
        .fingerprint
    }
    let file = try LargeFile()
    let first = try fingerprint(file)
    #expect(first.hasPrefix("sampled:") && first.count == 40)
    #expect(try fingerprint(LargeFile()) == first, "a copy is the same data")
    let others = [
      first, try fingerprint(LargeFile { $0[0] += 1 }), try fingerprint(LargeFile { $0[2999] += 1 }),
      try fingerprint(LargeFile(count: 1001)), try fingerprint(file, rows: RowRange(from: 1)),
      try fingerprint(file, [1, 2]), try fingerprint(file, [1, 3]), try fingerprint(file, bytes: 3200),
      try fingerprint(file, shuffled: false),
      try fingerprint(file, nil, ColumnPipeline([Scaling(method: .standard, offset: [1, 2, 3], scale: [1, 1, 1])])),
    ]
    #expect(Set(others).count == others.count)
    #expect(try fingerprint(file, bytes: 3200, shuffled: false) == fingerprint(file, shuffled: false))
  }

  @Test func aFileThatIsWrittenToEndsTheReading() throws {
    let file = try LargeFile()
    let source = try file.opened().source(nil, pipeline: .none, bytes: 800, batch: 8, isShuffled: false)
    source.begin(try #require(source.plan).inOrder, at: 0)
    try source.prepare(0..<8)
    let handle = try #require(FileHandle(forUpdatingAtPath: file.path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([1]))
    try handle.close()
    let error = datasetError { try source.prepare(900..<908) }
    #expect(error?.problem == "the file has been written to while it was being read")
  }

  @Test func descriptionsAreThoseOfTheSourceInMemory() throws {
    let file = try LargeFile { $0[100] = .nan }
    let whole = try DatasetDescription(of: file.source.load(seed: 0, options: ReadOptions(nonFinite: .keep)))
    let streamed = try DatasetDescription(
      of: file.source.open(seed: 0, options: ReadOptions(nonFinite: .keep), buffer: 4000))
    #expect(
      streamed == whole && streamed.features[1].missing == 1 && streamed.classCounts == [200, 200, 200, 200, 200])
  }
}
