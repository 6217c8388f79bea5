import HDF5Storage
import Testing

/// The article's experiments through the built program. The ranges are those that an independent program (JAX, float32,
/// five seeds) found, with room: they are statistics over seeds, and `scripts/article` prints ours over five.
struct ArticleTests {
  struct Expectation: CustomTestStringConvertible, Sendable {
    let recipe: String
    let loss: ClosedRange<Double>
    /// Median over the first five epochs of the first layer's gradient rms over the last one's.
    var ratio: ClosedRange<Double>?
    /// 99th percentile of the absolute mean gradient of the first layer.
    var mean: ClosedRange<Double>?

    var testDescription: String { recipe }
  }

  static let expectations = [
    Expectation(recipe: "moons-sigmoid", loss: 0.13...0.36, ratio: 0.04...0.3, mean: 0.001...0.02),
    Expectation(recipe: "moons-relu", loss: 0.12...0.17, ratio: 0.2...2.5, mean: 0.02...0.2),
    Expectation(recipe: "moons-shallow", loss: 0.28...0.36, ratio: 0.2...1.5, mean: 0.004...0.06),
    Expectation(recipe: "moons-glorot", loss: 0.13...0.36, ratio: 0.02...0.2, mean: 0.0005...0.02),
    Expectation(recipe: "moons-adam", loss: 0.12...0.19, ratio: 0.1...0.4, mean: 0.004...0.05),
    Expectation(recipe: "regression-clipped", loss: 80...400),
    Expectation(recipe: "regression-glorot", loss: 150...500),
    Expectation(recipe: "regression-l2", loss: 250...800),
  ]

  @Test(arguments: expectations) func figuresLieWhereTheyShould(_ expected: Expectation) throws {
    let place = try Workplace()
    let outcome = try Command.run(
      "train", repository("Recipes/\(expected.recipe).yaml"), "--set", "history.rows=10000", "--progress", "none",
      in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let path = place.path(try #require(place.checkpoints(expected.recipe).last))
    let history = try HDF5File(readingAt: path).root.group("history")
    let losses: [Double] = try history.group("epochs").dataset("loss").read()
    #expect(expected.loss.contains(try #require(losses.last)), "\(losses.last ?? .nan)")

    let layers = try history.stringsAttribute("layers").count
    let epochs: [Int64] = try history.dataset("epoch").read()
    let rms: [Float] = try history.dataset("gradient/rms").read()
    if let ratio = expected.ratio {
      let ratios = epochs.indices.filter { epochs[$0] < 5 }
        .map { Double(rms[$0 * layers] / rms[$0 * layers + layers - 1]) }.sorted()
      let median = ratios[ratios.count / 2]
      #expect(ratio.contains(median), "\(median)")
    }
    if let range = expected.mean {
      let all: [Float] = try history.dataset("gradient/mean").read()
      let means = epochs.indices.map { Double(abs(all[$0 * layers])) }.sorted()
      let percentile = means[means.count * 99 / 100]
      #expect(range.contains(percentile), "\(percentile)")
    }
  }
}
