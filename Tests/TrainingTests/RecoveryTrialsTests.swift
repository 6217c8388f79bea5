import Checkpointing
import GradientHealth
import Testing

@testable import Training

/// Which remedy is tried after a blow-up, from where and until when, as tables: no network, no run.
@Suite struct RecoveryTrialsTests {
  private typealias Rung = HealthConfiguration.Rung

  private func windows(_ losses: [Double], length: Int = 2, constant: Double = 1) -> LossWindows {
    var windows = LossWindows()
    for (step, loss) in losses.enumerated() {
      _ = RecoveryTrials.count(loss, step: step + 1, length: length, constantLoss: constant, in: &windows)
    }
    return windows
  }

  // MARK: Windows

  @Test func windowsAreMeansOfSteps() {
    var windows = LossWindows()
    #expect(!RecoveryTrials.count(1, step: 1, length: 2, constantLoss: 1, in: &windows))
    #expect(RecoveryTrials.count(3, step: 2, length: 2, constantLoss: 1, in: &windows))
    #expect(windows.last == 2 && windows.best == 2 && windows.goodStep == 2 && windows.count == 0)
    #expect(self.windows([4, 4, 1, 1, 1.4, 1.4, 2, 2]).goodStep == 6, "within one and a half of the best")
  }

  @Test func whatWasLearntIsLostAfterTwoWindows() {
    #expect(RecoveryTrials.hasLost(windows([0.5, 0.5, 1, 1, 1, 1])))
    #expect(!RecoveryTrials.hasLost(windows([0.5, 0.5, 1, 1])))
    #expect(!RecoveryTrials.hasLost(windows([0.5, 0.5, 1, 1, 0.9, 0.9, 1, 1])), "not in a row")
    #expect(!RecoveryTrials.hasLost(windows([0.75, 0.75, 1, 1, 1, 1])), "it had not learnt")
    #expect(!RecoveryTrials.hasLost(windows([0.5, 0.5, 1, 1, 1, 1], constant: .nan)), "nothing is known of it")
    #expect(RecoveryTrials.hasLost(windows([0.5, 0.5, .nan, .nan, 1, 1, 1, 1])))
    #expect(RecoveryTrials.hasLost(windows([3, 3, 31, 31, 31, 31])), "far worse than at the start")
    #expect(!RecoveryTrials.hasLost(windows([30, 30, 31, 31, 31, 31])), "it started there")
  }

  @Test func lossesBelowZeroAreNotJudgedByTheConstants() {
    var figures = DataFigures()
    figures.constantLoss = -10
    #expect(figures.constantLossAboveZero.isNaN)
    let falling = windows([5, 5, -9, -9, -9.2, -9.2, -9.1, -9.1], constant: figures.constantLossAboveZero)
    #expect(!RecoveryTrials.hasLost(falling))
    #expect(falling.goodStep == 8, "within half of the best's size")
    #expect(RecoveryTrials.goal(isEarly: false, best: -10, constantLoss: .nan) == -8)
    figures.constantLoss = 10
    #expect(figures.constantLossAboveZero == 10)
  }

  @Test func theGoalFollowsFromWhatWasReached() {
    let learnt = windows([0.5, 0.5])
    func isEarly(_ step: Int, _ windows: LossWindows, stepsPerEpoch: Int = 50) -> Bool {
      RecoveryTrials.isEarly(step: step, windows, constantLoss: 1, stepsPerEpoch: stepsPerEpoch)
    }
    #expect(isEarly(99, learnt))
    #expect(!isEarly(100, learnt))
    let nothing = windows([0.96, 0.96])
    #expect(isEarly(150, nothing) && !isEarly(151, nothing), "a trial's steps: three epochs")
    #expect(isEarly(2000, nothing, stepsPerEpoch: 5000) && !isEarly(2001, nothing, stepsPerEpoch: 5000))
    #expect(RecoveryTrials.goal(isEarly: true, best: learnt.best, constantLoss: 2) == 1)
    #expect(RecoveryTrials.goal(isEarly: true, best: learnt.best, constantLoss: 0) == 0.1)
    #expect(abs(RecoveryTrials.goal(isEarly: false, best: learnt.best, constantLoss: 1) - 0.6) < 1e-12)
    #expect(abs(RecoveryTrials.goal(isEarly: false, best: 0, constantLoss: 1) - 0.02) < 1e-12)
  }

  // MARK: Where from

  @Test func growthIsFoundInTheHistory() {
    let calm = Array(repeating: 0.5, count: 50)
    func before(_ losses: [Double]) -> Int {
      RecoveryTrials.stepBeforeGrowth(steps: Array(1...losses.count), losses: losses, limit: losses.count)
    }
    #expect(before(calm) == 49, "no growth: the newest row's weights")
    #expect(before(calm + (0..<20).map { 1 + Double($0) }) == 49)
    #expect(before(calm + Array(repeating: .nan, count: 20)) == 49)
    #expect(before((0..<50).map { 5 - Double($0) * 0.09 }) == 49, "a falling loss is no growth")
    #expect(RecoveryTrials.stepBeforeGrowth(steps: [], losses: [], limit: 7) == 7)
    #expect(RecoveryTrials.stepBeforeGrowth(steps: [1, 2], losses: [.nan, .infinity], limit: 7) == 7)
    let later = calm + Array(repeating: 9, count: 20)
    #expect(RecoveryTrials.stepBeforeGrowth(steps: Array(1...70), losses: later, limit: 30) == 29)
  }

  @Test func whatIsSudden() {
    func usual(_ losses: [Double], _ norms: [Double]? = nil) -> Double? {
      RecoveryTrials.lossBeforeSudden(losses: losses, norms: norms ?? losses.map { _ in 1 })
    }
    let calm = (0..<20).map { 1 - Double($0) * 0.01 }
    #expect(usual(calm) != nil)
    #expect(usual(Array(calm.prefix(9))) == nil, "too few")
    #expect(usual(calm + [1.3]) == nil, "the loss grew")
    #expect(usual([1, 1.15, 1.32, 1.52, 1.75, 2.01, 2.31, 2.66, 3.06, 3.52]) == nil, "little by little")
    #expect(usual(calm, calm.dropLast().map { _ in 1 } + [1.3]) == nil, "the gradient grew")
    #expect(usual([0.2, 0.1, 0.1, 0.3, 0.1, 0.2, 0.1, 0.1, 0.2, 0.3]) == 0.2, "small batches are noisy")
    #expect(usual(calm.dropLast() + [.nan]) == nil)
  }

  // MARK: Which

  @Test func rungsThatDoNotApplyArePassedOver() {
    var health = HealthConfiguration()
    var evidence = RecoveryTrials.Evidence()
    #expect(
      RecoveryTrials.rungs(health, optimizer: "sgd", isEarly: true, evidence).allSatisfy {
        !health.ladder[$0].skipRows && !health.ladder[$0].redraw
      })
    evidence.rows = [3]
    evidence.weightsDoNotSuit = true
    #expect(RecoveryTrials.rungs(health, optimizer: "sgd", isEarly: true, evidence) == Array(health.ladder.indices))
    let late = RecoveryTrials.rungs(health, optimizer: "sgd", isEarly: false, evidence).map { health.ladder[$0] }
    #expect(late.contains { $0.skipRows } && !late.contains { $0.redraw || $0.optimizer != nil })
    health.may = [.learningRate]
    let slower = RecoveryTrials.rungs(health, optimizer: "sgd", isEarly: true, evidence)
    #expect(slower.isEmpty, "all rungs of the ladder that lower the rate clip as well")
    health.ladder = [Rung(clip: .norm(1)), Rung(learningRate: 0.5), Rung(redraw: true)]
    #expect(RecoveryTrials.rungs(health, optimizer: "sgd", isEarly: true, evidence) == [1])
    health.may = [.redraw]
    #expect(
      RecoveryTrials.rungs(health, optimizer: "sgd", isEarly: false, evidence) == [2],
      "what the recipe allows, late too")
  }

  @Test func remediesDoNotAddUpWithinASearch() {
    var before = RemedyState.Effect()
    before.learningRateFactor = 0.5
    func effect(_ rung: HealthConfiguration.Rung, clip: Double? = nil) -> RemedyState.Effect {
      RecoveryTrials.effect(
        rung, number: 0, on: before, keepsRedraw: false, skippedRows: [], automaticClip: clip
      ).effect
    }
    #expect(effect(.init(learningRate: 0.1)).learningRateFactor == 0.05)
    #expect(effect(.init(clip: .automatic)).clip == 1, "few healthy steps")
    #expect(effect(.init(clip: .automatic, learningRate: 0.1)).clip == 10)
    #expect(effect(.init(clip: .automatic), clip: 3).clip == 3)
    #expect(effect(.init(clip: .norm(7)), clip: 3).clip == 7)
    before.clip = 2
    #expect(effect(.init(clip: .norm(7))).clip == 2, "no looser than before")
    #expect(effect(.init(redraw: true)).redraws && !effect(.init(clip: .norm(1))).redraws)
  }

  @Test func everyChangeIsSaid() {
    var rung = HealthConfiguration.Rung(clip: .norm(2), learningRate: 0.5, redraw: true)
    (rung.resetMoments, rung.skipBatches, rung.goBack) = (true, 4, 1)
    let change = RecoveryTrials.effect(
      rung, number: 0, on: .init(), keepsRedraw: false, skippedRows: [17], automaticClip: nil
    ).change
    for words in [
      "row 17 of the training data is left out", "weights are drawn anew", "clipped to global norm 2.0",
      "learning rate is 0.5 times", "slots start anew", "4 batches are left out", "1 checkpoint further back",
    ] {
      #expect(change.contains(words), "\(change)")
    }
    let same = RecoveryTrials.effect(
      .init(), number: 0, on: .init(), keepsRedraw: false, skippedRows: [], automaticClip: nil
    ).change
    #expect(same.contains("nothing is changed"))
  }

  // MARK: What next

  private func probation(_ results: [Double], rungs: Int = 3) -> Probation {
    var probation = Probation(
      goodStep: 0, blownStep: 3, goal: 0.5, judgedAfter: 10, deadline: 30, rungs: Array(0..<rungs), before: .init(),
      isEarly: true)
    probation.results = results
    return probation
  }

  @Test func eachRungOnceThenTheBest() {
    #expect(RecoveryTrials.next(probation([]), isSpent: false) == .attempt(0))
    #expect(RecoveryTrials.next(probation([1, .infinity]), isSpent: false) == .attempt(2))
    #expect(RecoveryTrials.next(probation([1, .infinity, 0.7]), isSpent: false) == .settle(2))
    #expect(RecoveryTrials.next(probation([0.7, .infinity, 0.7]), isSpent: false) == .settle(0), "of equals the first")
    #expect(RecoveryTrials.next(probation([.infinity, .infinity, .infinity]), isSpent: false) == .exhausted)
    #expect(RecoveryTrials.next(probation([1, .infinity]), isSpent: true) == .settle(0))
    #expect(RecoveryTrials.next(probation([.infinity]), isSpent: true) == .exhausted)
  }

  @Test func aTrialIsJudgedByItsWindows() {
    var probation = probation([])
    var windows = LossWindows()
    func judge(_ mean: Double, step: Int) -> RecoveryTrials.Judgement {
      windows.last = mean
      return RecoveryTrials.judge(&probation, windows, step: step)
    }
    #expect(judge(0.1, step: 9) == .open, "too soon to tell")
    #expect(judge(0.9, step: 10) == .open)
    #expect(judge(0.6, step: 20) == .open)
    #expect(judge(0.8, step: 30) == .missed)
    #expect(probation.figure == 0.8, "where it stands at last")
    #expect(judge(0.5, step: 40) == .passed)
    #expect(judge(.nan, step: 40) == .missed)
  }

  @Test func theClipFollowsTheRunsOwnGradients() {
    let norms = (1...200).map { Double($0) }
    #expect(RecoveryTrials.automaticClip(norms, isEarly: true) == 181)
    #expect(RecoveryTrials.automaticClip(norms + [.nan, .infinity], isEarly: false) == 181)
    #expect(RecoveryTrials.automaticClip(Array(norms.prefix(99)), isEarly: true) == nil)
    #expect(RecoveryTrials.automaticClip(Array(norms.prefix(10)), isEarly: false) == 10)
    #expect(RecoveryTrials.automaticClip(Array(norms.prefix(9)), isEarly: false) == nil)
  }

  @Test func rowsOutOfProportion() {
    let usual = (0..<200).map { 1 + Double($0 % 7) }
    #expect(RowFigures.outOfProportion(usual, of: 200).isEmpty)
    #expect(RowFigures.outOfProportion(usual + [1e4, .nan], of: 202) == [200, 201])
    #expect(RowFigures.outOfProportion(usual + [600], of: 201).isEmpty)
    #expect(RowFigures.outOfProportion(usual + Array(repeating: 1e6, count: 30), of: 230).isEmpty, "too many for rows")
    #expect(RowFigures.outOfProportion([1, 1, 1e9], of: 3).isEmpty, "too few to compare with")
  }
}
