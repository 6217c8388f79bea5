import GradientHealth
import Testing

@Suite struct DetectorTests {
  // MARK: Blow-ups

  private func growing(_ factor: Double, steps: Int = 8, end: Double = .infinity) -> SyntheticRun {
    var run = SyntheticRun()
    run.steps = steps
    run.loss = { $0 == steps ? end : 0.7 * factor.power($0) }
    run.norm = { $0 == steps ? .nan : factor.power($0) }
    run.gradientRms = { step, _ in step == steps ? .nan : factor.power(step) }
    run.nonfinite = { step, layer in step == steps && layer > 0 ? 10 : 0 }
    return run
  }

  @Test func growthToInfinityIsExploding() {
    let run = growing(50)
    #expect(run.finding(.exploding)?.level == .critical)
    let nonFinite = run.finding(.nonFinite)
    #expect(nonFinite?.level == .critical && nonFinite?.message.contains("step 8") == true)
    #expect(run.findings().first?.name == .exploding, "the cause stands first")
    #expect(run.finding(.exploding)?.remedies.first?.steps.map(\.edit) == [.learningRate(times: 0.1)])
  }

  /// Loss and gradient are finite to the last, the update would not have been.
  @Test func growthToABlowUp() {
    var run = growing(1e4, steps: 4, end: 1e28)
    run.norm = { 1e4.power($0) }
    run.gradientRms = { step, _ in 1e4.power(step) }
    run.nonfinite = { _, _ in 0 }
    var context = DiagnosisContext()
    context.events = [.init(step: 4, kind: "blowup", message: "step 4 blew up")]
    let findings = run.findings([], context)
    #expect(findings.map(\.name) == [.exploding, .nonFinite] && findings.allSatisfy { $0.level == .critical })
  }

  @Test func longRunMayExplodeAtItsEnd() {
    var run = SyntheticRun()
    run.norm = { $0 == 1000 ? .infinity : $0 > 996 ? 1000 : 1 }
    #expect(run.finding(.exploding)?.level == .critical)
    #expect(run.finding(.vanishing) == nil)
  }

  /// A fault out of the blue: no growth, no explosion.
  @Test func suddenNaNIsNotExploding() {
    var run = SyntheticRun()
    run.norm = { $0 == 1000 ? .nan : 1 }
    run.nonfinite = { step, layer in step == 1000 && layer >= 2 ? 1 : 0 }
    #expect(run.finding(.exploding) == nil)
    let finding = run.finding(.nonFinite)
    #expect(finding?.level == .critical && finding?.layer == "third")
    #expect(finding?.figures.first { $0.name == "elements" }?.value == 2)
  }

  @Test func nonFiniteThatPassedIsAWarning() {
    var run = SyntheticRun()
    run.loss = { $0 == 500 ? .nan : 0.2 + 0.5 * 0.997.power($0) }
    #expect(run.finding(.nonFinite)?.level == .warning)
    #expect(run.finding(.exploding) == nil && run.finding(.vanishing) == nil)
  }

  @Test func oneUpdateMayBeEnough() {
    var run = growing(2, steps: 2)
    #expect(run.finding(.exploding) == nil)
    run.updateRatio = { _, layer in layer == 1 ? 3 : 1e-3 }
    #expect(run.finding(.exploding)?.level == .critical && run.finding(.exploding)?.layer == "second")
  }

  @Test func divergenceThatStaysFinite() {
    var run = SyntheticRun()
    run.norm = { $0 < 500 ? 1 : 100 }
    run.loss = { $0 < 500 ? 0.2 + 0.5 * 0.99.power($0) : 5 }
    #expect(run.finding(.exploding)?.level == .critical)
    run.norm = { $0 < 500 ? 1 : 20 }
    #expect(run.finding(.exploding) == nil)
    run.norm = { $0 < 500 ? 1 : 100 }
    run.loss = { $0 < 500 ? 0.2 + 0.5 * 0.99.power($0) : 0.3 }
    #expect(run.finding(.exploding) == nil)
  }

  @Test func weightsThrownAbout() {
    var run = SyntheticRun()
    run.loss = { _ in 1 }
    run.updateRatio = { _, _ in 0.6 }
    #expect(run.finding(.exploding)?.level == .warning)
    run.updateRatio = { _, _ in 0.3 }
    #expect(run.finding(.exploding) == nil)
  }

  @Test func eventsAreRead() {
    var context = DiagnosisContext()
    context.events = [.init(step: 5, kind: "blowup", message: "step 5 blew up")]
    var findings = SyntheticRun().findings([], context)
    #expect(findings.map(\.name) == [.nonFinite] && findings.first?.level == .warning)
    context.events.append(.init(step: 9, kind: "blowup", message: "step 9 blew up"))
    findings = SyntheticRun().findings([], context)
    #expect(findings.map(\.name) == [.exploding, .nonFinite])
    context.events = [
      .init(step: 5, kind: "blowup", message: "step 5 blew up"),
      .init(step: 800, kind: "not_cured", message: "five rungs"),
    ]
    let uncured = SyntheticRun().findings([], context).first
    #expect(uncured?.level == .critical && uncured?.message.hasSuffix("has cured it.") == true)
    #expect(uncured?.cause == "Its events say: five rungs.")
    context.events = [.init(step: 9, kind: "spike", message: "the norm was 40 times the usual")]
    #expect(SyntheticRun().findings([], context).map(\.name) == [.spike])
  }

  // MARK: Units and weights

  @Test(arguments: [(0.6, true, nil), (0.7, true, Finding.Level.notice), (0.7, false, .warning)])
  func saturated(_ share: Double, _ learns: Bool, _ level: Finding.Level?) {
    var run = SyntheticRun()
    run.saturated = { step, layer in layer == 1 && step > 50 ? share : .nan }
    if !learns { run.loss = { _ in 0.7 } }
    #expect(run.finding(.saturated)?.level == level)
    #expect(level == nil || run.finding(.saturated)?.layer == "second")
  }

  @Test(arguments: [
    (0.5, true, nil), (0.7, true, Finding.Level.warning), (0.95, false, .warning), (1, false, .critical),
  ])
  func deadUnits(_ share: Double, _ learns: Bool, _ level: Finding.Level?) {
    var run = SyntheticRun()
    run.dead = { _, layer in layer == 2 ? share : .nan }
    if !learns { run.loss = { _ in 0.7 } }
    #expect(run.finding(.deadUnits)?.level == level)
  }

  @Test func frozenLayer() {
    var run = SyntheticRun()
    run.updateRatio = { _, layer in layer == 0 ? 1e-9 : 1e-3 }
    #expect(run.finding(.frozen)?.layer == "first")
    run.updateRatio = { _, layer in layer == 0 ? 2e-7 : 1e-3 }
    #expect(run.finding(.frozen) == nil)
  }

  @Test func frozenNetwork() {
    var run = SyntheticRun()
    run.updateRatio = { _, _ in 1e-9 }
    run.loss = { _ in 0.7 }
    let finding = run.finding(.frozen)
    #expect(finding != nil && finding?.layer == nil)
    run.learningRate = { $0 < 500 ? 1 : 1e-6 }
    #expect(run.finding(.frozen)?.cause.hasPrefix("The schedule has brought") == true)
    run.loss = { 0.2 + 0.5 * 0.997.power($0) }  // a schedule's end, after it has learnt
    #expect(run.finding(.frozen) == nil)
  }

  @Test func plateaus() {
    var run = SyntheticRun()
    run.loss = { _ in 0.7 }
    #expect(run.finding(.plateau)?.level == .warning)
    run.loss = { max(0.3, 0.7 - 0.002 * Double($0)) }
    #expect(run.finding(.plateau)?.level == .notice)
    run.loss = { 0.7 - 0.0005 * Double($0) }
    #expect(run.finding(.plateau) == nil)
    run.loss = { _ in 0.7 }
    run.steps = 200
    #expect(run.finding(.plateau) == nil)
  }

  // MARK: Odd histories

  @Test func emptyAndSingleRows() {
    var run = SyntheticRun()
    run.steps = 0
    #expect(run.findings().isEmpty)
    #expect(LayerStanding.all(run.history).allSatisfy { $0.gradientRms.isNaN })
    run.steps = 1
    #expect(run.findings().isEmpty)
    run.loss = { _ in .nan }
    #expect(run.findings().map(\.name) == [.nonFinite])
    run.layers = []
    #expect(run.findings().map(\.name) == [.nonFinite])
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 0]) func anyFiguresAreRead(_ value: Double) {
    for steps in [1, 4, 60, 700] {
      var run = SyntheticRun()
      run.steps = steps
      run.loss = { _ in value }
      run.norm = { _ in value }
      run.gradientRms = { _, _ in value }
      run.updateRatio = { _, _ in value }
      run.weightRms = { _, _ in value }
      run.saturated = { _, _ in value }
      run.dead = { _, _ in value }
      for finding in run.findings() { #expect(!finding.message.isEmpty && !finding.remedies.isEmpty) }
    }
  }

  @Test func gravestFirst() {
    var run = SyntheticRun()
    run.gradientRms = { _, layer in layer == 3 ? 0.1 : 1e-9 }
    run.updateRatio = { _, layer in layer == 3 ? 1e-3 : 1e-9 }
    run.saturated = { _, _ in 0.9 }
    run.loss = { _ in 0.7 }
    let levels = run.findings().map(\.level)
    #expect(levels == levels.sorted(by: >) && levels.first == .critical && levels.count >= 3)
  }

  @Test func standingIsOfTheLastRows() {
    var run = SyntheticRun()
    run.gradientRms = { step, layer in step < 500 ? 5 : layer == 3 ? 0.2 : 0.02 }
    run.dead = { _, layer in layer == 0 ? 0.25 : .nan }
    let layers = LayerStanding.all(run.history)
    #expect(layers.map(\.name) == run.layers)
    #expect(abs(layers[0].ratioToOutput - 0.1) < 0.01 && abs(layers[3].gradientRms - 0.2) < 0.02)
    #expect(layers[0].dead == 0.25 && layers[1].dead.isNaN)
  }

  // MARK: Runs that ended as diverged

  /// The history ends at the last healthy checkpoint and shows nothing: the events tell.
  @Test func whatEndedARunIsFound() throws {
    let run = SyntheticRun()
    #expect(run.findings().isEmpty)
    var context = DiagnosisContext()
    context.hasDiverged = true
    context.events = [
      .init(step: 1003, kind: "spike", message: "the loss is 50 times the usual one"),
      .init(step: 1003, kind: "halted", message: "3 updates have been left out in a row"),
    ]
    let spike = try #require(run.findings([], context).first)
    #expect(spike.name == .spike && spike.level == .critical && spike.message.contains("3 updates"))
    #expect(spike.cause.contains("50 times") && !spike.remedies.isEmpty)
    context.events = [.init(step: 1003, kind: "blowup", message: "step 1003 blew up: loss nan")]
    let blowup = try #require(run.findings([], context).first { $0.name == .nonFinite })
    #expect(blowup.level == .critical && blowup.message.contains("1003"))
    context.events = []
    #expect(run.findings([], context).first?.level == .critical, "a log of an older version tells of no reason")
  }
}
