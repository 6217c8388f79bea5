import Foundation
import Optimizers
import Testing

/// A schedule, and its rates at some counts of updates, worked out from Keras' formulas.
struct ScheduleCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let schedule: LearningRateSchedule
  let rates: [(iterations: Int, rate: Double)]

  init(_ description: String, _ schedule: LearningRateSchedule, _ rates: [(iterations: Int, rate: Double)]) {
    testDescription = description
    self.schedule = schedule
    self.rates = rates
  }

  static let all = [
    ScheduleCase("constant", .constant(0.3), [(0, 0.3), (1, 0.3), (1_000_000, 0.3)]),
    ScheduleCase(
      "exponential", .exponentialDecay(initial: 0.1, decaySteps: 10, decayRate: 0.5),
      [(0, 0.1), (5, 0.1 * 0.5.squareRoot()), (10, 0.05), (15, 0.05 * 0.5.squareRoot()), (100, 0.1 / 1024)]),
    ScheduleCase(
      "exponential, stairs", .exponentialDecay(initial: 0.1, decaySteps: 10, decayRate: 0.5, staircase: true),
      [(0, 0.1), (9, 0.1), (10, 0.05), (19, 0.05), (20, 0.025)]),
    ScheduleCase(
      "cosine", .cosineDecay(initial: 0.2, decaySteps: 100),
      [(0, 0.2), (25, 0.1 * (1 + 0.5.squareRoot())), (50, 0.1), (100, 0), (101, 0), (10_000, 0)]),
    ScheduleCase(
      "cosine, alpha", .cosineDecay(initial: 0.2, decaySteps: 100, alpha: 0.1),
      [(0, 0.2), (50, 0.2 * (0.9 * 0.5 + 0.1)), (100, 0.02), (200, 0.02)]),
    ScheduleCase(
      "cosine, warmup without a target is none", .cosineDecay(initial: 0.2, decaySteps: 100, warmupSteps: 50),
      [(0, 0.2), (50, 0.1), (100, 0)]),
    ScheduleCase(
      "cosine, warmup",
      .cosineDecay(initial: 0.1, decaySteps: 100, alpha: 0.5, warmupTarget: 0.3, warmupSteps: 20),
      [(0, 0.1), (5, 0.15), (19, 0.29), (20, 0.3), (70, 0.3 * 0.75), (120, 0.15), (121, 0.15), (1000, 0.15)]),
    ScheduleCase(
      "cosine, warmup of no steps starts at the target",
      .cosineDecay(initial: 0.1, decaySteps: 10, warmupTarget: 0.3, warmupSteps: 0), [(0, 0.3), (5, 0.15), (10, 0)]),
    ScheduleCase(
      "piecewise", .piecewiseConstantDecay(boundaries: [3, 7], values: [1, 0.5, 0.25]),
      [(0, 1), (3, 1), (4, 0.5), (7, 0.5), (8, 0.25), (100, 0.25)]),
    ScheduleCase(
      "polynomial", .polynomialDecay(initial: 0.1, decaySteps: 10, end: 0.02),
      [(0, 0.1), (5, 0.06), (10, 0.02), (11, 0.02), (1000, 0.02)]),
    ScheduleCase(
      "polynomial, square", .polynomialDecay(initial: 0.1, decaySteps: 10, end: 0, power: 2),
      [(0, 0.1), (5, 0.025), (10, 0), (20, 0)]),
    ScheduleCase(
      "polynomial, default end", .polynomialDecay(initial: 0.1, decaySteps: 10), [(10, 0.0001), (50, 0.0001)]),
    ScheduleCase(
      "polynomial, power 0 stays, also past the end", .polynomialDecay(initial: 0.1, decaySteps: 10, end: 0, power: 0),
      [(0, 0.1), (5, 0.1), (10, 0.1), (11, 0.1)]),
    // Stretched to 20 steps from the 11th update on: at a multiple the rate is the end's, then jumps.
    ScheduleCase(
      "polynomial, cycle", .polynomialDecay(initial: 0.1, decaySteps: 10, end: 0.02, cycle: true),
      [(0, 0.1), (5, 0.06), (10, 0.02), (11, 0.02 + 0.08 * 9 / 20), (20, 0.02), (21, 0.02 + 0.08 * 9 / 30)]),
    ScheduleCase(
      "warmup, exponential",
      .warmup(steps: 4, from: 0.02, to: 0.1, then: .exponentialDecay(initial: 0.1, decaySteps: 10, decayRate: 0.5)),
      [(0, 0.02), (1, 0.04), (3, 0.08), (4, 0.1), (14, 0.05), (24, 0.025)]),
    ScheduleCase(
      "warmup, piecewise", .warmup(steps: 10, to: 1, then: .piecewiseConstantDecay(boundaries: [3], values: [1, 0.5])),
      [(0, 0), (5, 0.5), (9, 0.9), (10, 1), (13, 1), (14, 0.5)]),
    ScheduleCase(
      "warmup, polynomial", .warmup(steps: 5, to: 0.1, then: .polynomialDecay(initial: 0.1, decaySteps: 10, end: 0.02)),
      [(0, 0), (1, 0.02), (5, 0.1), (10, 0.06), (15, 0.02), (100, 0.02)]),
    ScheduleCase(
      "warmup, constant", .warmup(steps: 100, to: 0.001, then: .constant(0.001)),
      [(0, 0), (1, 0.00001), (99, 0.00099), (100, 0.001), (1_000_000, 0.001)]),
    ScheduleCase(
      "warmup, plateau", .warmup(steps: 2, from: 0.05, to: 0.1, then: .reduceOnPlateau(PlateauReduction(initial: 0.1))),
      [(0, 0.05), (1, 0.075), (2, 0.1), (1000, 0.1)]),
    ScheduleCase(
      "plateau", .reduceOnPlateau(PlateauReduction(initial: 0.05)), [(0, 0.05), (1000, 0.05)]),
  ]
}

@Suite struct ScheduleTests {
  @Test(arguments: ScheduleCase.all)
  func ratesAreKeras(_ subject: ScheduleCase) {
    for (iterations, rate) in subject.rates {
      let found = subject.schedule.rate(iterations: iterations)
      #expect(abs(found - rate) <= 1e-12, "after \(iterations): \(found), not \(rate)")
    }
  }

  /// The first update uses the rate at 0; a prepared step does not move on, a committed one does.
  @Test func rateFollowsTheUpdates() {
    let schedule = LearningRateSchedule.piecewiseConstantDecay(boundaries: [0, 1], values: [1, 0.5, 0.25])
    let bench = Bench(.sgd(learningRate: schedule))
    for rate in [1, 0.5, 0.25, 0.25] {
      #expect(bench.optimizer.learningRate(bench.state) == rate)
      _ = bench.optimizer.prepare(bench.state, norms: GradientNorms(entries: 3))
      #expect(bench.optimizer.learningRate(bench.state) == rate)
      let before = bench.weights
      bench.step(Bench.sizes.map { Array(repeating: 1, count: $0) })
      #expect(abs(before[0][0] - bench.weights[0][0] - Float(rate)) < 1e-6)
    }
  }

  /// A reduction on a plateau multiplies rate and weight decay alike.
  @Test func factorScalesRateAndDecay() {
    let bench = Bench(.adamW(learningRate: .constant(0.04), weightDecay: 0.5))
    let plain = Bench(.adamW(learningRate: .constant(0.01), weightDecay: 0.5))
    bench.state.learningRateFactor = 0.25
    #expect(bench.optimizer.learningRate(bench.state) == 0.01)
    for step in 0..<3 {
      bench.step(Bench.gradient(step: step))
      plain.step(Bench.gradient(step: step))
    }
    #expect(bits(bench.weights) == bits(plain.weights))
  }

  @Test func defaultsAreKeras() {
    func rate(_ optimizer: Optimizer) -> Double { optimizer.learningRate.rate(iterations: 0) }
    #expect(rate(.sgd()) == 0.01)
    for optimizer in [Optimizer.rmsprop(), .adagrad(), .adam(), .adamW(), .nadam(), .lion()] {
      #expect(rate(optimizer) == 0.001, "\(optimizer.name)")
    }
    let names = [Optimizer.sgd(), .rmsprop(), .adagrad(), .adam(), .adamW(), .nadam(), .lion()].map(\.name)
    #expect(names == ["sgd", "rmsprop", "adagrad", "adam", "adamw", "nadam", "lion"])
    let reduction = PlateauReduction(initial: 1)
    #expect(reduction.factor == 0.1 && reduction.patience == 10 && reduction.minDelta == 1e-4)
    #expect(reduction.cooldown == 0 && reduction.minLearningRate == 0)
  }
}
