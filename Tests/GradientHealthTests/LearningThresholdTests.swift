import Testing

@testable import GradientHealth

/// Just below and just above what the detectors say of layers, units and the loss's course.
@Suite struct LearningThresholdTests {
  private static let names = ["first", "second", "third", "output"]

  private func profiles(
    units: [Int?] = [16, 16, 16, 16], activations: [String] = ["relu", "relu", "relu", "linear"]
  ) -> [LayerProfile] {
    zip(LearningThresholdTests.names, zip(units, activations)).map {
      LayerProfile(name: $0, units: $1.0, activation: $1.1)
    }
  }

  /// Gradients of the first two layers against an output layer's of 1.
  private func run(_ first: Double, _ second: Double = 1, loss: (Double, Double, Double) = (1, 1, 1)) -> SyntheticRun {
    var run = SyntheticRun.steady(loss: loss.0, loss.1, loss.2)
    run.gradientRms = { _, layer in [first, second, 1, 1][layer] }
    return run
  }

  // MARK: Vanishing

  @Test(arguments: [
    (0.059, 1.0, true), (0.061, 1, false), (0.17, 0.05, true), (0.19, 0.05, false), (0.19, 0.009, true),
  ])
  func aWeakLayerAndTheFirstOne(_ first: Double, _ second: Double, _ isOne: Bool) {
    let finding = run(first, second).finding(.vanishing)
    #expect((finding != nil) == isOne)
    #expect(finding == nil || finding?.layer == (first < second ? "first" : "second"))
  }

  /// Only the first half of the layers is looked at.
  @Test func laterLayersAreNotCompared() {
    var run = run(1)
    run.gradientRms = { _, layer in layer == 2 ? 1e-6 : 1 }
    #expect(run.finding(.vanishing) == nil)
    run.layers = ["a", "b", "c"]
    run.gradientRms = { _, layer in layer == 1 ? 1e-6 : 1 }
    #expect(run.finding(.vanishing) == nil)
    run.layers = ["a", "b"]
    run.gradientRms = { _, layer in layer == 0 ? 1e-6 : 1 }
    #expect(run.finding(.vanishing)?.layer == "a")
    run.layers = ["a"]
    #expect(run.finding(.vanishing) == nil)
  }

  /// By figure and by how the loss went: first, in the middle, at the end.
  @Test(arguments: [
    (0.0009, (1.0, 1.0, 0.71), Finding.Level.critical), (0.0009, (1, 1, 0.69), .warning),
    (0.009, (1, 0.5, 0.5), .critical), (0.011, (1, 0.5, 0.5), .notice), (0.011, (1, 0.71, 0.71), .critical),
    (0.011, (1, 1, 0.71), .warning), (0.011, (1, 1, 0.69), .notice), (0.0011, (1, 1, 0.71), .warning),
    // Flat is what brought less than a twentieth.
    (0.009, (2, 1, 0.96), .critical), (0.009, (2, 1, 0.94), .notice),
  ])
  func levels(_ figure: Double, _ loss: (Double, Double, Double), _ level: Finding.Level) {
    #expect(run(figure, loss: loss).finding(.vanishing)?.level == level)
  }

  @Test(arguments: [
    (224, 0.0009, Finding.Level.warning), (224, 0.0011, .notice), (225, 0.0009, .critical), (225, 0.02, .critical),
  ])
  func fewSteps(_ steps: Int, _ figure: Double, _ level: Finding.Level) {
    var run = run(figure)
    run.steps = steps
    #expect(run.finding(.vanishing)?.level == level)
  }

  @Test func wideLayersCountByTheRootOfTheirUnits() {
    func finding(_ first: Double, outputs: Int?) -> Finding? {
      var run = run(first)
      run.weightRms = { _, _ in 0.2 }
      return run.finding(.vanishing, profiles(units: [64, 64, 64, outputs]))
    }
    #expect(
      finding(0.014, outputs: 4) != nil && finding(0.016, outputs: 4) == nil && finding(0.016, outputs: nil) != nil)
    let found = finding(0.01, outputs: 4)
    #expect(abs((found?.figure("ratio_to_output") ?? 0) - 0.01) < 1e-6)
    #expect(abs((found?.figure("ratio_corrected_for_width") ?? 0) - 0.04) < 1e-6)
  }

  @Test func aFindingInFull() throws {
    var run = run(0.0005)
    run.updateRatio = { _, layer in [0.5, 0.125, 0.125, 0.25][layer] / 1024 }
    run.weightRms = { step, layer in layer == 0 && step > 500 ? 0.04 : 0.5 }
    let finding = try #require(run.finding(.vanishing))
    #expect(finding.figure("update_ratio_first") == 0.5 / 1024 && finding.figure("update_ratio_output") == 0.25 / 1024)
    #expect(finding.figure("loss") == 1)
    #expect(
      finding.message
        == "The gradient of `first` is 5.0e-04 of that of the output layer `output`, and the loss stands at "
        + "1: the network does not train; its weights are going to zero.")
    run.weightRms = { step, layer in layer == 0 && step > 500 ? 0.06 : 0.5 }
    #expect(run.finding(.vanishing)?.message.hasSuffix("does not train.") == true)
    #expect(self.run(0).finding(.vanishing)?.message.hasPrefix("The gradient of `first` is exactly zero, and") == true)
    #expect(
      self.run(0.011, loss: (1, 1, 0.71)).finding(.vanishing)?.message.hasSuffix("so the early layers hardly learn.")
        == true)
    #expect(
      self.run(0.011, loss: (1, 1, 0.69)).finding(.vanishing)?.message.hasSuffix("so the early layers learn slowly.")
        == true)
  }

  @Test func causes() {
    func cause(_ profiles: [LayerProfile], _ change: (inout SyntheticRun) -> Void = { _ in }) -> String {
      var run = run(1e-4)
      change(&run)
      return run.finding(.vanishing, profiles)?.cause ?? ""
    }
    let plain = profiles()
    #expect(cause(plain).hasPrefix("Each of 3 hidden layers makes the gradient a little smaller"))
    #expect(cause(plain) { $0.weightRms = { _, layer in layer == 3 ? 0.5 : 0 } }.hasPrefix("The weights are zero"))
    #expect(!cause(plain) { $0.weightRms = { _, layer in layer == 3 ? 0 : 0.5 } }.hasPrefix("The weights are zero"))
    // An rms of 0.07 in front of 16 units is a gain of 0.28.
    #expect(cause(plain) { $0.weightRms = { _, _ in 0.07 } }.hasPrefix("The initial weights are so small"))
    #expect(cause(plain) { $0.weightRms = { _, _ in 0.08 } }.hasPrefix("Each of 3 hidden"))
    #expect(cause([]) { $0.weightRms = { _, _ in 0.07 } }.hasPrefix("Each of 3 hidden"))
    #expect(
      cause(plain) { $0.dead = { _, layer in layer == 1 ? 0.91 : 0.1 } }.hasPrefix("In one layer 91 % of the ReLU"))
    #expect(cause(plain) { $0.dead = { _, _ in 0.89 } }.hasPrefix("Each of 3 hidden"))
    let two = profiles(activations: ["sigmoid", "sigmoid", "relu", "sigmoid"])
    #expect(cause(two) == "Each of 2 sigmoid layers passes back at most a quarter of the gradient.")
    let one = profiles(activations: ["sigmoid", "relu", "relu", "sigmoid"])
    #expect(cause(one).hasPrefix("Each of 3 hidden"))
    #expect(
      cause(plain) { $0.saturated = { _, layer in layer == 2 ? 0.51 : 0.2 } }.hasPrefix("Units are saturated (51 %"))
    #expect(cause(plain) { $0.saturated = { _, _ in 0.5 } }.hasPrefix("Each of 3 hidden"))
  }

  // MARK: Recovery

  /// Weak for some steps, then not; the loss goes from 1 by way of `way` to 0.5.
  private func recovering(after steps: Int, lossUntil stalled: Int, way: Double = 1) -> SyntheticRun {
    var run = SyntheticRun.steady
    run.gradientRms = { step, layer in layer == 0 && step <= steps ? 0.05 : 1 }
    run.loss = { $0 <= 150 ? 1 : $0 <= stalled ? way : 0.5 }
    return run
  }

  @Test(arguments: [(50, nil), (100, Finding.Level.notice), (200, .notice), (250, .warning)])
  func howLongItWasWeak(_ steps: Int, _ level: Finding.Level?) {
    #expect(recovering(after: steps, lossUntil: 300).finding(.vanishing)?.level == level)
  }

  /// A loss that has come 40 % of its way, from 1 to 0.8, learns.
  @Test(arguments: [(0.81, Finding.Level.warning), (0.79, .notice)]) func whatStalls(
    _ way: Double, _ level: Finding.Level
  ) {
    #expect(recovering(after: 250, lossUntil: 250, way: way).finding(.vanishing)?.level == level)
  }

  @Test func aRecoveryInFull() throws {
    let finding = try #require(recovering(after: 250, lossUntil: 300).finding(.vanishing))
    #expect(finding.layer == "first" && finding.figure("steps") == 250 && finding.figure("recovery_epoch") == 3)
    #expect(
      finding.message
        == "The gradient of `first` was down to 0.05 of the output layer's at first and recovered in epoch "
        + "3, after about 250 steps in which the network hardly learnt.")
    let notice = try #require(recovering(after: 200, lossUntil: 300).finding(.vanishing))
    #expect(notice.message.hasSuffix("recovered in epoch 3, after about 200 steps."))
  }

  /// One weak window among others, and one strong window among weak ones, move nothing.
  @Test func theCutIsWhereFewestAreMisplaced() throws {
    var run = recovering(after: 250, lossUntil: 300)
    run.gradientRms = { step, layer in layer == 0 && (step <= 50 || 101...250 ~= step || 601...650 ~= step) ? 0.05 : 1 }
    let finding = try #require(run.finding(.vanishing))
    #expect(finding.figure("steps") == 200 && finding.figure("recovery_epoch") == 3)
  }

  // MARK: Units

  @Test(arguments: [
    (0.5, 1.0, nil), (0.51, 1, Finding.Level.warning), (0.99, 1, .warning), (0.51, 0.5, .warning), (1, 0.5, .critical),
  ])
  func deadUnits(_ share: Double, _ last: Double, _ level: Finding.Level?) {
    var run = SyntheticRun.steady(loss: 1, last, last)
    run.dead = { _, layer in layer == 1 ? share : .nan }
    #expect(run.finding(.deadUnits)?.level == level)
    // Where the loss falls something passes.
    run = .steady(loss: 1, 1, 0.8)
    run.dead = { _, layer in layer == 1 ? share : .nan }
    #expect(run.finding(.deadUnits)?.level == (level == nil ? nil : .warning))
    // A share of most batches, of which one has fewer.
    run.dead = { step, layer in layer == 1 ? (step == 950 ? 0.5 : share) : .nan }
    #expect(run.finding(.deadUnits)?.level == (share > 2 / 3.0 ? .notice : nil))
  }

  @Test func severalLayersOfDeadUnits() throws {
    var run = SyntheticRun.steady
    run.dead = { _, layer in [0.75, 0.5, 0.875, .nan][layer] }
    let finding = try #require(run.finding(.deadUnits))
    #expect(finding.layer == "third" && finding.figure("dead_fraction") == 0.875 && finding.figure("layers") == 2)
    #expect(
      finding.message
        == "88 % of the units of `third` are 0 for every row of every batch and learn nothing (2 layers have as good "
        + "as that many).")
    run.dead = { _, layer in layer == 2 ? 0.875 : 0.5 }
    #expect(run.finding(.deadUnits)?.message.hasSuffix("learn nothing.") == true)
  }

  /// Not from the start on.
  @Test(arguments: [
    (0.64, 1.0, nil), (0.66, 1, Finding.Level.warning), (0.66, 0.71, .warning), (0.66, 0.69, .notice),
  ])
  func saturated(_ share: Double, _ last: Double, _ level: Finding.Level?) {
    var run = SyntheticRun.steady(loss: 1, last, last)
    run.saturated = { step, layer in layer == 1 && step > 50 ? share : .nan }
    #expect(run.finding(.saturated)?.level == level)
  }

  @Test func severalSaturatedLayers() throws {
    var run = SyntheticRun.steady
    run.saturated = { _, layer in [0.75, 0.5, 0.875, 0.75][layer] }
    let finding = try #require(run.finding(.saturated))
    #expect(finding.layer == "third" && finding.figure("saturated_fraction") == 0.875 && finding.figure("layers") == 3)
    #expect(
      finding.message == "88 % of the outputs of `third` lie where its activation is flat, and in 2 more layers.")
  }

  /// Only how the run ends counts: the last fifth.
  @Test func whatWasBeforeIsPast() {
    var run = SyntheticRun.steady(loss: 1, 1, 1)
    run.saturated = { step, _ in step <= 800 ? 1 : 0 }
    run.dead = { step, _ in step <= 800 ? 1 : 0 }
    #expect(run.finding(.saturated) == nil && run.finding(.deadUnits) == nil)
    run.saturated = { step, _ in step <= 800 ? 0 : 1 }
    run.dead = { step, _ in step <= 800 ? 0 : 1 }
    #expect(run.finding(.saturated) != nil && run.finding(.deadUnits) != nil)
  }

  // MARK: Frozen weights

  @Test(arguments: [
    (9e-8, 1e-4, true), (1.1e-7, 1, false), (9e-8, 8e-5, false), (5e-9, 1.1e-5, true), (5e-9, 9e-6, false),
  ])
  func aLayerThatStandsStill(_ slowest: Double, _ fastest: Double, _ isOne: Bool) {
    var run = SyntheticRun.steady(loss: 1, 0.5, 0.5)
    run.updateRatio = { _, layer in layer == 1 ? slowest : layer == 3 ? fastest : fastest / 2 }
    let finding = run.finding(.frozen)
    #expect((finding != nil) == isOne)
    #expect(finding == nil || finding?.level == .warning && finding?.layer == "second")
    run.steps = 99
    #expect(run.finding(.frozen) == nil)
    run.steps = 100
    #expect((run.finding(.frozen) != nil) == isOne)
  }

  @Test func severalFrozenLayers() throws {
    var run = SyntheticRun.steady
    run.updateRatio = { _, layer in [0x1p-26, 0x1p-27, 0x1p-26, 0x1p-8][layer] }
    let finding = try #require(run.finding(.frozen))
    #expect(finding.layer == "second" && finding.figure("update_ratio") == 0x1p-27)
    #expect(finding.figure("largest_update_ratio") == 0x1p-8)
    #expect(
      finding.message == "The weights of `second` (and of 2 more layers) no longer move: an update is 7.5e-09 of their "
        + "size, that of the fastest layer 0.00391.")
    run.updateRatio = { _, layer in layer == 1 ? 0x1p-27 : 0x1p-8 }
    #expect(run.finding(.frozen)?.message.hasPrefix("The weights of `second` no longer move") == true)
  }

  @Test(arguments: [(0.11, 1.0, true), (0.09, 1, true), (0.11, 0.71, true), (0.11, 0.69, false)])
  func aNetworkThatStandsStill(_ rate: Double, _ last: Double, _ isOne: Bool) {
    var run = SyntheticRun.steady(loss: 1, last, last)
    run.updateRatio = { _, _ in 0x1p-27 }
    run.learningRate = { $0 == 1 ? 1 : rate }
    let finding = run.finding(.frozen)
    #expect((finding != nil) == isOne)
    guard let finding else { return }
    #expect(finding.layer == nil && finding.figure("learning_rate") == rate)
    #expect(finding.message == "No layer's weights move: the largest update is 7.5e-09 of their size.")
    #expect(
      finding.cause.hasPrefix(
        rate == 0.11
          ? "The learning rate (0.11) is too small" : "The schedule has brought the learning rate down to 0.09"))
  }

  // MARK: Plateaus

  @Test(arguments: [
    ((1.0, 0.91, 0.91), nil as Finding.Level?), ((1, 1, 1), .warning), ((1, 0.5, 0.5), nil), ((2, 1, 0.96), nil),
  ])
  func plateausByCourse(_ loss: (Double, Double, Double), _ level: Finding.Level?) {
    var run = SyntheticRun.steady
    // Settled after a hundred steps: the third window counts.
    run.loss = { $0 <= 150 ? loss.0 : $0 <= 500 ? loss.1 : loss.2 }
    let expected = loss == (1, 0.91, 0.91) ? Finding.Level.warning : loss == (1, 0.5, 0.5) ? .notice : level
    #expect(run.finding(.plateau)?.level == expected)
  }

  @Test func plateausInFull() throws {
    var run = SyntheticRun.steady
    run.loss = { $0 <= 150 ? 1 : 0.89 }
    var finding = try #require(run.finding(.plateau))
    #expect(finding.level == .notice && finding.figure("first_loss") == 1 && finding.figure("last_loss") == 0.89)
    #expect(finding.figure("best_loss") == 0.89)
    #expect(finding.message == "The loss has not fallen over the second half of the run; it stands at 0.89.")
    run.loss = { _ in 0.5 }
    finding = try #require(run.finding(.plateau))
    #expect(finding.message == "The loss stands at 0.5 and has hardly fallen in 1000 steps.")
    // From the first five steps by three tenths: it has learnt something.
    run.loss = { $0 <= 5 ? 1.5 : 1 }
    #expect(run.finding(.plateau)?.level == .notice)
    run.loss = { $0 <= 5 ? 1.4 : 1 }
    #expect(run.finding(.plateau)?.level == .warning)
    // A hundredth over the second half is something.
    run.loss = { $0 <= 150 ? 2 : $0 <= 500 ? 1 : 0.985 }
    #expect(run.finding(.plateau) == nil)
    run.loss = { $0 <= 150 ? 2 : $0 <= 500 ? 1 : 0.995 }
    #expect(run.finding(.plateau)?.level == .notice)
    run.loss = { _ in 0.5 }
    run.steps = 224
    #expect(run.finding(.plateau) == nil)
    run.steps = 225
    #expect(run.finding(.plateau)?.message.hasSuffix("in 225 steps.") == true)
  }

  // MARK: Laying out

  @Test func windowsAreOfFiftyStepsAndFiveRows() {
    func windows(_ steps: Int, every: Int) -> [[Int]] {
      var run = SyntheticRun.steady
      (run.steps, run.everySteps) = (steps, every)
      return Trace(run.history, profiles: []).windows.map {
        [$0.rows.lowerBound, $0.rows.upperBound, $0.steps, $0.epoch]
      }
    }
    #expect(windows(49, every: 1).isEmpty)
    #expect(windows(120, every: 1) == [[0, 50, 50, 0], [50, 120, 70, 1]])
    // Rows of 20 steps: five of them are 81 steps, as the first stands for one.
    #expect(windows(200, every: 20) == [[0, 5, 81, 0], [5, 10, 100, 1]])
    #expect(windows(81, every: 20) == [[0, 5, 81, 0]] && windows(80, every: 20).isEmpty)
  }

  @Test func mediansOfWhatIsFinite() {
    #expect(Trace.median([3, 1, 2]) == 2 && Trace.median([4, 1, 2, 3]) == 2.5 && Trace.median([7]) == 7)
    #expect(Trace.median([.nan, 5, .infinity, 1, 3]) == 3 && Trace.median([.nan]).isNaN && Trace.median([]).isNaN)
  }

  @Test func numbersInSentences() {
    let numbers: [(Double, String)] = [
      (0, "0"), (0.693, "0.693"), (7.1e-8, "7.1e-08"), (0.001, "0.001"), (0.00099, "9.9e-04"), (999_999, "999999"),
      (1e6, "1.0e+06"), (2.54e12, "2.5e+12"), (-0.5, "-0.5"), (12.34, "12.3"), (123.4, "123"), (99.96, "100"),
      (1e-120, "1.0e-120"), (-3e10, "-3.0e+10"), (.nan, "NaN"), (.infinity, "Inf"), (-.infinity, "-Inf"), (1, "1"),
      (0.012345, "0.0123"), (31_000, "31000"), (-250_000.4, "-250000"),
    ]
    for (number, text) in numbers { #expect(Words.number(number) == text) }
    #expect(Words.percent(0.756) == "76 %" && Words.percent(1) == "100 %" && Words.percent(0.004) == "0 %")
    #expect(
      ["row", "batch", "box", "class", "dish"].map { counted(2, $0) } == [
        "2 rows", "2 batches", "2 boxes", "2 classes", "2 dishes",
      ])
    #expect(counted(1, "batch") == "1 batch" && counted(0, "row") == "0 rows")
  }
}
