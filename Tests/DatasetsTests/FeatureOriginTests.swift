import Foundation
import HDF5Storage
import Testing

@testable import Datasets

/// Features that float32 does not hold well are measured from an origin: the same floats from every format.
@Suite struct FeatureOriginTests {
  let bench: Workbench
  let count = 200

  init() throws { bench = try Workbench() }

  /// Time stamps a second apart, numbers around 1e8, plain ones, a constant, and ranges beyond float32's.
  private var rows: [[Double]] {
    (0..<count).map { row in
      let wave = Double(row * 7919 % 200) / 200 - 0.5
      return [
        1_700_000_000 + Double(row), 1e8 + wave, wave, 123_456_789.1, wave * 1e300, wave * 1e-300, wave * 6e38,
      ]
    }
  }

  private func sources() throws -> [String: DataSource] {
    var (table, sparse) = ("t,near,g,c,big,small,wide,y\n", "")
    for row in rows {
      table += row.map { "\($0)" }.joined(separator: ",") + ",0.5\n"
      sparse += "0.5 " + row.enumerated().map { "\($0 + 1):\($1)" }.joined(separator: " ") + "\n"
    }
    let csv = try bench.file("t.csv", table)
    let libsvm = try bench.file("t.libsvm", sparse)
    let path = bench.path("t.h5")
    try HDF5File.publish(at: path) { file in
      try file.root.write(rows.flatMap { $0 }, shape: [count, 7], to: "data/x")
      try file.root.write([Float](repeating: 0.5, count: count), shape: [count, 1], to: "data/y")
    }
    return [
      "csv": .csv(path: csv, targets: ["y"], header: true, delimiter: ",", rows: .all),
      "libsvm": .libsvm(path: libsvm, features: nil, zeroBased: nil, rows: .all), "hdf5": DataSource(path: path, .hdf5),
    ]
  }

  @Test func everyFormatGivesTheSameFloats() throws {
    let sources = try sources()
    let read = try sources.mapValues { try $0.load(seed: 0, options: ReadOptions(origins: .fitted)) }
    let csv = try #require(read["csv"])
    #expect(csv.origins.columns == [0, 1, 4, 5, 6] && csv.origins.origin[0] == 1_700_000_000)
    #expect((0..<count).map { csv.features[7 * $0] } == (0..<count).map { Float($0) })
    for (name, source) in read { #expect(source.fingerprint == csv.fingerprint, "\(name)") }
    for (name, source) in sources {
      let again = try source.load(seed: 0, options: ReadOptions(origins: .given(csv.origins)))
      #expect(again.fingerprint == csv.fingerprint, "\(name)")
    }
    // By chunks too, fitted or given.
    for rule in [OriginRule.fitted, .given(csv.origins)] {
      let hdf5 = DataSource(path: bench.path("t.h5"), .hdf5)
      let file = try #require(try StreamedRows(hdf5, largerThan: 0, options: ReadOptions(origins: rule)))
      #expect(file.origins == csv.origins)
      let pipeline = try ColumnPipeline(ScalingMethod.standard.rules, fittedTo: file, selection: nil)
      let streamed = try file.source(nil, pipeline: pipeline, bytes: 3000, batch: 8, isShuffled: false)
      streamed.begin(streamed.plan?.inOrder ?? [], at: 0)
      var features: [Float] = []
      for first in stride(from: 0, to: count, by: 8) {
        try streamed.prepare(first..<first + 8)
        features += streamed.gathered((first..<first + 8).map { Int32($0) }).features
      }
      #expect(features == pipeline.applied(to: csv).features)
    }
  }

  @Test func scalingIsThatOfDoubles() throws {
    let source = try #require(try sources()["csv"]).load(seed: 0, options: ReadOptions(origins: .fitted))
    for method in [ScalingMethod.standard, .minMax] {
      let scaled = try ColumnPipeline([method], fittedTo: source).applied(to: source).features
      for column in [0, 1, 2, 4, 5, 6] {
        // By hand, in units in which no square leaves a Double.
        let unit = column == 4 ? 1e300 : column == 5 ? 1e-300 : 1
        let values = rows.map { $0[column] / unit }
        let mean = values.reduce(0, +) / Double(count)
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
        for row in 0..<count {
          let expected = method == .standard ? (values[row] - mean) / deviation : (values[row] - low) / (high - low)
          #expect(abs(Double(scaled[7 * row + column]) - expected) < 2e-6, "\(method), column \(column), row \(row)")
        }
      }
      #expect((0..<count).allSatisfy { scaled[7 * $0 + 3] == 0 })
    }
  }

  @Test func describedInTrueFigures() throws {
    let source = try #require(try sources()["hdf5"])
    for buffer in [1 << 30, 4000] {
      let options = ReadOptions(nonFinite: .keep, origins: .fitted)
      let description = try DatasetDescription(of: source.open(seed: 0, options: options, buffer: buffer))
      let stamp = description.features[0]
      #expect(stamp.minimum == 1_700_000_000 && stamp.maximum == 1_700_000_199 && stamp.mean == 1_700_000_099.5)
      #expect(abs(stamp.standardDeviation - 57.734) < 0.001)
      #expect(abs(description.features[4].maximum / 4.95e299 - 1) < 1e-6)
      #expect(description.features[3].isConstant && !stamp.isConstant)
    }
  }

  @Test func ordinaryFeaturesStayAsTheyAre() throws {
    // Years, pixels, decimals, constants, a column of nearly all zeros: the floats of before.
    let lines = (0..<60).map { (row: Int) -> String in
      "\(1960 + row),\(row % 256),0.\(row)1,0.1,\(row == 7 ? 1 : 0),1\n"
    }
    let path = try bench.file("o.csv", "year,pixel,part,c,rare,y\n" + lines.joined())
    let source = CSVSource(path: path, targets: [.name("y")])
    let fitted = try source.load(ReadOptions(origins: .fitted))
    let plain = try source.load()
    #expect(fitted.origins.isEmpty && fitted.fingerprint == plain.fingerprint && fitted.warnings.isEmpty)
  }

  @Test func withoutScalingDigitsThatAreLostAreTold() throws {
    let path = try bench.file("s.csv", "stamp,y\n" + (0..<9).map { "\(1_700_000_000 + $0),\($0)\n" }.joined())
    let source = try CSVSource(path: path, targets: [.name("y")]).load()
    #expect(source.origins.isEmpty && source.warnings.count == 1)
    #expect(source.warnings.first?.contains("`stamp` loses digits in float32") == true)
    let large = try bench.file("l.csv", "v,y\n1e39,1\n2,0\n")
    let error = datasetError { _ = try CSVSource(path: large, targets: [.name("y")]).load() }
    #expect(error?.issue == .nonFinite(row: 0, column: 0) && error?.expected?.contains("3.4e38") == true)
  }

  @Test func wholeNumbersOf64BitsKeepEveryDigit() throws {
    // Nanoseconds: a Double has 256 of them between two neighbours.
    let start: Int64 = 1_700_000_000_000_000_000
    let path = bench.path("ns.h5")
    try HDF5File.publish(at: path) { file in
      let numbers = (0..<1000).map { (row: Int64) -> Int64 in start + 3 * row }
      try file.root.write(numbers, shape: [1000, 1], to: "data/x")
      try file.root.write([Float](repeating: 0, count: 1000), shape: [1000, 1], to: "data/y")
    }
    let source = try HDF5Source(path: path).load(ReadOptions(origins: .fitted))
    let steps = (0..<1000).map { (row: Int) -> Float in Float(3 * row) }
    #expect(source.features == steps)
    let lines = (0..<1000).map { (row: Int64) -> String in "\(start / 10 + 3 * row),0.5\n" }
    let csv = try bench.file("ns.csv", "t,y\n" + lines.joined())
    let text = try CSVSource(path: csv, targets: [.name("y")]).load(ReadOptions(origins: .fitted))
    #expect(zip(text.features, text.features.dropFirst()).allSatisfy { $1 - $0 == 3 })
  }

  @Test func conversionKeepsTheDigits() throws {
    let source = try #require(try sources()["csv"])
    let read = try source.load(seed: 0, options: ReadOptions(nonFinite: .keep, origins: .digits))
    #expect(read.origins.columns == [0, 1, 5])
    try read.write(to: bench.path("out.h5"))
    let file = try HDF5File(readingAt: bench.path("out.h5"))
    let values: [Double] = try file.root.dataset("data/x").read()
    #expect((0..<count).map { values[7 * $0] } == rows.map { $0[0] })
    let back = try HDF5Source(path: bench.path("out.h5")).load(ReadOptions(nonFinite: .keep, origins: .digits))
    #expect(back.features == read.features || back.features.contains { $0.isInfinite })
  }
}
