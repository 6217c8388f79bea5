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

  /// What NumPy 2.4.6 gave for the draws that `makeAdding` names.
  @Test func theAddingProblemIsNumPys() throws {
    let made = try makeAdding(samples: 3, length: 5, randomState: 7)
    let values: [Double] = [
      0x1.388f0a7465c98p-4, 0x1.8f5184146a0a7p-1, 0x1.c0ee597d36686p-2, 0x1.726a071d284d9p-1, 0x1.f4bb0a93b67b2p-1,
      0x1.13b5bb10e3428p-1, 0x1.0092dc858d345p-1, 0x1.271f16d6b7f40p-4, 0x1.12e1ab020959cp-2, 0x1.ffe132c38dcbep-2,
      0x1.5bc408b79a716p-1, 0x1.9b83aed52c786p-1, 0x1.86156eb24bef0p-2, 0x1.0e13455941d60p-4, 0x1.270fa3d60e7e0p-2,
    ]
    #expect(made.x.indices.filter { $0 % 2 == 0 }.map { made.x[$0] } == values)
    let marks: [Double] = [0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0]
    #expect(made.x.indices.filter { $0 % 2 == 1 }.map { made.x[$0] } == marks)
    #expect(made.y == [0x1.80ddc598c92c0p+0, 0x1.38999debba410p-1, 0x1.0f67600860347p+0])
    // Halves of one place draw nothing for the marks.
    let short = try makeAdding(samples: 2, length: 2, randomState: 1)
    #expect(short.y == [0x1.232923ddc072ap+0, 0x1.35b4a71046f10p-2])
    #expect(short.source.sampleShape == [2, 2] && short.source.targetKind == .values)
    let many = try makeAdding(samples: 4000, length: 10, randomState: 3)
    let variance = many.y.map { ($0 - 1) * ($0 - 1) }.reduce(0, +) / 4000
    #expect(abs(variance - 1.0 / 6) < 0.01)
    #expect(datasetError { _ = try makeAdding(samples: 1, length: 1, randomState: 1) }?.issue == .arguments)
    #expect(datasetError { _ = try makeAdding(samples: 1 << 20, length: 1 << 20, randomState: 1) }?.issue == .arguments)
  }
}
