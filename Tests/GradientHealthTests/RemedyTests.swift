import GradientHealth
import Testing

/// Which remedy stands first: it follows the evidence.
@Suite struct RemedyOrderTests {
  private func first(
    _ run: SyntheticRun, _ name: Finding.Name, _ profiles: [LayerProfile] = [], _ context: DiagnosisContext = .init()
  ) -> [Remedy.Edit] {
    let steps = run.findings(profiles, context).first { $0.name == name }?.remedies.first?.steps ?? []
    return steps.map { step in
      // The last bits of a float32's quotient are nobody's matter.
      switch step.edit {
      case .learningRate(let factor): .learningRate(times: Double(Float(factor)))
      case .penalties(let factor): .penalties(times: Double(Float(factor)))
      default: step.edit
      }
    }
  }

  private func constant(_ loss: Double, _ change: (inout DiagnosisContext) -> Void = { _ in }) -> DiagnosisContext {
    var context = DiagnosisContext()
    context.data.constantLoss = loss
    change(&context)
    return context
  }

  /// The rate moves by what the first updates say: to a hundredth of the weights.
  @Test func aRateTooSmallIsRaisedByItsUpdates() {
    var run = SyntheticRun()
    run.loss = { _ in 1 }
    run.updateRatio = { _, _ in 0x1p-20 }
    #expect(first(run, .noBetterThanConstant, [], constant(1)) == [.learningRate(times: Double(Float(0.03 * 0x1p20)))])
  }

  @Test func aRateTooLargeIsLoweredByItsUpdates() {
    var run = SyntheticRun()
    run.loss = { $0 < 3 ? 1 : 50 }
    run.updateRatio = { step, _ in step < 5 ? 2 : 1e-9 }
    #expect(first(run, .noBetterThanConstant, [], constant(1)) == [.learningRate(times: Double(Float(0.005)))])
  }

  @Test func aScheduleThatEndsAtNothingIsHeld() {
    var run = SyntheticRun()
    run.loss = { _ in 1 }
    run.learningRate = { $0 < 50 ? 0.01 : 1e-12 }
    run.updateRatio = { step, _ in step < 50 ? 1e-3 : 1e-13 }
    #expect(first(run, .noBetterThanConstant, [], constant(1)) == [.constantLearningRate(0.01)])
  }

  @Test func penaltyDropoutAndClippingAreTakenAway() {
    var run = SyntheticRun()
    run.loss = { _ in 101 }
    run.penalty = { _ in 100 }
    #expect(
      first(run, .penaltyDominates, [], constant(1) { $0.largestPenalty = 10 }) == [
        .penalties(times: Double(Float(1e-6)))
      ])
    run = SyntheticRun()
    run.loss = { _ in 1 }
    #expect(first(run, .dropoutDominates, [], constant(1) { $0.largestDropout = 0.95 }) == [.dropout(atMost: 0.2)])
    run.clipped = { _ in 0.001 }
    #expect(first(run, .clippingAlways, [], constant(1) { $0.optimizer = "sgd" }) == [.clip(nil)])
  }

  @Test func dataGoFirst() {
    var run = SyntheticRun()
    run.loss = { _ in 1e8 }
    let targets = constant(1e8) { ($0.data.targetMean, $0.data.targetDeviation) = (3e4, 1e4) }
    #expect(first(run, .targetsUnscaled, [], targets) == [.outputScale(mean: 3e4, deviation: 1e4)])
    run.loss = { _ in 1 }
    let inputs = constant(1) { ($0.data.largestFeatureDeviation, $0.data.largestFeatureMean) = (900, 10) }
    #expect(first(run, .inputsUnscaled, [], inputs).first == .standardScaling)
    let rows = constant(1) { context in
      context.suspectRows = [4]
      context.events = [.init(step: 9, kind: "blowup", message: "the loss is Inf")]
    }
    #expect(first(run, .nonFinite, [], rows) == [.skipRows([4])])
  }

  @Test func weightsThatStartAmissAreDrawnOtherwise() {
    var run = SyntheticRun()
    run.loss = { _ in 1 }
    run.weightRms = { _, _ in 0.005 }
    run.gradientRms = { _, layer in 0.1 * 1e-2.power(3 - layer) }
    let profiles = run.layers.map {
      LayerProfile(name: $0, units: 16, activation: "tanh", initializer: "random_normal")
    }
    #expect(first(run, .vanishing, profiles, constant(1)) == [.suitedInitializers(in: nil)])
    let sigmoids = run.layers.map {
      LayerProfile(name: $0, units: 16, activation: "sigmoid", initializer: "glorot_uniform")
    }
    run.weightRms = { _, _ in 0.25 }
    #expect(first(run, .vanishing, sigmoids, constant(1)) == [.activation("relu", in: nil)])
  }

  @Test func aJumpOfTheRateIsHeld() {
    var run = SyntheticRun()
    run.learningRate = { (500...502).contains($0) ? 1 : 0.001 }
    run.loss = { (501...503).contains($0) ? 40 : 0.2 + 0.5 * 0.997.power($0) }
    #expect(first(run, .spike, [], constant(1)) == [.constantLearningRate(0.001)])
  }

  /// What recovery found goes first; after a blow-up in mid-run the rate is that of before, not the lowered one.
  @Test func whatRecoveryFound() {
    let run = SyntheticRun()
    func recovered(after step: Int) -> DiagnosisContext {
      constant(1) { context in
        context.events = [.init(step: step, kind: "blowup", message: "the loss is Inf")]
        (context.recoveredClip, context.recoveredRateFactor) = (7, 0.01)
      }
    }
    #expect(
      first(run, .nonFinite, [], recovered(after: 3)) == [.clip(7), .learningRate(times: Double(Float(0.01)))])
    #expect(first(run, .nonFinite, [], recovered(after: 700)) == [.clip(7), .constantLearningRate(0.001)])
  }

  /// Beside what drowns the data, Adam's rate is judged by its first updates, SGD's is not.
  @Test func aRateBesideAGraverCause() {
    var run = SyntheticRun()
    run.loss = { _ in 1 }
    run.updateRatio = { step, _ in step < 10 ? 1 : 1e-3 }
    func context(_ optimizer: String) -> DiagnosisContext {
      constant(1) { ($0.largestDropout, $0.optimizer) = (0.9, optimizer) }
    }
    #expect(
      first(run, .dropoutDominates, [], context("adam"))
        == [.dropout(atMost: 0.2), .learningRate(times: Double(Float(0.01)))])
    #expect(first(run, .dropoutDominates, [], context("sgd")) == [.dropout(atMost: 0.2)])
  }

  /// What is in force already is left to the recipe to say: no finding is without a remedy but that of equal targets.
  @Test func everyFindingHasRemedies() {
    var run = SyntheticRun()
    run.loss = { _ in 1 }
    for finding in run.findings([], constant(1)) { #expect(!finding.remedies.isEmpty, "\(finding.name)") }
  }
}
