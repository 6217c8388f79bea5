import GradientHealth
import Testing

@Suite struct VanishingTests {
  private func run(first: @escaping (Int) -> Double) -> SyntheticRun {
    var run = SyntheticRun()
    run.gradientRms = { step, layer in layer == 3 ? 0.1 : 0.1 * (layer == 0 ? first(step) : 0.5) }
    return run
  }

  private let stuck: (Int) -> Double = { _ in 0.693 }

  @Test func healthyRunHasNoFinding() { #expect(SyntheticRun().findings().isEmpty) }

  @Test(arguments: [0, 1e-13, 1e-7, 9e-4, 5e-3]) func stuckIsCritical(_ ratio: Double) {
    var run = run { _ in ratio }
    run.loss = stuck
    let finding = run.finding(.vanishing)
    #expect(finding?.level == .critical && finding?.layer == "first")
    #expect(run.finding(.plateau) == nil, "one finding says it")
  }

  @Test(arguments: [(0.05, Finding.Level.critical), (0.07, nil), (0.3, nil)])
  func weakIsBelowAThreshold(_ ratio: Double, _ level: Finding.Level?) {
    var run = run { _ in ratio }
    run.loss = stuck
    #expect(run.finding(.vanishing)?.level == level)
  }

  /// What learns is not called sick, however weak its first layer.
  @Test(arguments: [(0.05, Finding.Level.notice), (0.005, .notice), (5e-4, .warning)])
  func learningIsNotCritical(_ ratio: Double, _ level: Finding.Level) {
    var run = run { _ in ratio }
    run.loss = { 0.7 - 0.5 * Double($0) / 1000 }
    #expect(run.finding(.vanishing)?.level == level)
  }

  @Test(arguments: [(60, nil), (160, Finding.Level.notice), (460, .warning)])
  func recovered(_ steps: Int, _ level: Finding.Level?) throws {
    var run = run { $0 <= steps ? 3e-3 : 0.4 }
    run.loss = { $0 <= steps ? 0.69 : 0.3 }
    let finding = run.finding(.vanishing)
    #expect(finding?.level == level)
    guard let finding else { return }
    let epoch = try #require(finding.figures.first { $0.name == "recovery_epoch" }).value
    #expect(abs(epoch - Double(steps / 100 + 1)) <= 1)
    #expect(finding.message.contains("epoch \(Int(epoch))"))
  }

  /// The loss fell all the time: nothing was lost.
  @Test func recoveredWithoutLossIsANotice() {
    var run = run { $0 <= 460 ? 3e-3 : 0.4 }
    run.loss = { $0 <= 140 ? 0.69 : 0.2 }
    #expect(run.finding(.vanishing)?.level == .notice)
  }

  /// One layer among stronger ones is no vanishing gradient.
  @Test func oddLayerIsNone() {
    var run = SyntheticRun()
    run.gradientRms = { _, layer in layer == 1 ? 0.002 : 0.1 }
    #expect(run.finding(.vanishing) == nil)
  }

  @Test func wideLayersAreCompared() {
    var run = run { _ in 0.03 }
    run.loss = stuck
    #expect(run.finding(.vanishing) != nil)
    let profiles = run.layers.map { LayerProfile(name: $0, units: $0 == "output" ? 1 : 256) }
    #expect(run.finding(.vanishing, profiles) == nil)
  }

  /// Little comes to layers within blocks, the short cuts carry it around them.
  @Test func layersBesideShortcutsAreNoBottleneck() {
    var run = SyntheticRun()
    run.layers = ["stem", "first", "second", "third", "output"]
    run.gradientRms = { _, layer in [0, 4].contains(layer) ? 0.1 : 1e-7 }
    run.loss = stuck
    let names = run.layers
    let profiles = names.map { LayerProfile(name: $0, isBypassed: !["stem", "output"].contains($0)) }
    #expect(run.finding(.vanishing) != nil)
    #expect(run.finding(.vanishing, profiles) == nil)
    // What every path passes is judged as ever.
    run.gradientRms = { _, layer in layer == 4 ? 0.1 : 1e-7 }
    let finding = run.finding(.vanishing, profiles)
    #expect(finding?.level == .critical && finding?.layer == "stem")
    #expect(finding?.remedies.contains { $0.steps.contains { $0.edit == .shortcuts(from: 6) } } == false)
  }

  /// Where each layer has a path around it, the strongest stands for their depth.
  @Test func branchesStandForEachOther() {
    var run = SyntheticRun()
    run.gradientRms = { _, layer in layer == 1 ? 0.05 : layer == 3 ? 0.1 : 1e-9 }
    run.loss = stuck
    let profiles = run.layers.map { LayerProfile(name: $0, isBypassed: $0 != "output") }
    #expect(run.finding(.vanishing, profiles) == nil)
    run.gradientRms = { _, layer in layer == 3 ? 0.1 : 1e-9 }
    #expect(run.finding(.vanishing, profiles)?.level == .critical)
  }

  @Test(arguments: [(4, false), (7, true), (30, true)])
  func deepChainsAreOfferedShortcuts(_ count: Int, _ isOffered: Bool) {
    var run = SyntheticRun()
    run.layers = (0..<count).map { "layer \($0)" }
    run.gradientRms = { _, layer in layer == count - 1 ? 0.1 : 1e-9 }
    run.loss = stuck
    let edits = run.finding(.vanishing)?.remedies.flatMap(\.steps).map(\.edit) ?? []
    #expect(edits.contains(.shortcuts(from: 6)) == isOffered)
  }

  /// gamma's gradient is no kernel's.
  @Test func normalizationIsLeftOut() {
    var run = SyntheticRun()
    run.layers = ["batch_normalization", "first", "second", "output"]
    run.gradientRms = { _, layer in layer == 0 ? 1e-9 : 0.1 }
    run.loss = stuck
    #expect(run.finding(.vanishing) == nil)
  }

  @Test func lossOfZeroNeedsNoGradient() {
    var run = SyntheticRun()
    run.loss = { $0 < 200 ? 0.7 : 0 }
    run.gradientRms = { step, _ in step < 200 ? 0.1 : 0 }
    run.updateRatio = { step, _ in step < 200 ? 1e-3 : 0 }
    #expect(run.finding(.vanishing) == nil && run.finding(.frozen) == nil)
  }

  @Test func fewStepsAreNoProof() {
    var run = run { _ in 1e-7 }
    run.loss = stuck
    run.steps = 40
    #expect(run.findings().isEmpty)
    run.steps = 120
    #expect(run.finding(.vanishing)?.level == .warning)
  }

  @Test func mergedAndSparseRowsAreRead() {
    for (capacity, every) in [(64, 1), (4096, 10)] {
      var run = run { _ in 1e-6 }
      run.loss = stuck
      run.capacity = capacity
      run.olderCapacity = 32
      run.everySteps = every
      #expect(run.finding(.vanishing)?.level == .critical)
    }
  }
}
