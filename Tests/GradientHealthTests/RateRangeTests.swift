import Foundation
import Testing

@testable import GradientHealth

/// The rule on curves whose answer is known.
struct RateRangeTests {
  private let rates = (0..<200).map { 1e-7 * pow(1e8, Double($0) / 199) }

  /// A test over the usual rates, until it is given up.
  private func range(
    _ curve: (_ rate: Double, _ step: Int) -> Double, atFirst: (Int) -> Double = { _ in 1 }
  ) -> RateRange {
    var recorder = RateRange.Recorder()
    for (step, rate) in rates.enumerated() {
      let first = atFirst(step)
      if !recorder.add(rate: rate, loss: first * curve(rate, step), atFirst: first) { break }
    }
    return recorder.range
  }

  /// 1, falling to 0.4 around 0.001, rising from 0.1 on.
  private func usual(_ rate: Double, _ step: Int) -> Double {
    1 - 0.6 / (1 + pow(0.001 / rate, 2)) + pow(rate / 0.3, 4)
  }

  @Test func theLowerOfSteepestAndATenthOfTheLargestStable() throws {
    let found = range(usual)
    let stable = try #require(found.largestStable)
    let steepest = try #require(found.steepest)
    let suggested = try #require(found.suggested)
    // The curve has risen by a tenth of its fall, 0.06, at 0.3 * 0.06^(1/4) = 0.148.
    #expect(stable > 0.1 && stable < 0.2, "\(stable)")
    // Its slope over log(rate) is steepest at 0.001.
    #expect(steepest > 0.0006 && steepest < 0.0017, "\(steepest)")
    #expect(abs(suggested / steepest - 1) < 0.05 && found.hasFallen)
    let blowUp = try #require(found.blowUp)
    #expect(blowUp > 0.2 && blowUp < 1, "\(blowUp)")
    // Steepest just before it turns: a tenth of the largest stable rate.
    let late = range { rate, _ in rate < 0.1 ? 1 - 0.6 * pow(rate / 0.1, 2) : 0.4 + pow((rate - 0.1) / 0.1, 2) }
    let bound = try #require(late.largestStable) / 10
    let taken = try #require(late.suggested)
    #expect(bound < 0.02 && abs(taken / bound - 1) < 0.05)
  }

  @Test func hardRowsAndNoiseDoNotMoveIt() throws {
    let calm = range(usual)
    // Every ninth batch has a loss a thousand times the usual one, at the first weights too.
    let hard = range(usual) { $0 % 9 == 4 ? 1000 : 1 }
    // What batches differ by, up to a half, is in both.
    let noisy = range(usual) { 1 + 0.5 * sin(Double($0 * $0)) }
    // And noise of a fifth that is in one alone.
    let rough = range { usual($0, $1) * (1 + 0.2 * sin(Double($1 * $1))) }
    for other in [hard, noisy, rough] {
      #expect(other.hasFallen)
      #expect(abs(log10(try #require(other.largestStable) / (try #require(calm.largestStable)))) < 0.25)
      #expect(abs(log10(try #require(other.suggested) / (try #require(calm.suggested)))) < 0.5)
    }
  }

  @Test func aLossThatNeverFallsHasNoSuggestion() {
    for curve in [
      { (_: Double, _: Int) in 1.0 }, { _, step in 1 + 0.1 * sin(Double(step * step)) },
      { rate, _ in 1 + pow(rate / 0.3, 4) },
    ] {
      let found = range(curve)
      #expect(!found.hasFallen && found.suggested == nil && found.steepest == nil)
    }
    // Where it rises is known all the same.
    let found = range { rate, _ in 1 + pow(rate / 0.3, 4) }
    #expect((found.largestStable ?? 0) > 0.05 && (found.largestStable ?? 1) < 0.3)
    #expect(range { _, _ in 1 }.largestStable == rates.last && range { _, _ in 1 }.blowUp == nil)
  }

  @Test func whatBlowsUpAtOnceHasNoStableRate() {
    let found = range { _, step in step < 2 ? 1 : .nan }
    #expect(found.blowUp == rates[2] && found.largestStable == nil && found.suggested == nil)
    #expect(found.points.count == 3 && found.averages.allSatisfy(\.isFinite))
    let empty = RateRange.Recorder().range
    #expect(empty.points.isEmpty && empty.suggested == nil && empty.largestStable == nil)
  }

  @Test func aRateIsNamedByTwoDigits() {
    #expect(RateRange.rounded(0.003456) == 0.0035)
    #expect(RateRange.rounded(1.26e-7) == 1.3e-7)
    #expect(RateRange.rounded(12.6) == 13 && RateRange.rounded(9.96) == 10 && RateRange.rounded(1260) == 1300)
  }
}
