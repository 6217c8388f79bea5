import Testing

@testable import GradientHealth

extension SyntheticRun {
  /// 1,000 steps of one batch: a median is the value itself.
  static var steady: SyntheticRun {
    var run = SyntheticRun()
    run.batchesDiffer = false
    return run
  }

  /// The loss of the first fifty steps, of those up to the half, and of the rest.
  static func steady(loss first: Double, _ middle: Double, _ last: Double) -> SyntheticRun {
    var run = steady
    run.loss = { $0 <= 50 ? first : $0 <= 500 ? middle : last }
    return run
  }
}

extension Finding {
  func figure(_ name: String) -> Double? { figures.first { $0.name == name }?.value }
}

/// Just below and just above what the detectors of blow-ups say of themselves, with the words and figures that come of it.
@Suite struct BlowUpThresholdTests {
  // MARK: Growth

  @Test(arguments: [(29.0, false), (31, true)]) func growthOfThirty(_ factor: Double, _ isOne: Bool) throws {
    var run = SyntheticRun.steady(loss: 0.5, 0.5, 0.25)
    run.norm = { $0 == 1000 ? .nan : $0 > 997 ? factor : 1 }
    run.gradientRms = { _, layer in [0.1, 0.2, 0.4, 0.3][layer] }
    let finding = run.finding(.exploding)
    #expect((finding != nil) == isOne)
    guard let finding else { return }
    #expect(finding.level == .critical && finding.layer == "third")
    #expect(finding.figure("growth") == 31 && finding.figure("step") == 1000)
    #expect(finding.figure("last_norm") == 31 && finding.figure("last_loss") == 0.25)
    #expect(
      finding.message
        == "Gradients and loss grew from step to step, to 31 times what they were, until at step 1000 the run blew up.")
  }

  /// The usual is the median of what stands before the last twenty rows, or the first row of a run that is shorter.
  @Test func whatIsUsual() {
    var run = SyntheticRun.steady
    run.steps = 26
    run.norm = { $0 == 26 ? .nan : $0 == 1 ? 100 : $0 > 22 ? 40 : 1 }
    #expect(run.finding(.exploding)?.figure("growth") == 40)
    run.steps = 25
    run.norm = { $0 == 25 ? .nan : $0 == 1 ? 2 : $0 > 21 ? 62 : 1 }
    #expect(run.finding(.exploding)?.figure("growth") == 31)
    run.norm = { $0 == 25 ? .nan : $0 == 1 ? 2 : $0 > 21 ? 58 : 1 }
    #expect(run.finding(.exploding) == nil)
    // Two rows are the least that can grow.
    run.steps = 3
    run.norm = { [1, 40, .nan][$0 - 1] }
    #expect(run.finding(.exploding)?.figure("growth") == 40)
    run.steps = 2
    run.norm = { [40, .nan][$0 - 1] }
    #expect(run.finding(.exploding) == nil)
  }

  @Test func theHighestOfTheLastThreeRowsCounts() {
    var run = SyntheticRun.steady
    run.norm = { $0 == 1000 ? .nan : $0 == 997 ? 40 : 1 }
    #expect(run.finding(.exploding)?.figure("growth") == 40)
    run.norm = { $0 == 1000 ? .nan : $0 == 996 ? 40 : 1 }
    #expect(run.finding(.exploding) == nil)
  }

  @Test func aLossGrowsByItsSize() {
    var run = SyntheticRun.steady
    run.loss = { $0 == 1000 ? -.infinity : $0 > 997 ? -40 : -1 }
    let finding = run.finding(.exploding)
    #expect(finding?.figure("growth") == 40 && finding?.figure("last_loss") == -40)
  }

  /// A row that is not finite counts within the last ten; what lies further back, the run has got over.
  @Test(arguments: [(991, true), (990, false)]) func theLastTenRows(_ step: Int, _ isOne: Bool) {
    var run = SyntheticRun.steady
    run.norm = { $0 == step ? .nan : $0 > step - 4 && $0 < step ? 100 : 1 }
    #expect((run.finding(.exploding) != nil) == isOne)
    #expect(!isOne || run.finding(.exploding)?.figure("step") == 991)
  }

  @Test func anEventOrAContextSaysThatItEnded() {
    var run = SyntheticRun.steady
    run.norm = { $0 > 997 ? 40 : 1 }
    func finding(_ steps: [Int], _ stands: Bool) -> Finding? {
      var context = DiagnosisContext()
      context.events = steps.map { .init(step: $0, kind: "blowup", message: "x") }
      context.standsOnBlowup = stands
      return run.findings([], context).first { $0.name == .exploding }
    }
    #expect(finding([], true)?.figure("growth") == 40 && finding([1000], false)?.figure("step") == 1000)
    #expect(finding([1200], false)?.level == .critical)
    #expect(finding([999], false) == nil && finding([], false) == nil)
  }

  @Test(arguments: [(0.5, false), (0.51, true)]) func anUpdateOfTheWeightsSize(_ ratio: Double, _ isOne: Bool) throws {
    var run = SyntheticRun.steady
    run.norm = { $0 == 1000 ? .nan : 1 }
    run.updateRatio = { step, layer in step == 999 && layer > 0 ? ratio / Double(layer) : 1e-3 }
    let finding = run.finding(.exploding)
    #expect((finding != nil) == isOne)
    guard let finding else { return }
    #expect(finding.level == .critical && finding.layer == "second" && finding.figure("step") == 1000)
    #expect(abs(try #require(finding.figure("update_ratio")) - 0.51) < 1e-6)
    #expect(
      finding.message
        == "One update changed the weights of `second` by 51 % of their size, and at step 1000 the run blew up.")
  }

  // MARK: Divergence

  @Test(arguments: [
    (30.0, 0.375, Finding.Level.warning), (30, 0.5, .critical), (29, 0.5, nil), (30, 0.37, nil), (64, 4, .critical),
  ])
  func divergence(_ norm: Double, _ loss: Double, _ level: Finding.Level?) {
    var run = SyntheticRun.steady(loss: 0.5, 0.125, loss)
    run.norm = { $0 <= 500 ? 1 : norm }
    run.gradientRms = { _, layer in layer == 1 ? 0.2 : 0.1 }
    let finding = run.finding(.exploding)
    #expect(finding?.level == level)
    guard let finding else { return }
    #expect(finding.layer == "second" && finding.figure("growth") == norm)
    #expect(finding.figure("loss") == loss && finding.figure("best_loss") == 0.125)
    #expect(
      finding.message
        == "The gradient's norm is \(Int(norm)) times what it was at its calmest, and the loss rose from 0.125 to "
        + "\(loss == 4 ? "4" : "\(loss)").")
  }

  @Test func divergenceWantsTwoWindows() {
    var run = SyntheticRun.steady
    run.steps = 99
    run.norm = { $0 <= 50 ? 1 : 50 }
    run.loss = { $0 <= 50 ? 0.1 : 5 }
    #expect(run.finding(.exploding) == nil)
    run.steps = 100
    #expect(run.finding(.exploding)?.level == .critical)
  }

  @Test(arguments: [(0.51, 0.96, true), (0.5, 1, false), (0.51, 0.94, false), (0.51, 2, true)])
  func weightsThrownAbout(_ ratio: Double, _ last: Double, _ isOne: Bool) {
    var run = SyntheticRun.steady(loss: 1, 1, last)
    run.updateRatio = { _, layer in layer == 2 ? ratio : 1e-3 }
    let finding = run.finding(.exploding)
    #expect((finding != nil) == isOne)
    guard let finding else { return }
    #expect(finding.level == .warning && finding.layer == "third" && finding.figure("loss") == last)
    #expect(
      finding.message
        == "Each update changes the weights of `third` by 51 % of their size: they are thrown about and the "
        + "loss does not fall.")
  }

  @Test func causes() {
    func cause(weights: Double, loss: Double) -> String? {
      var run = SyntheticRun.steady(loss: loss, loss, loss)
      run.updateRatio = { _, _ in 0.6 }
      run.weightRms = { _, layer in layer == 1 ? weights : 0.5 }
      return run.finding(.exploding)?.cause
    }
    #expect(cause(weights: 1.6, loss: 1)?.hasPrefix("The weights of `second` are large (rms 1.6 at the first") == true)
    #expect(cause(weights: 1.5, loss: 1001)?.hasPrefix("The loss starts at 1001: targets of that size") == true)
    #expect(cause(weights: 1.5, loss: 1000)?.hasPrefix("The learning rate is too high") == true)
  }

  @Test func severalBlowUps() {
    var context = DiagnosisContext()
    context.events = [5, 7, 9].map { .init(step: $0, kind: "blowup", message: "step \($0) blew up") }
    let findings = SyntheticRun.steady.findings([], context)
    #expect(findings.map(\.name) == [.exploding, .nonFinite] && findings.allSatisfy { $0.level == .warning })
    #expect(findings[0].figure("blowups") == 3 && findings[1].figure("blowups") == 3)
    #expect(
      findings[0].message
        == "The run blew up 3 times, first at step 5 and last at step 9, each time from healthy weights.")
    #expect(
      findings[1].message == "The run blew up 3 times, last at step 9, and went on from an earlier checkpoint.")
    #expect(findings[1].cause == "Its events say: step 9 blew up." && findings[1].figure("step") == 9)
    context.events = [.init(step: 5, kind: "blowup", message: "m")]
    #expect(SyntheticRun.steady.findings([], context).first?.message.contains("blew up once, last at step 5") == true)
  }

  // MARK: NaN and Inf

  @Test func whatIsNotFiniteIsNamed() {
    var run = SyntheticRun.steady
    run.norm = { $0 == 1000 ? .nan : 1 }
    run.nonfinite = { step, layer in step == 1000 && layer >= 2 ? 3 : 0 }
    var finding = run.finding(.nonFinite)
    #expect(finding?.level == .critical && finding?.layer == "third" && finding?.figure("elements") == 6)
    #expect(
      finding?.message
        == "At step 1000 (epoch 10) the gradient has 6 elements that are not finite, first in `third`; the "
        + "run ended on it.")
    #expect(finding?.cause.hasPrefix("A number too large for float32") == true)
    run.loss = { $0 == 1000 ? .nan : 1 }
    finding = run.finding(.nonFinite)
    #expect(
      finding?.message
        == "At step 1000 (epoch 10) the loss is NaN and the gradient not finite from `third` on; the run ended on it.")
    #expect(finding?.cause.hasPrefix("Weights, outputs or inputs became too large") == true)
    run.loss = { $0 == 301 || $0 == 499 ? .infinity : 1 }
    run.norm = { _ in 1 }
    run.nonfinite = { _, _ in 0 }
    finding = run.finding(.nonFinite)
    #expect(finding?.level == .warning && finding?.layer == nil && finding?.figure("step") == 499)
    #expect(
      finding?.message
        == "At step 499 (epoch 5) the loss is Inf; the run went on; there are 2 such rows in the history.")
  }

  @Test func aLayersOwnFiguresMakeItNonFinite() {
    var run = SyntheticRun.steady
    run.gradientRms = { step, layer in step == 1000 && layer == 1 ? .infinity : 0.1 }
    #expect(run.finding(.nonFinite)?.layer == "second")
    run.gradientRms = { _, _ in 0.1 }
    run.nonfinite = { step, layer in step == 1000 && layer == 3 ? .nan : 0 }
    #expect(run.finding(.nonFinite)?.layer == "output" && run.finding(.nonFinite)?.figure("elements") == 0)
  }

  @Test func aBlowUpWithoutARow() {
    func finding(_ steps: [Int], stands: Bool = false) -> Finding? {
      var context = DiagnosisContext()
      context.standsOnBlowup = stands
      context.events = steps.map { .init(step: $0, kind: "blowup", message: "loss \($0)") }
      return SyntheticRun.steady.findings([], context).first { $0.name == .nonFinite }
    }
    #expect(finding([1004])?.level == .critical && finding([1004])?.figure("step") == 1004)
    #expect(finding([1004])?.cause == "Its events say: loss 1004.")
    #expect(finding([], stands: true)?.figure("step") == 1000)
    #expect(finding([], stands: true)?.cause.hasPrefix("Gradients too large") == true)
    #expect(finding([7], stands: true)?.message.hasPrefix("The run blew up at step 1000: ") == true)
    #expect(finding([1000])?.level == .critical && finding([999])?.level == .warning)
    #expect(finding([]) == nil)
  }

  // MARK: The end

  @Test func whatEndedTheRun() throws {
    func ending(_ events: [(Int, String)]) throws -> Finding {
      var context = DiagnosisContext()
      context.hasDiverged = true
      context.events = events.map { .init(step: $0.0, kind: $0.1, message: "\($0.1) of \($0.0)") }
      let findings = SyntheticRun.steady.findings([], context)
      #expect(findings.filter { $0.level == .critical }.count == 1)
      return try #require(findings.first)
    }
    let spike = try ending([(3, "blowup"), (900, "spike"), (904, "halted")])
    #expect(spike.name == .spike && spike.figure("step") == 904)
    #expect(spike.message == "The run was given up at step 904: halted of 904.")
    #expect(spike.cause == "Its events say: spike of 900.")
    let blowup = try ending([(900, "spike"), (903, "blowup")])
    #expect(blowup.name == .nonFinite && blowup.message == "The run was given up at step 903.")
    let silent = try ending([])
    #expect(silent.figure("step") == 1000 && silent.cause == "Its events do not tell; see its log.")
  }
}
