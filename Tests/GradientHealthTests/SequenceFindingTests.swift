import Foundation
import GradientHealth
import Testing

/// Findings on recurrent layers: on histories written by hand.
@Suite struct SequenceFindingTests {
  /// The adding problem before anything is learnt: the loss falls to a constant's within some steps, and stays.
  static func run(_ times: Int = 100, steps: Int = 1000, _ value: @escaping (_ step: Int, _ back: Int) -> Double)
    -> SyntheticRun
  {
    var run = SyntheticRun()
    run.layers = ["simple_rnn/kernel", "simple_rnn/recurrent_kernel", "dense"]
    run.steps = steps
    run.everySteps = max(1, steps / 500)
    run.loss = { $0 < 30 ? 1.2 : 0.167 }
    let starts = ThroughTimeTests.starts(times)
    run.series = [
      (
        HistorySeries(.throughTime, layer: "simple_rnn", positions: starts.map { Int64($0) }),
        { step in ThroughTimeTests.profile(times) { value(step, $0) }.rms }
      )
    ]
    return run
  }

  static func layers(
    isGated: Bool = false, startsOpen: Bool = true, answersAtEnd: Bool? = true, truncation: Int? = nil
  ) -> [LayerProfile] {
    [
      LayerProfile(
        name: "simple_rnn", units: 64, activation: "tanh",
        recurrence: .init(
          isGated: isGated, startsOpen: startsOpen, answersAtEnd: answersAtEnd, truncation: truncation)),
      LayerProfile(name: "dense", units: 1, activation: "linear"),
    ]
  }

  static func context(_ change: (inout DiagnosisContext) -> Void = { _ in }) -> DiagnosisContext {
    var context = DiagnosisContext()
    context.data.constantLoss = 0.167
    change(&context)
    return context
  }

  static func fall(_ factor: Double) -> (Int, Int) -> Double { { _, back in pow(factor, Double(back)) } }

  // MARK: Vanishing

  @Test func aProductOfJacobiansThatShrinks() throws {
    let run = Self.run(100, Self.fall(0.75))
    let finding = try #require(run.finding(.vanishingThroughTime, Self.layers(), Self.context()))
    #expect(finding.level == .critical && finding.layer == "simple_rnn")
    #expect(finding.message.contains("falls to 1 % after 16 of 100 steps"))
    #expect(finding.message.contains("not known"))
    #expect(abs(try #require(finding.figures.first { $0.name == "factor_per_step" }?.value) - 0.75) < 0.02)
    #expect(finding.remedies.first?.steps.first?.edit == .recurrentLayer("lstm", in: "simple_rnn"))
    // It explains why nothing is learnt.
    let useless = try #require(run.finding(.noBetterThanConstant, Self.layers(), Self.context()))
    #expect(useless.cause.contains("vanishing_through_time") && useless.remedies == finding.remedies)
    // Neither kernel of the layer is compared with the output's.
    #expect(run.finding(.vanishing, Self.layers(), Self.context()) == nil)
  }

  @Test func theLossDecidesOnTheLevel() {
    var run = Self.run(100, Self.fall(0.75))
    run.loss = { _ in 0.14 }
    #expect(run.finding(.vanishingThroughTime, Self.layers(), Self.context())?.level == .warning)
    // What the task needs is reached.
    run.loss = { 0.167 * 0.995.power($0) }
    #expect(run.finding(.vanishingThroughTime, Self.layers(), Self.context()) == nil)
    // Too soon.
    run = Self.run(100, steps: 150, Self.fall(0.75))
    #expect(run.finding(.vanishingThroughTime, Self.layers(), Self.context()) == nil)
  }

  @Test func whatReachesHalfOfTheSequenceIsNotNamed() {
    #expect(Self.run(100, Self.fall(0.93)).finding(.vanishingThroughTime, Self.layers(), Self.context()) == nil)
    #expect(Self.run(100, Self.fall(0.92)).finding(.vanishingThroughTime, Self.layers(), Self.context()) == nil)
    #expect(Self.run(100, Self.fall(0.90)).finding(.vanishingThroughTime, Self.layers(), Self.context()) != nil)
    // Sequences of a few steps are reached, or as good as.
    #expect(Self.run(6, Self.fall(0.1)).finding(.vanishingThroughTime, Self.layers(), Self.context()) == nil)
    #expect(Self.run(8, Self.fall(0.1)).finding(.vanishingThroughTime, Self.layers(), Self.context()) != nil)
  }

  /// A row now and then that reaches far does not help, nor does a far reach at first.
  @Test func theEndOfTheRunIsJudged() {
    let early = Self.run(100) { step, back in pow(step < 300 ? 0.97 : 0.75, Double(back)) }
    #expect(early.finding(.vanishingThroughTime, Self.layers(), Self.context()) != nil)
    let late = Self.run(100) { step, back in pow(step > 700 ? 0.97 : 0.75, Double(back)) }
    #expect(late.finding(.vanishingThroughTime, Self.layers(), Self.context()) == nil)
  }

  @Test func gatesAreGivenTime() throws {
    let gated = Self.layers(isGated: true)
    #expect(Self.run(100, steps: 9_900, Self.fall(0.6)).finding(.vanishingThroughTime, gated, Self.context()) == nil)
    #expect(Self.run(100, steps: 10_100, Self.fall(0.6)).finding(.vanishingThroughTime, gated, Self.context()) != nil)
    // Meanwhile it is said why nothing is to be seen.
    let waiting = Self.run(100, Self.fall(0.6)).finding(.noBetterThanConstant, gated, Self.context())
    #expect(try #require(waiting).cause.contains("reaches back some 9 of 100 steps as yet"))
    #expect(waiting?.remedies.last?.steps.map(\.edit) == [.epochs(times: 4)])
    let shut = Self.layers(isGated: true, startsOpen: false)
    #expect(Self.run(100, steps: 900, Self.fall(0.5)).finding(.vanishingThroughTime, shut, Self.context()) == nil)
    let finding = Self.run(100, steps: 1_100, Self.fall(0.5)).finding(.vanishingThroughTime, shut, Self.context())
    #expect(try #require(finding).remedies.first?.steps.first?.edit == .forgetBias(in: "simple_rnn"))
    #expect(finding?.cause.contains("unit_forget_bias") == true)
  }

  /// Each time has a gradient of its own, which hides what comes from later ones.
  @Test func lossesOfEachTimeHideIt() {
    let flat = Self.run(100) { _, _ in 1 }
    #expect(flat.finding(.vanishingThroughTime, Self.layers(answersAtEnd: false), Self.context()) == nil)
    #expect(
      Self.run(100, Self.fall(0.7)).finding(.vanishingThroughTime, Self.layers(answersAtEnd: false), Self.context())
        == nil)
  }

  /// Backpropagation that ends after 20 steps is not measured against 100.
  @Test func truncationIsNoVanishing() throws {
    let cut = Self.run(100) { _, back in back < 20 ? pow(0.97, Double(back)) : 0 }
    #expect(cut.finding(.vanishingThroughTime, Self.layers(truncation: 20), Self.context()) == nil)
    #expect(cut.finding(.vanishingThroughTime, Self.layers(), Self.context()) != nil)
    let both = Self.run(100) { _, back in back < 20 ? pow(0.5, Double(back)) : 0 }
    let finding = both.finding(.vanishingThroughTime, Self.layers(truncation: 20), Self.context())
    #expect(try #require(finding).message.contains("the last 20 of which truncation leaves it"))
  }

  /// Of a layer of which nothing is known, a layer within `bidirectional` too.
  @Test func unknownLayersAreGivenTheMostTime() {
    #expect(Self.run(100, Self.fall(0.7)).finding(.vanishingThroughTime, [], Self.context()) == nil)
    var run = Self.run(100, Self.fall(0.7))
    run.series[0].0 = HistorySeries(
      .throughTime, layer: "simple_rnn/forward_simple_rnn", positions: run.series[0].0.positions)
    #expect(run.finding(.vanishingThroughTime, Self.layers(), Self.context())?.layer == "simple_rnn/forward_simple_rnn")
  }

  // MARK: Exploding

  @Test func aProductOfJacobiansThatGrows() throws {
    let run = Self.run(100, Self.fall(1.05))
    let finding = try #require(run.finding(.explodingThroughTime, Self.layers(), Self.context()))
    #expect(finding.level == .critical && finding.message.contains("100 steps of time"))
    #expect(abs(try #require(finding.figures.first?.value) / 121.7 - 1) < 0.05)
    #expect(finding.remedies.first?.steps.map(\.edit).contains(.clip(1)) == true)
    #expect(Self.run(100, Self.fall(1.02)).finding(.explodingThroughTime, Self.layers(), Self.context()) == nil)
    #expect(
      Self.run(100) { step, back in step > 900 && back == 50 ? .infinity : 1 }
        .finding(.explodingThroughTime, Self.layers(), Self.context())?.level == .critical)
  }

  /// A blow-up within the first steps, which recovery has mended since.
  @Test func whatRecoveryHasMendedIsTold() {
    var run = Self.run(100) { step, back in pow(step < 60 ? 1.1 : 0.99, Double(back)) }
    run.loss = { 0.167 * 0.995.power($0) }
    #expect(run.finding(.explodingThroughTime, Self.layers(), Self.context()) == nil)
    let blown = Self.context { $0.events = [.init(step: 5, kind: "blowup", message: "")] }
    #expect(run.finding(.explodingThroughTime, Self.layers(), blown)?.level == .warning)
    // It still grows, and trains all the same.
    run = Self.run(100, Self.fall(1.05))
    run.loss = { 0.167 * 0.995.power($0) }
    #expect(run.finding(.explodingThroughTime, Self.layers(), Self.context())?.level == .notice)
  }

  /// Nor need the history show it: what has been gone back from is told by an event.
  @Test func whatHasBeenGoneBackFromIsTold() throws {
    let run = Self.run(100, Self.fall(0.99))
    let context = Self.context {
      $0.events = [.init(step: 2, kind: "exploding_through_time", message: "the gradient of `simple_rnn` grows")]
    }
    let finding = try #require(run.finding(.explodingThroughTime, Self.layers(), context))
    #expect(finding.level == .warning && finding.layer == "simple_rnn" && finding.message.contains("At step 2"))
  }

  /// A run that ended after two steps has no window.
  @Test func aRunOfTwoStepsIsTold() {
    let run = Self.run(100, steps: 2, Self.fall(1.5))
    let ended = Self.context { $0.hasDiverged = true }
    #expect(run.finding(.explodingThroughTime, Self.layers(), ended)?.level == .critical)
  }

  /// The first times gather the gradients of all later ones.
  @Test func lossesOfEachTimeAddUp() {
    let sums = Self.run(100) { _, back in Double(back + 1) }
    #expect(sums.finding(.explodingThroughTime, Self.layers(answersAtEnd: false), Self.context()) == nil)
    #expect(sums.finding(.explodingThroughTime, [], Self.context()) == nil)
    #expect(
      Self.run(100, Self.fall(1.1)).finding(.explodingThroughTime, Self.layers(answersAtEnd: false), Self.context())
        != nil)
  }

  // MARK: Gates

  @Test func gatesThatStandFlat() throws {
    var run = Self.run(100) { _, _ in 1 }
    run.series = [
      (
        HistorySeries(.gateSaturation, layer: "lstm", positions: [0, 1, 2]),
        { $0 < 200 ? [0.1, 0.2, 0.1] : [0.3, 0.95, 0.4] }
      )
    ]
    let finding = try #require(run.finding(.gatesSaturated, [], Self.context()))
    #expect(finding.level == .warning && finding.layer == "lstm")
    #expect(finding.message.contains("95 % of the values of the forget gate"))
    run.loss = { 0.167 * 0.995.power($0) }
    #expect(run.finding(.gatesSaturated, [], Self.context()) == nil)
    run.loss = { _ in 0.167 }
    run.series[0].1 = { _ in [0.3, 0.85, 0.4] }
    #expect(run.finding(.gatesSaturated, [], Self.context()) == nil)
  }
}
