import Datasets
import Foundation
import HDF5Storage
import Testing

@Suite struct WindowTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  func csv(_ text: String, _ windows: SeriesWindows, targets: [String] = ["t"], features: [String] = []) throws
    -> DataSource
  {
    .csv(
      path: try bench.file("s.csv", text), targets: targets, header: true, delimiter: ",", rows: .all,
      features: features,
      windows: windows)
  }

  func table(_ source: DataSource, _ options: ReadOptions = ReadOptions(targets: .values)) throws -> SequenceTable {
    try #require(try source.kind.sequences(seed: 0, options: options))
  }

  /// Rows t, u = 100 + t.
  func counting(_ rows: Int) -> String { "t,u\n" + (0..<rows).map { "\($0),\(100 + $0)\n" }.joined() }

  @Test func windowsAndWhatComesAfterThem() throws {
    let source = try table(csv(counting(8), SeriesWindows(length: 3, horizon: 2))).source()
    // First rows 0...3: the last target is row 3 + 2 + 2 = 7.
    #expect(source.count == 4 && source.sampleShape == [3, 2] && source.featureNames == ["t", "u"])
    let rows = source.gathered([0, 3])
    #expect(rows.features == [0, 100, 1, 101, 2, 102, 3, 103, 4, 104, 5, 105])
    #expect(rows.targets == [4, 7])
    let strided = try table(csv(counting(8), SeriesWindows(length: 3, horizon: 1, stride: 4))).source()
    #expect(strided.count == 2 && strided.gathered([1]).targets == [7])
    #expect(strided.gathered([1]).features == [4, 104, 5, 105, 6, 106])
  }

  @Test func bordersOfASeries() throws {
    func count(_ rows: Int, _ windows: SeriesWindows) throws -> Int? {
      try? table(csv(counting(rows), windows)).source().count
    }
    #expect(try count(4, SeriesWindows(length: 3)) == 1)
    #expect(try count(3, SeriesWindows(length: 3)) == nil)
    #expect(try count(5, SeriesWindows(length: 3, horizon: 2)) == 1)
    #expect(try count(4, SeriesWindows(length: 3, horizon: 2)) == nil)
    // Without targets the window's own rows are enough.
    let alone = try table(
      csv(counting(3), SeriesWindows(length: 3)), ReadOptions(featuresAlone: true, featureNames: ["t", "u"])
    ).source()
    #expect(alone.count == 1 && alone.targetColumns == 0)
  }

  @Test func groupsThatAreMixedAreSeriesOfTheirOwn() throws {
    let text = "t,g\n" + "0,b\n10,a\n1,b\n2,b\n11,a\n12,a\n3,b\n99,c\n"
    let made = try table(csv(text, SeriesWindows(length: 2, by: "g")))
    #expect(made.streams.map(\.name) == ["b", "a", "c"])
    #expect(made.streams.map(\.positions) == [0..<4, 4..<7, 7..<8])
    let source = try made.source()
    #expect(source.count == 3 && source.sampleShape == [2, 1])
    let rows = source.gathered([0, 1, 2])
    #expect(rows.features == [0, 1, 1, 2, 10, 11] && rows.targets == [2, 3, 12])
    #expect(source.warnings.count == 1)
    #expect(source.warnings[0].contains("1 of 3 groups are shorter than a window (3 rows) and give no sample"))
    let gap = try #require(datasetError { _ = try table(csv("t,g\n1,a\n2,\n", SeriesWindows(length: 1, by: "g"))) })
    #expect(gap.description.contains("s.csv:3:3: the row belongs to no series or group: `g` is empty"))
    #expect(datasetError { _ = try table(csv(text, SeriesWindows(length: 1, by: "h"))) }?.issue == .missingName)
  }

  @Test func theLastPartOfEachGroupIsHeldBack() throws {
    let text = "t,g\n" + (0..<20).map { "\($0),\($0 % 2 == 0 ? "even" : "odd")\n" }.joined()
    let (first, last) = try table(csv(text, SeriesWindows(length: 2, by: "g"))).split(last: 0.3)
    let (train, held) = (try first.source(), try last.source())
    // Of ten rows seven and three.
    #expect(train.count == 10 && held.count == 2)
    #expect(train.gathered([4]).targets == [12] && held.gathered([0]).features == [14, 16])
    #expect(held.gathered([0, 1]).targets == [18, 19])
  }

  @Test func featuresAreNamedOrAllButTheGroups() throws {
    let text = "day,t,u,g\nMonday,1,2,a\nTuesday,3,4,a\nFriday,5,6,a\n"
    let source = try table(csv(text, SeriesWindows(length: 2, by: "g"), targets: ["u"], features: ["u", "t"])).source()
    #expect(source.featureNames == ["u", "t"] && source.gathered([0]).features == [2, 1, 4, 3])
    #expect(source.gathered([0]).targets == [6])
    #expect(datasetError { _ = try table(csv(text, SeriesWindows(length: 2), targets: ["u"])) }?.issue == .textFeature)
    #expect(
      datasetError { _ = try table(csv(text, SeriesWindows(length: 2), features: ["t", "t"])) }?.issue == .arguments)
    // Without windows a column is one or the other.
    let plain = DataSource.csv(
      path: bench.path("s.csv"), targets: ["u"], header: true, delimiter: ",", rows: .all, features: ["t"])
    #expect(try plain.load(seed: 0).featureNames == ["t"])
    let both = DataSource.csv(
      path: bench.path("s.csv"), targets: ["u"], header: true, delimiter: ",", rows: .all, features: ["u"])
    #expect(datasetError { _ = try both.load(seed: 0) }?.issue == .arguments)
  }

  @Test func scalingIsFittedToTheRowsThatAreTrainedOn() throws {
    let made = try table(csv(counting(10), SeriesWindows(length: 2)))
    let (first, _) = try made.split(last: 0.5)
    let pipeline = try ColumnPipeline([ScalingMethod.minMax], fittedTo: first)
    #expect(pipeline.columns == 2)
    let (train, held) = try made.applying(pipeline).split(last: 0.5)
    // 0...4 becomes 0...1; targets stay.
    #expect(try train.source().gathered([0]).features == [0, 0, 0.25, 0.25])
    #expect(try train.source().gathered([0]).targets == [2])
    #expect(try held.source().gathered([0]).features == [1.25, 1.25, 1.5, 1.5])
  }

  @Test func windowsWithGapsAreLeftOut() throws {
    let text = "t\n0\n1\n\"\"\n3\n4\n5\nNaN\n7\n8\n9\n"
    let made = try table(csv(text, SeriesWindows(length: 2)), ReadOptions(nonFinite: .keep, targets: .values))
    let source = try made.source(finiteAlone: true)
    // Rows 3, 4 and 5; and 7, 8 and 9.
    #expect(source.count == 2 && source.numbers == [3, 7])
    #expect(source.gathered([0, 1]).features == [3, 4, 7, 8] && source.gathered([0, 1]).targets == [5, 9])
    #expect(source.warnings.last?.contains("6 of 8 windows hold NaN or Inf and are left out") ?? false)
    #expect(try made.source(finiteAlone: true, without: [3]).numbers == [7])
    #expect(datasetError { _ = try made.source(without: [8]) }?.issue == .arguments)
    #expect(datasetError { _ = try table(csv(text, SeriesWindows(length: 2))) } != nil)
  }

  @Test func arraysOfHDF5AndNPZ() throws {
    let (x, y) = ((0..<12).map { Float($0) }, (0..<6).map { Float(10 * $0) })
    try HDF5File.publish(at: bench.path("s.h5")) { file in
      try file.root.write(x, shape: [6, 2], to: "data/x")
      try file.root.write(y, shape: [6], to: "data/y")
      try file.root.write(["p", "q", "p", "q", "p", "q"], to: "data/name")
      try file.root.write([7, 7, 7, 8, 8, 8] as [Int64], shape: [6], to: "data/number")
      try file.root.write([1, 2] as [Int64], shape: [2], to: "data/short")
    }
    var source = HDF5Source(path: bench.path("s.h5"))
    source.windows = SeriesWindows(length: 2, by: "/data/name")
    let named = try table(DataSource(source)).source()
    #expect(named.count == 2 && named.schema.targetShape == [1])
    #expect(
      named.gathered([0, 1]).features == [0, 1, 4, 5, 2, 3, 6, 7] && named.gathered([0, 1]).targets == [40, 50])
    source.windows = SeriesWindows(length: 2, by: "/data/number")
    #expect(try table(DataSource(source)).streams.map(\.name) == ["7", "8"])
    #expect(try table(DataSource(source)).source().gathered([1]).targets == [50])
    source.rows = RowRange(from: 1, to: 6)
    #expect(try table(DataSource(source)).source().gathered([0]).features == [6, 7, 8, 9])
    source.windows = SeriesWindows(length: 2, by: "/data/short")
    #expect(datasetError { _ = try table(DataSource(source)) }?.issue == .shape)
    source.windows = SeriesWindows(length: 2, by: "/data/y")
    #expect(datasetError { _ = try table(DataSource(source)) }?.issue == .type)

    var file = NPZFile()
    file.add(x, shape: [6, 2], as: "x")
    file.add(y, shape: [6], as: "y")
    file.add([2, 1, 2, 1, 2, 1] as [Int32], shape: [6], as: "group")
    try file.publish(at: bench.path("s.npz"))
    var archive = NPZSource(path: bench.path("s.npz"))
    archive.windows = SeriesWindows(length: 2, by: "group")
    let read = try table(DataSource(archive)).source()
    #expect(read.gathered([0, 1]).features == named.gathered([0, 1]).features)
    #expect(read.gathered([0, 1]).targets == [40, 50])
    archive.windows = SeriesWindows(length: 2, by: "y")
    #expect(datasetError { _ = try table(DataSource(archive)) }?.issue == .type)
  }

  @Test func classesAreTargetsToo() throws {
    let text = "t,c\n0,x\n1,y\n2,x\n3,z\n"
    let source = try table(
      csv(text, SeriesWindows(length: 1), targets: ["c"], features: ["t"]), ReadOptions(targets: .classes)
    ).source()
    #expect(source.targetKind == .classes(count: 3, names: ["x", "y", "z"]))
    #expect(source.gathered([0, 1, 2]).targets == [1, 0, 2])
    let other = try table(
      csv(text, SeriesWindows(length: 1), targets: ["c"], features: ["t"]),
      ReadOptions(targets: .classes, classNames: ["z", "y", "x"])
    ).source()
    #expect(other.gathered([0, 1, 2]).targets == [1, 2, 0])
  }

  @Test func theFingerprintTellsWindowsApart() throws {
    let prints = try [
      SeriesWindows(length: 2), SeriesWindows(length: 3), SeriesWindows(length: 2, horizon: 2),
      SeriesWindows(length: 2, stride: 2),
    ].map { try table(csv(counting(9), $0)).source().fingerprint }
    #expect(Set(prints).count == 4)
    #expect(try table(csv(counting(9), SeriesWindows(length: 2))).source().fingerprint == prints[0])
  }
}
