import Testing

@testable import GradientHealth

/// What detectors say of a run against the loss of a constant answer, which is 1 here.
@Suite struct ConstantTests {
  private func context(_ change: (inout DiagnosisContext) -> Void = { _ in }) -> DiagnosisContext {
    var context = DiagnosisContext()
    context.data.constantLoss = 1
    (context.data.targetMean, context.data.targetDeviation) = (0, 1)
    (context.data.largestFeatureMean, context.data.largestFeatureDeviation) = (0, 1)
    context.data.smallestFeatureDeviation = 1
    change(&context)
    return context
  }

  private func at(_ loss: Double, steps: Int = 1000) -> SyntheticRun {
    var run = SyntheticRun.steady
    run.steps = steps
    run.loss = { _ in loss }
    return run
  }

  // MARK: Learning at all

  @Test(arguments: [
    (0.89, 1000, nil), (0.94, 1000, Finding.Level.warning), (0.96, 1000, Finding.Level.critical), (0.96, 224, .warning),
    (0.96, 225, .critical),
    (0.96, 20, .warning), (0.96, 19, nil), (50, 1000, .critical),
  ])
  func noBetterThanConstant(_ loss: Double, _ steps: Int, _ level: Finding.Level?) {
    #expect(at(loss, steps: steps).finding(.noBetterThanConstant, [], context())?.level == level)
    #expect(at(loss, steps: steps).finding(.noBetterThanConstant) == nil, "the constant's loss is not known")
  }

  /// The penalty does not count, as the constant has none.
  @Test func theLossOfTheDataCounts() {
    var run = at(1.5)
    run.penalty = { _ in 0.7 }
    #expect(run.finding(.noBetterThanConstant, [], context()) == nil)
    run.penalty = { _ in 0.5 }
    #expect(run.finding(.noBetterThanConstant, [], context())?.figure("loss") == 1)
  }

  /// A few batches with rows that are far off make the loss: the median does not see them.
  @Test func aMeanOfFewBadBatches() {
    var run = at(0.1)
    run.loss = { $0 % 20 == 7 ? 17 : 0.1 }
    let finding = run.finding(.noBetterThanConstant, [], context())
    #expect(finding?.level == .warning && abs((finding?.figure("loss") ?? 0) - 0.945) < 0.01)
    run.loss = { $0 % 20 == 7 ? 15 : 0.1 }
    #expect(run.finding(.noBetterThanConstant, [], context()) == nil)
  }

  @Test func evidenceDecidesTheCause() {
    func cause(_ change: (inout SyntheticRun) -> Void) -> String {
      var run = at(1)
      change(&run)
      return run.finding(.noBetterThanConstant, [], context())?.cause ?? ""
    }
    #expect(cause { _ in }.hasPrefix("Nothing in gradients, weights or data explains it"))
    let thrown = cause { $0.updateRatio = { step, layer in step == 3 && layer == 1 ? 0.75 : step < 9 ? 1e-3 : 0 } }
    #expect(
      thrown.hasPrefix("The learning rate is too large: at step 3 one update changed the weights of `second` by 75 %"))
    #expect(
      cause { $0.loss = { $0 == 3 ? 25 : 1 } }.hasPrefix(
        "The learning rate is too large: at step 3 the loss was 25 times"))
    #expect(cause { $0.updateRatio = { _, _ in 5e-6 } }.hasPrefix("The learning rate is too small"))
    let brought = cause {
      $0.updateRatio = { step, _ in step < 100 ? 1e-3 : 1e-9 }
      $0.learningRate = { $0 < 100 ? 0.01 : 1e-8 }
    }
    #expect(brought.hasPrefix("The schedule has brought the learning rate down to 1.0e-06"))
  }

  /// Weights that start at zero are changed by all of themselves at first, which says nothing of the rate.
  @Test func anUpdateOfZeros() {
    var run = at(1)
    run.updateRatio = { step, _ in step == 1 ? 1 : 1e-3 }
    let trace = Trace(run.history, profiles: run.layers.map { LayerProfile(name: $0, initializer: "zeros") })
    #expect(Evidence.rate(trace, context()) == nil)
    let other = Trace(run.history, profiles: run.layers.map { LayerProfile(name: $0, initializer: "he_normal") })
    #expect(Evidence.rate(other, context()) == .tooLarge(step: 1, layer: "first", ratio: 1))
  }

  // MARK: Slow

  /// From 2 by so much a step.
  @Test(arguments: [(0.0001, true), (0.0005, true), (0.001, false), (0.0018, false), (1e-8, false), (-0.0001, false)])
  func slow(_ perStep: Double, _ isOne: Bool) {
    var run = SyntheticRun.steady
    run.loss = { 2 - perStep * Double($0) }
    let finding = run.finding(.slow, [], context())
    #expect((finding != nil) == isOne)
    #expect(finding == nil || run.finding(.noBetterThanConstant, [], context()) == nil, "it is about to fall")
  }

  @Test func howManyTimesAsLong() throws {
    var run = SyntheticRun.steady
    run.loss = { 2 - 0.0005 * Double($0) }
    // It goes from 2 to 1.5 in 1,000 steps, and has 0.8 to go to 0.7: 2.6 times as many.
    let finding = try #require(run.finding(.slow, [], context()))
    #expect(finding.level == .warning && abs((finding.figure("times") ?? 0) - 2.6) < 0.2)
    run.learningRate = { $0 < 900 ? 0.01 : 1e-9 }
    run.updateRatio = { step, _ in step < 700 ? 1e-3 : 1e-9 }
    #expect(run.finding(.slow, [], context()) == nil, "at a rate of nothing it will not go on")
    run.loss = { 2 + 0.3 * Double($0 % 11) - 0.00005 * Double($0) }
    run.updateRatio = { _, _ in 1e-3 }
    #expect(run.finding(.slow, [], context()) == nil, "noise")
  }

  // MARK: Data

  @Test func targetsThatAreAllAlike() {
    let constant = context { ($0.data.targetMean, $0.data.targetDeviation, $0.data.constantLoss) = (7, 0, 0) }
    #expect(at(1e-9).finding(.constantTarget, [], constant)?.level == .warning)
    #expect(at(1).finding(.noBetterThanConstant, [], constant) == nil)
    let nearly = context { ($0.data.targetMean, $0.data.targetDeviation) = (1e6, 0.01) }
    #expect(at(1).finding(.constantTarget, [], nearly) != nil)
    #expect(at(1).finding(.constantTarget, [], context()) == nil && at(1).finding(.constantTarget) == nil)
  }

  @Test(arguments: [(0.0, 19.0, false), (0, 21, true), (19, 1, false), (21, 1, true), (100, 15, false), (-21, 1, true)])
  func targetsUnscaled(_ mean: Double, _ deviation: Double, _ isOne: Bool) {
    let context = context { ($0.data.targetMean, $0.data.targetDeviation) = (mean, deviation) }
    #expect((at(0.8).finding(.targetsUnscaled, [], context) != nil) == isOne)
    #expect(at(0.6).finding(.targetsUnscaled, [], context) == nil, "it learns in spite of it")
    var blown = context
    blown.standsOnBlowup = true
    #expect((at(0.6).finding(.targetsUnscaled, [], blown) != nil) == isOne)
  }

  @Test(arguments: [(31.0, 0.0, true), (29, 0, false), (1, 31, true), (0.02, 0, true), (0.04, 0, false)])
  func inputsUnscaled(_ deviation: Double, _ mean: Double, _ isOne: Bool) {
    let context = context { ($0.data.largestFeatureDeviation, $0.data.largestFeatureMean) = (deviation, mean) }
    #expect((at(0.8).finding(.inputsUnscaled, [], context) != nil) == isOne)
    #expect(at(0.6).finding(.inputsUnscaled, [], context) == nil)
  }

  /// The gradient of the first kernel carries the size of its input.
  @Test func smallFeaturesAreNotVanishing() {
    var run = at(1)
    run.gradientRms = { _, layer in layer < 2 ? 0.001 : 1 }
    let small = context { $0.data.largestFeatureDeviation = 0.001 }
    #expect(run.finding(.vanishing, [], context())?.level == .critical)
    #expect(run.finding(.vanishing, [], small) == nil && run.finding(.inputsUnscaled, [], small) != nil)
    run.gradientRms = { _, layer in layer < 2 ? 1e-6 : 1 }
    #expect(run.finding(.vanishing, [], small)?.level == .critical, "by more than their size explains")
  }

  /// Large weights of layers without a ceiling make signals and the last gradient large, and the others small beside it.
  @Test func growingSignalsAreNotVanishing() {
    var run = at(1)
    run.gradientRms = { _, layer in layer < 2 ? 0.001 : 1 }
    func profiles(_ activation: String) -> [LayerProfile] {
      run.layers.map { LayerProfile(name: $0, units: 16, activation: activation) }
    }
    run.weightRms = { _, _ in 0.51 }  // four times that: 16 units
    #expect(run.finding(.vanishing, profiles("relu"), context()) == nil)
    #expect(run.finding(.vanishing, profiles("tanh"), context()) != nil)
    run.dead = { _, layer in layer == 1 ? 0.6 : 0 }
    #expect(run.finding(.vanishing, profiles("relu"), context()) != nil, "dead units let nothing through")
    run.dead = { _, _ in .nan }
    run.weightMean = { _, layer in layer == 1 ? -0.2 : 0.2 }
    #expect(run.finding(.vanishing, profiles("relu"), context()) != nil, "weights below zero hold units down")
    run.weightMean = { _, _ in 0.2 }
    #expect(run.finding(.vanishing, profiles("relu"), context()) == nil)
    run.weightRms = { _, _ in 0.49 }
    #expect(run.finding(.vanishing, profiles("relu"), context()) != nil)
  }

  /// The first layer's gradient carries the features' size, the second one's does not.
  @Test func theFirstLayerOfUnscaledFeatures() {
    var run = at(1)
    run.gradientRms = { _, layer in layer == 0 ? 0.001 : 1 }
    let large = context { $0.data.largestFeatureDeviation = 1000 }
    #expect(run.finding(.vanishing, [], context())?.layer == "first")
    #expect(run.finding(.vanishing, [], large) == nil)
    run.saturated = { _, layer in layer == 0 ? 0.6 : 0 }
    #expect(run.finding(.vanishing, [], large)?.layer == "first")
    run.saturated = { _, _ in .nan }
    run.gradientRms = { _, layer in layer < 2 ? 0.001 : 1 }
    #expect(run.finding(.vanishing, [], large)?.layer == "second")
  }

  /// Gone for a tenth of the run is a warning though it recovered soon.
  @Test(arguments: [(100, 0.001, Finding.Level.warning), (100, 0.003, .notice), (50, 0.001, nil)])
  func aTenthOfTheRun(_ steps: Int, _ ratio: Double, _ level: Finding.Level?) {
    var run = SyntheticRun.steady
    run.gradientRms = { step, layer in layer == 0 && step <= steps ? ratio : 1 }
    #expect(run.finding(.vanishing)?.level == level)
    run.steps = 1100
    #expect(run.finding(.vanishing)?.level == (level == nil ? nil : .notice))
  }

  // MARK: What keeps a network from its data

  @Test func penalties() {
    var run = at(1.8)
    run.penalty = { _ in 0.8 }
    #expect(run.finding(.penaltyDominates, [], context())?.level == .warning)
    run.penalty = { _ in 0.5 }
    #expect(run.finding(.penaltyDominates, [], context()) == nil)
    // At first it was most of the loss, and has taken the weights away.
    run.loss = { $0 <= 50 ? 3 : 1 }
    run.penalty = { $0 <= 50 ? 2 : 0 }
    #expect(run.finding(.penaltyDominates, [], context()) == nil)
    run.weightRms = { step, layer in step > 50 && layer == 1 ? 0.1 : 0.5 }
    #expect(run.finding(.penaltyDominates, [], context())?.message.contains("has shrunk them") == true)
    run.loss = { $0 <= 50 ? 3 : 0.6 }
    #expect(run.finding(.penaltyDominates, [], context()) == nil, "it has learnt")
  }

  @Test(arguments: [(0.69, 0.8, false), (0.71, 0.8, true), (0.95, 0.6, false)])
  func dropout(_ share: Double, _ loss: Double, _ isOne: Bool) {
    let context = context { $0.largestDropout = share }
    #expect((at(loss).finding(.dropoutDominates, [], context) != nil) == isOne)
  }

  @Test func clippingThatNeverEnds() {
    var run = at(0.8)
    run.clipped = { $0 % 20 == 0 ? 1 : 0.01 }
    let sgd = context { $0.optimizer = "sgd" }
    let finding = run.finding(.clippingAlways, [], sgd)
    #expect(finding?.level == .warning && abs((finding?.figure("share_of_steps") ?? 0) - 0.95) < 0.01)
    #expect(run.finding(.clippingAlways, [], context { $0.optimizer = "adam" }) == nil, "it divides by the size")
    run.clipped = { $0 % 8 == 0 ? 1 : 0.01 }
    #expect(run.finding(.clippingAlways, [], sgd) == nil)
    run.clipped = { _ in 0.11 }
    #expect(run.finding(.clippingAlways, [], sgd) == nil)
    run.clipped = { _ in 0.09 }
    #expect(run.finding(.clippingAlways, [], sgd) != nil)
    run.loss = { _ in 0.6 }
    #expect(run.finding(.clippingAlways, [], sgd) == nil)
  }

  // MARK: Kinds that were there before

  @Test func aPlateauBelowTheConstantIsNoWarning() {
    #expect(at(0.71).finding(.plateau, [], context())?.level == .warning)
    #expect(at(0.69).finding(.plateau, [], context())?.level == .notice, "it learnt before the first window ended")
  }

  @Test func aLossFarAboveTheConstantIsExploding() {
    var run = at(12)
    run.loss = { $0 == 1 ? 3.9 : 12 }
    #expect(run.finding(.exploding, [], context())?.level == .critical)
    run.loss = { $0 == 1 ? 4.1 : 12 }
    #expect(run.finding(.exploding, [], context()) == nil, "it began as high")
    run.loss = { $0 == 1 ? 2 : 9 }
    #expect(run.finding(.exploding, [], context()) == nil)
    var blown = context()
    blown.events = [.init(step: 4, kind: "blowup", message: "step 4 blew up")]
    run.loss = { $0 == 3 ? 120 : 0.2 }
    #expect(run.finding(.exploding, [], blown)?.level == .warning)
    run.loss = { $0 == 3 ? 90 : 0.2 }
    #expect(run.finding(.exploding, [], blown) == nil)
  }

  /// Worse than a constant answer, and ten times what was usual.
  @Test func aBatchWorseThanAConstant() {
    func level(_ loss: Double, usual: Double = 0.1, step: Int = 450, rows: Int = 32) -> Finding.Level? {
      var run = at(usual)
      run.loss = { $0 == step ? loss : usual }
      return run.finding(.spike, [], context { ($0.batchSize, $0.spikes.hardRow) = (rows, 1e9) })?.level
    }
    #expect(level(1.1) == .warning && level(0.99) == nil && level(1.1, usual: 0.12) == nil)
    #expect(level(1.1, step: 30) == .warning && level(1.1, step: 15) == nil && level(1.1, rows: 15) == nil)
    #expect(level(1.1, step: 400) == nil, "the last batch of an epoch may be of few rows")
    #expect(level(7, usual: 0.6) == nil)
  }

  @Test func saturatedFromTheStart() {
    var run = at(0.1)
    run.saturated = { _, layer in layer == 1 ? 0.66 : .nan }
    #expect(run.finding(.saturated, [], context())?.level == .warning)
    run.saturated = { step, layer in layer == 1 ? (step <= 3 ? 0.5 : 0.66) : .nan }
    #expect(run.finding(.saturated, [], context())?.level == .notice)
    run.loss = { _ in 0.71 }
    #expect(run.finding(.saturated, [], context())?.level == .warning)
  }

  /// What is zero in every batch is dead; what is zero in most is not.
  @Test func deadInEveryBatch() {
    var run = at(0.1)
    run.dead = { _, layer in layer == 1 ? 0.51 : .nan }
    #expect(run.finding(.deadUnits, [], context())?.level == .warning)
    #expect(run.finding(.deadUnits, [], context { $0.batchSize = 15 }) == nil, "of few rows")
    run.dead = { step, layer in layer == 1 ? (step % 50 == 0 ? 0.4 : 0.6) : .nan }
    #expect(run.finding(.deadUnits, [], context()) == nil)
  }

  @Test func creepingWeights() {
    var run = at(1)
    run.updateRatio = { _, layer in layer == 0 ? 6e-7 : 1e-6 }
    #expect(run.finding(.frozen, [], context())?.layer == "first")
    run.updateRatio = { _, layer in layer == 0 ? 8e-7 : 1e-6 }
    #expect(run.finding(.frozen, [], context()) == nil)
    run.updateRatio = { _, layer in layer == 0 ? 6e-7 : 1e-6 }
    run.loss = { _ in 0.69 }
    #expect(run.finding(.frozen, [], context()) == nil, "it has learnt, and a schedule may end so")
    // 0 divided by 0.
    run = at(1)
    run.weightRms = { _, layer in layer == 0 ? 0 : 0.5 }
    run.updateRatio = { _, layer in layer == 0 ? .nan : 1e-3 }
    #expect(run.finding(.frozen, [], context())?.layer == "first")
  }
}
