import GradientHealth
import Kernels
import Testing

@testable import Training

/// What a step's figures come to, before its update and after it.
@Suite struct VerdictTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var loss = 0.5
    var penalty = 0.25
    var square = 16.0
    var nonfinite = 0
    var isSpike = false
    var withholds = false
    var expected: Disposition
    /// Whether the figures are asked of: what is not finite is no spike.
    var isAsked = true
    var testDescription: String { "\(self)" }
  }

  /// Twenty steps of the usual loss, then one of a thousand times that.
  private static let spike: Spike? = {
    var monitor = SpikeMonitor()
    var spike: Spike?
    for step in 0...20 {
      let loss = step < 20 ? 1 + Double(step % 2) * 0.01 : 1000
      spike = monitor.observe(BatchFigures(loss: loss, gradientNorm: 1, rows: 32, batchSize: 32)) {
        SpikeReference(loss: 1)
      }
    }
    return spike
  }()

  static let cases = [
    Case(expected: .applied),
    Case(withholds: true, expected: .applied),
    Case(isSpike: true, expected: .applied),
    Case(isSpike: true, withholds: true, expected: .withheldSpike),
    Case(loss: .nan, expected: .withheldNonFinite, isAsked: false),
    Case(loss: -.infinity, expected: .withheldNonFinite, isAsked: false),
    Case(penalty: .infinity, expected: .withheldNonFinite, isAsked: false),
    Case(nonfinite: 1, expected: .withheldNonFinite, isAsked: false),
    Case(loss: .nan, isSpike: true, withholds: true, expected: .withheldNonFinite, isAsked: false),
    Case(nonfinite: 3, isSpike: true, withholds: true, expected: .withheldNonFinite, isAsked: false),
    // Finite elements whose squares are not: not a bad gradient, clipping and the monitor have to do with it.
    Case(square: .infinity, expected: .applied),
  ]

  @Test(arguments: cases) func beforeTheUpdate(c: Case) throws {
    _ = try #require(VerdictTests.spike)
    var asked: [BatchFigures] = []
    let sums = StepSums(
      loss: c.loss, penalty: c.penalty, gradientSquare: c.square, nonfinite: c.nonfinite, rows: 7, batchSize: 32)
    let outcome = Verdict.beforeUpdate(sums, withholdsSpikes: c.withholds) {
      asked.append($0)
      return c.isSpike ? VerdictTests.spike : nil
    }
    #expect(outcome.disposition == c.expected)
    #expect(outcome.isHealthy == (c.expected == .applied))
    #expect(outcome.nonfinite == c.nonfinite)
    #expect(outcome.gradientNorm == c.square.squareRoot() && outcome.clippedNorm.isNaN)
    #expect(outcome.penalty == c.penalty)
    #expect(outcome.objective == c.loss + c.penalty || outcome.objective.isNaN && c.loss.isNaN)
    #expect(outcome.spike == (c.isAsked && c.isSpike ? VerdictTests.spike : nil))
    let figures = BatchFigures(
      loss: c.loss + c.penalty, gradientNorm: c.square.squareRoot(), rows: 7, batchSize: 32)
    #expect(asked == (c.isAsked ? [figures] : []))
  }

  @Test(arguments: [
    (Disposition.applied, true, Disposition.applied), (.applied, false, .appliedToPoisoned),
    // What was withheld has changed no weight, whatever they are.
    (.withheldNonFinite, true, .withheldNonFinite), (.withheldNonFinite, false, .withheldNonFinite),
    (.withheldSpike, true, .withheldSpike), (.withheldSpike, false, .withheldSpike),
    (.appliedToPoisoned, true, .appliedToPoisoned), (.appliedToPoisoned, false, .appliedToPoisoned),
  ])
  func afterTheUpdate(before: Disposition, isSane: Bool, expected: Disposition) {
    #expect(Verdict.afterUpdate(before, areWeightsSane: isSane) == expected)
  }

  @Test(arguments: [
    (Float(0), true), (1e14, true), (-9e14, true), (1.1e15, false), (-1.1e15, false), (.nan, false), (.infinity, false),
  ])
  func weightsSuchAsTrainingMakes(weight: Float, isSane: Bool) {
    let buffer = AlignedBuffer(count: 3)
    buffer.mutable[1] = weight
    #expect(Verdict.isSane(buffer.vector) == isSane)
    var statistics = UpdateStatistics()
    statistics.weightSquareSum = Double(weight) * Double(weight)
    #expect(Verdict.isSane(statistics) == isSane)
  }
}
