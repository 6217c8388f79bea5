import Datasets
import HDF5Storage
import Testing

@Suite struct GeneratorTests {
  /// What scikit-learn gave for the same arguments.
  func fixture(_ name: String) throws -> HDF5Group {
    try HDF5File(readingAt: repository("Tests/Fixtures/sklearn/generators.h5")).root.group(name)
  }

  func doubles(_ group: HDF5Group, _ name: String) throws -> [Double] { try group.dataset(name).read() }

  @Test func moonsAreScikitLearnsToTheLastBit() throws {
    for (name, moons) in [
      ("article", try makeMoons(samples: 3000, noise: 0.25, randomState: 1234)),
      ("odd", try makeMoons(samples: 101, noise: 0.1, randomState: 42)),
      ("plain", try makeMoons(samples: 10, shuffle: false, randomState: 0)),
    ] {
      let expected = try fixture("moons/\(name)")
      #expect(try moons.x.map(\.bitPattern) == doubles(expected, "x").map(\.bitPattern), "\(name)")
      #expect(try moons.y == doubles(expected, "y"), "\(name)")
    }
  }

  @Test func regressionIsScikitLearns() throws {
    for (name, data) in [
      ("article", try makeRegression(samples: 1500, features: 15, noise: 0.2, randomState: 42)),
      (
        "targets",
        try makeRegression(samples: 50, features: 6, informative: 3, targets: 2, bias: 1.5, randomState: 7)
      ),
    ] {
      let expected = try fixture("regression/\(name)")
      #expect(try data.x.map(\.bitPattern) == doubles(expected, "x").map(\.bitPattern), "\(name)")
      #expect(try data.coefficients == doubles(expected, "coef"), "\(name)")
      let y = try doubles(expected, "y")
      try #require(data.y.count == y.count)
      let worst = zip(data.y, y).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-10, "\(name)")
    }
  }

  @Test func smallAndImpossibleArguments() throws {
    #expect(try makeMoons(samples: 2, randomState: 1).x.count == 4)
    #expect(try makeMoons(samples: 3, shuffle: false, randomState: 1).y == [0, 1, 1])
    #expect(try makeRegression(samples: 1, features: 2, informative: 5, randomState: 1).coefficients?.count == 2)
    let error = try #require(datasetError { _ = try makeMoons(samples: 100, noise: -1, randomState: 1) })
    #expect(error.issue == .arguments && error.kind == .badData)
    #expect(
      error.description == "make_moons: `noise` is impossible; expected a finite number >= 0, found -1.0")
    #expect(datasetError { _ = try makeMoons(samples: 0, randomState: 1) } != nil)
    // As scikit-learn: the one row is the inner moon's first.
    let one = try makeMoons(samples: 1, randomState: 1)
    #expect(one.x == [0, 0.5] && one.y == [1])
    #expect(datasetError { _ = try makeRegression(samples: 10, features: 0, randomState: 1) } != nil)
    #expect(datasetError { _ = try makeRegression(samples: 1 << 30, features: 1 << 30, randomState: 1) } != nil)
  }

  @Test func generatedDataTrains() throws {
    let source = try makeMoons(samples: 100, noise: 0.1, randomState: 3).source
    #expect(source.count == 100 && source.sampleShape == [2] && source.targetColumns == 1)
    #expect(source.targetKind == .classes(count: 2, names: []))
    #expect(try makeRegression(samples: 5, targets: 3, randomState: 3).source.targetColumns == 3)
  }

  @Test func aWrittenFileHoldsDataAndArguments() throws {
    let bench = try Workbench()
    let data = try makeRegression(samples: 20, features: 4, informative: 2, noise: 0.5, randomState: 9)
    try data.write(to: bench.path("r.h5"))
    let root = try HDF5File(readingAt: bench.path("r.h5")).root
    #expect(try root.dataset("/data/x").shape == [20, 4] && root.dataset("/data/y").shape == [20])
    #expect(try root.dataset("/data/coef").shape == [4])
    #expect(try root.dataset("/data/x").elementSize == 8)
    #expect(try root.dataset("/data/x").read() == data.x)
    #expect(try root.dataset("/data/y").read() == data.y)
    #expect(try root.stringAttribute("generator") == "make_regression")
    #expect(try root.attribute("noise") == 0.5 as Double)
    #expect(try root.attribute("random_state") == 9 as Int64)
    let loaded = try HDF5Source(path: bench.path("r.h5")).load()
    #expect(loaded.fingerprint == data.source.fingerprint)
    try makeMoons(samples: 10, noise: 0.1, randomState: 9).write(to: bench.path("m.h5"))
    #expect(try HDF5Source(path: bench.path("m.h5")).load().targetKind == .values)
  }
}
