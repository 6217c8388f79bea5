import HDF5Storage
import Testing

/// `cairn dataset make-...` writes what scikit-learn makes.
@Suite struct GeneratedDataTests {
  static let cases: [(fixture: String, arguments: String)] = [
    ("moons/article", "make-moons --samples 3000 --noise 0.25 --random-state 1234"),
    ("moons/odd", "make-moons --samples 101 --noise 0.1 --random-state 42"),
    ("moons/plain", "make-moons --samples 10 --no-shuffle"),
    ("regression/article", "make-regression --samples 1500 --features 15 --noise 0.2 --random-state 42"),
    (
      "regression/targets",
      "make-regression --samples 50 --features 6 --informative 3 --targets 2 --bias 1.5 --random-state 7"
    ),
  ]

  @Test(arguments: cases) func isScikitLearns(_ fixture: String, _ arguments: String) throws {
    let place = try Workplace()
    let words = ["dataset"] + arguments.split(separator: " ").map(String.init) + ["--output", "made.h5"]
    let outcome = try Command(Command.cairn, words, in: place.folder).wait(limit: 60)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let made = try HDF5File(readingAt: place.path("made.h5")).root.group("data")
    let expected = try HDF5File(readingAt: repository("Tests/Fixtures/sklearn/generators.h5")).root.group(fixture)
    func values(_ group: HDF5Group, _ name: String) throws -> [Double] { try group.dataset(name).read() }
    for name in try expected.members().map(\.name) {
      let (found, wanted) = (try values(made, name), try values(expected, name))
      try #require(found.count == wanted.count, "\(name)")
      #expect(try made.dataset(name).shape == expected.dataset(name).shape, "\(name)")
      if fixture.hasPrefix("regression"), name == "y" {
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-10 })
      } else {
        #expect(found.map(\.bitPattern) == wanted.map(\.bitPattern), "\(name)")
      }
    }
  }
}
