import Foundation
import GradientHealth
import Testing

/// What a profile along time says: horizon, growth, and how bins are counted.
@Suite struct ThroughTimeTests {
  /// Bins as recurrent layers have them.
  static func starts(_ times: Int) -> [Int] { (0..<min(times, 64)).map { $0 * times / min(times, 64) } }

  /// Bins of a gradient that is `value` at so many steps from the end.
  static func profile(_ times: Int, _ value: (Int) -> Double) -> ThroughTime {
    let starts = starts(times)
    let rms = starts.indices.map { bin -> Double in
      let end = bin + 1 < starts.count ? starts[bin + 1] : times
      let squares = (starts[bin]..<end).map { pow(value(times - 1 - $0), 2) }
      return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    }
    return ThroughTime(starts: starts, rms: rms)
  }

  @Test(arguments: [1, 2, 7, 63, 64, 65, 100, 127, 128, 200, 400, 1000, 4096])
  func timesFollowFromTheBins(_ times: Int) {
    let found = Self.profile(times) { _ in 1 }.times
    #expect(abs(found - times) <= 1 && (found == times || times > 64))
  }

  /// A factor a step: the horizon is ln(0.01) / ln(factor), in fine bins and in coarse ones.
  @Test(arguments: [20, 64, 100, 200, 400, 1000], [0.3, 0.6, 0.8, 0.9, 0.97])
  func theHorizonOfAGeometricFall(_ times: Int, _ factor: Double) throws {
    let expected = log(0.01) / log(factor)
    let found = Self.profile(times) { pow(factor, Double($0)) }.horizon
    guard expected < Double(times - 1) else {
      #expect(found == nil)
      return
    }
    // Bins as wide as the horizon blur it; everywhere else it is met.
    let width = Double(times) / 64
    #expect(abs(try #require(found) - expected) <= max(0.6, width))
  }

  /// Floats end at 1e-45: beyond, all is zero, and the fall before it goes on.
  @Test func whatHasUnderflowedIsFarBack() throws {
    let steep = Self.profile(100) { $0 == 0 ? 1 : 0 }
    #expect(try #require(steep.horizon) <= 2)
    let underflowed = Self.profile(400) { Double(Float(pow(0.75, Double($0)))) }
    #expect(abs(try #require(underflowed.horizon) - log(0.01) / log(0.75)) < 7)
    let cut = Self.profile(50) { $0 < 12 ? pow(0.8, Double($0)) : 0 }
    #expect((11...13).contains(try #require(cut.horizon)))
  }

  /// A dip is no horizon: what comes back behind it has come through.
  @Test func whatRisesAgainIsReached() {
    #expect(Self.profile(50) { (10...20).contains($0) ? 1e-4 : 1 }.horizon == nil)
    #expect(Self.profile(50) { $0 == 49 ? 0.02 : 1e-4 }.horizon == nil)
  }

  @Test func nothingComesInOrNotFinite() {
    #expect(Self.profile(30) { _ in 0 }.horizon == nil)
    #expect(Self.profile(30) { _ in 0 }.growth.isNaN)
    #expect(Self.profile(30) { $0 == 20 ? .infinity : 1 }.growth == .infinity)
    #expect(Self.profile(30) { $0 == 20 ? .nan : 1 }.growth == .infinity)
    #expect(Self.profile(30) { $0 == 20 ? .nan : 1 }.horizon == nil)
    #expect(abs(Self.profile(30) { pow(1.2, Double($0)) }.growth - pow(1.2, 29)) < 1e-6)
  }

  /// The newest rows make it: the root of their mean square.
  @Test func theNewestRowsAreMerged() throws {
    var run = SyntheticRun()
    run.steps = 100
    run.series = [(HistorySeries(.throughTime, layer: "rnn", positions: [0, 1]), { [Double($0), $0 > 99 ? 3 : 1] })]
    let found = try #require(SequenceStanding.all(run.history).first)
    #expect(found.layer == "rnn" && found.throughTime?.times == 2 && !found.hidesReach)
    let squares = (96...100).reduce(0.0) { $0 + Double($1 * $1) }
    #expect(abs(found.values[0] - (squares / 5).squareRoot()) < 1e-4)
    #expect(abs(found.values[1] - ((4.0 + 9) / 5).squareRoot()) < 1e-6)
  }
}
