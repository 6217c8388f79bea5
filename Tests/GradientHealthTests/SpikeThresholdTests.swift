import Foundation
import GradientHealth
import Testing

/// Just below and just above what `SpikeMonitor` calls a spike, series by series.
@Suite struct SpikeThresholdTests {
  private struct Batch {
    var rows = 32
    var size = 32
    var reference = SpikeReference(loss: 1, gradientNorm: 1)
  }

  /// The spike of a value after `steps` steps whose norms or losses go from exp(-deviation) to exp(deviation) and back.
  private func spike(
    norm: Double? = nil, loss: Double? = nil, after steps: Int = 400, deviation: Double = 0, _ batch: Batch = Batch(),
    thresholds: SpikeThresholds = SpikeThresholds()
  ) -> Spike? {
    var monitor = SpikeMonitor(thresholds)
    for step in 0..<steps {
      let value = exp(step % 2 == 0 ? deviation : -deviation)
      let figures = BatchFigures(
        loss: loss == nil ? 1 : value, gradientNorm: norm == nil ? 1 : value, rows: batch.size, batchSize: batch.size)
      #expect(monitor.observe(figures) { batch.reference } == nil)
    }
    let figures = BatchFigures(
      loss: loss ?? 1, gradientNorm: norm ?? 1, rows: batch.rows, batchSize: batch.size)
    return monitor.observe(figures) { batch.reference }
  }

  /// A steady run's deviation counts as 0.1 for norms, 0.05 for losses: there the factor decides.
  @Test(arguments: [(400, 4.9, false), (400, 5.1, true), (60, 9.9, false), (60, 10.1, true)])
  func normsOfASteadyRun(_ steps: Int, _ norm: Double, _ isOne: Bool) {
    let spike = spike(norm: norm, after: steps)
    #expect((spike != nil) == isOne)
    #expect(spike == nil || spike?.series == .gradientNorm)
    #expect(spike == nil || abs((spike?.factor ?? 0) - norm) < 1e-6 && abs((spike?.z ?? 0) - 10 * log(norm)) < 1e-6)
  }

  @Test(arguments: [(400, 2.9, false), (400, 3.1, true), (60, 4.9, false), (60, 5.1, true)])
  func lossesOfASteadyRun(_ steps: Int, _ loss: Double, _ isOne: Bool) {
    let spike = spike(loss: loss, after: steps)
    #expect((spike != nil) == isOne)
    #expect(spike == nil || spike?.series == .loss && abs((spike?.z ?? 0) - 20 * log(loss)) < 1e-6)
  }

  /// A wide one wants eight deviations, or four and twenty times the usual. Deviations of 0.4, 0.9 and 2.
  @Test(arguments: [
    (0.4, 19.0, false), (0.4, 21, true), (0.9, 30, false), (0.9, 43, true), (2, 1500, false), (2, 6000, true),
  ])
  func aWideRun(_ deviation: Double, _ value: Double, _ isOne: Bool) {
    #expect((spike(norm: value, deviation: deviation) != nil) == isOne)
    #expect((spike(loss: value, deviation: deviation) != nil) == isOne)
  }

  /// Early on a loss wants six deviations and five times the usual; a norm two and a half and twenty times.
  @Test func anEarlyWideRun() {
    #expect(spike(loss: 9, after: 60, deviation: 0.4) == nil && spike(loss: 14, after: 60, deviation: 0.4) != nil)
    #expect(spike(loss: 14, after: 400, deviation: 0.4) == nil)
    #expect(spike(norm: 19, after: 60, deviation: 1) == nil && spike(norm: 21, after: 60, deviation: 1) != nil)
    #expect(spike(norm: 21, after: 400, deviation: 1) == nil)
    #expect(spike(norm: 19, after: 60, deviation: 0.3) != nil)
  }

  /// Early is the first half window: the hundredth step, and not the hundred and first.
  @Test func whatIsEarly() {
    #expect(spike(norm: 7, after: 99) == nil && spike(norm: 7, after: 100) != nil)
    #expect(spike(norm: 7, after: 19, thresholds: SpikeThresholds(window: 40)) == nil)
    #expect(spike(norm: 7, after: 20, thresholds: SpikeThresholds(window: 40)) != nil)
  }

  @Test func noVerdictInTheFirstTenSteps() {
    #expect(spike(norm: 1e6, after: 9) == nil && spike(norm: 1e6, after: 10) != nil)
  }

  /// Eight of 32 rows have a root of four times the noise, and half of it is given: norms twice as large, then tenfold.
  @Test func aShortBatchHasRoom() {
    let eight = Batch(rows: 8)
    #expect(spike(norm: 19.8, eight) == nil && spike(norm: 20.2, eight) != nil)
    #expect(spike(loss: 9.9, eight) == nil && spike(loss: 10.1, eight) != nil)
    #expect(abs((spike(norm: 40, eight)?.factor ?? 0) - 20) < 1e-6)
    #expect(spike(norm: 10.1, Batch(rows: 31)) == nil && spike(norm: 10.3, Batch(rows: 31)) != nil)
  }

  /// What one row may show: 4 (10 + sqrt(B)) levels of the norm, 50 of the loss, over the rows of the batch.
  @Test func oneHardRowExplainsMuch() {
    func one(_ loss: Double, _ norm: Double) -> Batch {
      Batch(rows: 1, size: 1, reference: SpikeReference(loss: loss, gradientNorm: norm))
    }
    #expect(spike(norm: 44, one(1, 1)) == nil && spike(norm: 46, one(1, 1)) != nil)
    #expect(spike(loss: 50, one(1, 1)) == nil && spike(loss: 52, one(1, 1)) != nil)
    // Once the level was twice what it is now.
    #expect(spike(norm: 88, one(1, 2)) == nil && spike(norm: 90, one(1, 2)) != nil)
    #expect(spike(loss: 100, one(2, 1)) == nil && spike(loss: 102, one(2, 1)) != nil)
    // A level below the present one does not count, and of one that is not known ten times the present one.
    #expect(spike(norm: 44, one(1, 0.1)) == nil && spike(norm: 46, one(1, 0.1)) != nil)
    #expect(spike(norm: 440, one(1, .nan)) == nil && spike(norm: 442, one(1, .nan)) != nil)
    let thresholds = SpikeThresholds(hardRow: 10)
    #expect(spike(loss: 10, one(1, 1), thresholds: thresholds) == nil)
    #expect(spike(loss: 12, one(1, 1), thresholds: thresholds) != nil)
    // Two rows share it: 4 (10 + sqrt(2)) / 2.
    let two = Batch(rows: 2, size: 2)
    #expect(spike(norm: 23, two) == nil && spike(norm: 24.5, two) != nil)
  }

  @Test func thresholdsAreTheCallers() {
    #expect(spike(norm: 3, thresholds: SpikeThresholds(factor: 2)) != nil)
    #expect(spike(norm: 2.5, deviation: 0.1, thresholds: SpikeThresholds(z: 4)) == nil)
    #expect(SpikeThresholds().window == 200 && SpikeThresholds().z == 8)
    #expect(SpikeThresholds().factor == 20 && SpikeThresholds().hardRow == 50)
  }

  /// Figures of the running statistics, computed once more in Python from their description. They stand in checkpoints.
  @Test func theStatisticsAreTheDescribedOnes() {
    var monitor = SpikeMonitor(SpikeThresholds(window: 20))
    for step in 1...30 {
      let norm = step == 12 ? 100 : step == 20 ? 0.001 : 1 + Double(step % 5) / 4
      let loss = step == 15 ? 2 : 1 / Double(step)
      let figures = BatchFigures(loss: loss, gradientNorm: norm, rows: 8, batchSize: 8)
      _ = monitor.observe(figures) { SpikeReference() }
    }
    let expected: [Double] = [
      0.3763318937522269, 0.0714556490716816, 30.0, -2.8637883453362427, 0.5643726313899683, 30.0,
    ]
    for (value, wanted) in zip(monitor.state, expected) { #expect(abs(value - wanted) < 1e-12) }
    #expect(monitor.state.count == 6)
  }

  @Test func aStateThatIsNoneIsAFreshStart() {
    func restored(_ state: [Double]) -> [Double] { SpikeMonitor(SpikeThresholds(), state: state).state }
    let fresh = SpikeMonitor().state
    #expect(fresh == [0, 0, 0, 0, 0, 0])
    #expect(
      restored([1, 2, 3, 4, 5, 6]) == [1, 2, 3, 4, 5, 6] && restored([1, 0, 3, 4, 0, 6]) == [1, 0, 3, 4, 0, 6])
    for state in [[1, -1, 3, 4, 5, 6], [1, 2, 3, 4, -5, 6], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7]] as [[Double]] {
      #expect(restored(state) == fresh)
    }
  }

  // MARK: Over a history

  /// Batches of 32 rows around a norm of 1.
  private func finding(_ norms: [Int: Double], steps: Int = 1000, events: Int = 0) -> Finding? {
    var run = SyntheticRun.steady
    run.steps = steps
    run.norm = { norms[$0] ?? 1 }
    var context = DiagnosisContext()
    context.events = (0..<events).map { .init(step: 10 * $0 + 10, kind: "spike", message: "spike \($0)") }
    return run.findings([], context).first { $0.name == .spike }
  }

  @Test func spikesOfAHistory() throws {
    let one = try #require(finding([450: 60]))
    #expect(one.level == .notice && one.figure("step") == 450 && one.figure("spikes") == 1)
    #expect(abs((one.figure("factor") ?? 0) - 60) < 1e-6 && abs((one.figure("z") ?? 0) - 10 * log(60.0)) < 1e-6)
    #expect(one.message == "At step 450 (epoch 5) the gradient norm was 60 times the usual.")
    let three = try #require(finding([250: 30, 450: 60, 650: 30]))
    #expect(three.level == .notice && three.message.hasSuffix("60 times the usual, the largest of 3."))
    #expect(finding([250: 30, 350: 40, 450: 60, 650: 30])?.level == .warning)
    #expect(finding([450: 60], events: 3)?.level == .notice && finding([450: 60], events: 4)?.level == .warning)
    // The last tenth begins with row 900, which is step 901.
    #expect(finding([899: 60])?.level == .notice && finding([901: 60])?.level == .warning)
    // The last step of an epoch, and of the run, may be of few rows.
    #expect(finding([900: 60]) == nil && finding([777: 60], steps: 777) == nil)
  }

  @Test func spikesOfEventsAlone() {
    #expect(finding([:], events: 1)?.message == "The run recorded 1 spike, the last at step 10.")
    let two = finding([:], events: 2)
    #expect(two?.message == "The run recorded 2 spikes, the last at step 20." && two?.level == .notice)
    #expect(two?.figure("spikes") == 2 && two?.figure("step") == 20 && two?.cause == "Its events say: spike 1.")
    #expect(finding([:]) == nil)
  }

  // MARK: The reference

  @Test func aLevelIsTheMedianOfSixteen() {
    func reference(_ losses: [Double]) -> Double {
      var run = SyntheticRun.steady
      run.steps = losses.count
      run.loss = { losses[$0 - 1] }
      return SpikeReference(run.history).loss
    }
    // Sixteen make a block: eight high ones are half of it, and a median lies between both.
    #expect(reference(Array(repeating: 4, count: 16) + Array(repeating: 1, count: 16)) == 4)
    #expect(reference(Array(repeating: 4, count: 8) + Array(repeating: 1, count: 24)) == 2.5)
    #expect(reference(Array(repeating: 1, count: 16) + Array(repeating: 4, count: 15)) == 1)
    #expect(reference(Array(repeating: 4, count: 15)) == 4 && reference([-3, -5, -4]) == 4)
    #expect(reference([.nan] + Array(repeating: 4, count: 16) + [.infinity]) == 4)
  }
}
