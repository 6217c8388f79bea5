import GradientHealth
import Testing

/// Findings on attention: on histories written by hand.
@Suite struct AttentionFindingTests {
  private static func run(_ column: SeriesColumn, _ value: @escaping (Int) -> [Double]) -> SyntheticRun {
    var run = SyntheticRun()
    run.layers = ["attention/query/kernel", "attention/key/kernel", "dense"]
    run.loss = { _ in 1 }
    run.series = [
      (HistorySeries(column, layer: "attention", positions: (0..<Int64(value(1).count)).map { $0 }), value)
    ]
    return run
  }

  private static let useless: DiagnosisContext = {
    var context = DiagnosisContext()
    context.data.constantLoss = 1
    return context
  }()

  @Test func entropyThatFallsToNothing() throws {
    let run = Self.run(.attentionEntropy) { $0 < 400 ? [3, 3.2] : [0.01, 0.02] }
    let finding = try #require(run.finding(.attentionCollapse, [], Self.useless))
    #expect(finding.level == .warning && finding.layer == "attention")
    #expect(finding.message.contains("2 of 2 heads") && finding.message.contains("from 3.2"))
    // One of two: worth knowing.
    let one = Self.run(.attentionEntropy) { $0 < 400 ? [3, 3.2] : [0.01, 2] }
    #expect(one.finding(.attentionCollapse, [], Self.useless)?.level == .notice)
    // One of four heads may well look at its neighbour.
    let few = Self.run(.attentionEntropy) { $0 < 400 ? [3, 3, 3, 3] : [0.01, 2, 2, 2] }
    #expect(few.finding(.attentionCollapse, [], Self.useless) == nil)
    // It had fallen before the first window was over.
    let early = Self.run(.attentionEntropy) { $0 < 3 ? [3, 3.2] : [0.04, 0.05] }
    #expect(early.finding(.attentionCollapse, [], Self.useless)?.message.contains("from 3.2") == true)
    // Low, and low from the start: two positions, say.
    #expect(Self.run(.attentionEntropy) { _ in [0.2, 0.3] }.finding(.attentionCollapse, [], Self.useless) == nil)
    // In a run that learns it is not more than a notice.
    var useful = run
    useful.loss = { 0.995.power($0) }
    #expect(useful.finding(.attentionCollapse, [], Self.useless)?.level == .notice)
  }

  @Test func scoresThatGrow() throws {
    let run = Self.run(.largestLogit) { [Double($0) * 0.2, 5] }
    let finding = try #require(run.finding(.logitsGrowing))
    #expect(finding.level == .warning && finding.message.contains("head 1"))
    #expect(finding.remedies.contains { $0.steps.contains { if case .warmup = $0.edit { true } else { false } } })
    // Large, but no longer rising; rising, but not large.
    #expect(Self.run(.largestLogit) { [Swift.min(Double($0), 80), 5] }.finding(.logitsGrowing) == nil)
    #expect(Self.run(.largestLogit) { [Double($0) * 0.03, 5] }.finding(.logitsGrowing) == nil)
    // Beyond all bounds within a few steps; so from the start, which is the network's business.
    let leap = try #require(Self.run(.largestLogit) { [$0 < 8 ? 0.2 : 850, 5] }.finding(.logitsGrowing))
    #expect(leap.message.contains("risen to 850, from 0.2 at the first step"))
    #expect(Self.run(.largestLogit) { _ in [850, 5] }.finding(.logitsGrowing) == nil)
  }

  /// The gradient of queries and keys is small beside the output's while attention is nearly even: no vanishing.
  @Test func partsOfALayerAreNotComparedByDepth() {
    var run = Self.run(.largestLogit) { _ in [1, 1] }
    run.gradientRms = { _, layer in layer < 2 ? 1e-6 : 0.1 }
    #expect(run.finding(.vanishing, [], Self.useless) == nil)
    // What updates do to them counts.
    run.updateRatio = { _, layer in layer == 1 ? 0.9 : 1e-3 }
    #expect(run.finding(.exploding, [], Self.useless)?.layer == "attention/key/kernel")
  }
}
