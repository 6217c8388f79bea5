import Foundation
import GradientHealth
import Testing

extension SpikeMonitor {
  /// A whole batch, by default of 32 rows, of a run whose loss and norm have stood at 1 for long.
  fileprivate mutating func observe(
    loss: Double, gradientNorm: Double, rows: Int = 32, of batchSize: Int = 32,
    _ reference: SpikeReference = SpikeReference(loss: 1, gradientNorm: 1)
  ) -> Spike? {
    observe(
      BatchFigures(loss: loss, gradientNorm: gradientNorm, rows: rows, batchSize: batchSize), reference: { reference })
  }
}

@Suite struct SpikeMonitorTests {
  /// Log-normal figures, the same in every run.
  private struct Noise {
    var state: UInt64 = 42

    mutating func next(deviation: Double) -> Double {
      var sum = 0.0
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Double(state >> 11) * 0x1p-53
      }
      return exp(deviation * (sum - 6))
    }
  }

  @Test(arguments: [0.05, 0.3, 0.6, 0.8]) func noiseIsNoSpikeAndThirtyTimesIsOne(_ deviation: Double) {
    var noise = Noise()
    var monitor = SpikeMonitor()
    for step in 1...5000 {
      let value = noise.next(deviation: deviation)
      let spike = monitor.observe(loss: 0.5, gradientNorm: step == 4000 ? 30 : value)
      #expect((spike != nil) == (step == 4000), "step \(step), value \(value)")
      #expect(spike == nil || spike?.series == .gradientNorm)
    }
  }

  @Test func trendsAreNoSpikes() {
    var noise = Noise()
    var monitor = SpikeMonitor()
    for step in 1...5000 {
      let level = exp(-Double(step) / 500)
      let spike = monitor.observe(
        loss: level * noise.next(deviation: 0.2), gradientNorm: level * noise.next(deviation: 0.4))
      #expect(spike == nil)
    }
  }

  @Test func lossSpikes() {
    var noise = Noise()
    var monitor = SpikeMonitor()
    for step in 1...1000 {
      let spike = monitor.observe(loss: step == 900 ? 20 : noise.next(deviation: 0.2), gradientNorm: 1)
      #expect((spike?.series == .loss) == (step == 900))
    }
  }

  @Test func seenFromTheEleventhStepOn() {
    for at in [11, 12, 20, 60, 99] {
      var monitor = SpikeMonitor()
      for step in 1...120 {
        let spike = monitor.observe(loss: 1 / Double(step), gradientNorm: step == at ? 500 : 1 + 1 / Double(step))
        #expect((spike != nil) == (step == at), "at \(at), step \(step)")
      }
      monitor = SpikeMonitor()
      for step in 1...120 {
        let spike = monitor.observe(loss: step == at ? 200 : 1 / Double(step), gradientNorm: 1)
        #expect((spike != nil) == (step == at), "at \(at), step \(step)")
      }
    }
    var monitor = SpikeMonitor()
    for step in 1...10 { #expect(monitor.observe(loss: 1, gradientNorm: step == 5 ? 1e6 : 1) == nil) }
  }

  /// The gradient of n rows is the mean gradient and noise of variance S / n; where the noise is all of it, ten rows have
  /// ten times the norm of a thousand, and vary more.
  @Test(arguments: [(1000, 10), (1000, 1), (4096, 1), (512, 3), (64, 2), (32, 31)])
  func aShortBatchIsJudgedByItsRows(_ batch: Int, _ rows: Int) {
    var noise = Noise()
    var monitor = SpikeMonitor()
    let room = (Double(batch) / Double(rows)).squareRoot()
    for step in 1...2000 {
      let isLast = step % 50 == 0
      let (level, deviation) = isLast ? (room, 0.6) : (1, 0.15)
      let poisoned = step == 1950
      let norm = poisoned ? 1e5 * room : level * noise.next(deviation: deviation)
      let spike = monitor.observe(
        loss: isLast ? noise.next(deviation: 0.5) : noise.next(deviation: 0.05), gradientNorm: norm,
        rows: isLast ? rows : batch, of: batch)
      #expect((spike != nil) == poisoned, "step \(step), norm \(norm)")
    }
  }

  /// Nearly all rows are certain, one in a hundred is of the rare class: its loss and gradient are those of an untrained
  /// model, thousands of times the usual.
  @Test(arguments: [1, 2, 4]) func aHardRowIsNoSpike(_ batch: Int) {
    var noise = Noise()
    var monitor = SpikeMonitor()
    let reference = SpikeReference(loss: 0.7, gradientNorm: 1)
    for step in 1...3000 {
      let isHard = step % 300 == 250
      let isPoisoned = step == 2900
      let scale = 1 / Double(batch)
      let loss = isPoisoned ? 1e6 : isHard ? 9 * scale : 0.001 * noise.next(deviation: 0.4)
      let norm = isPoisoned ? 1e6 : isHard ? 12 * scale : 0.002 * noise.next(deviation: 0.4)
      let spike = monitor.observe(loss: loss, gradientNorm: norm, rows: batch, of: batch, reference)
      #expect((spike != nil) == isPoisoned, "step \(step)")
    }
  }

  /// One batch of ten, poisoned from the start, makes the figures vary; it is a spike anyway.
  @Test func aPoisonedRowOfEveryEpochIsSeen() {
    var noise = Noise()
    var monitor = SpikeMonitor()
    var seen = 0
    for step in 1...600 {
      let isPoisoned = step % 10 == 3
      let loss = noise.next(deviation: 0.7) * (isPoisoned ? 100 : 0.05)
      if monitor.observe(loss: loss, gradientNorm: 1, SpikeReference(loss: 0.5, gradientNorm: 1)) != nil {
        #expect(isPoisoned, "step \(step)")
        seen += 1
      }
    }
    #expect(seen > 30)
  }

  /// What lasts is a level, a single value is none.
  @Test func theReferenceIsTheHighestLevel() {
    var run = SyntheticRun()
    run.steps = 320
    run.loss = { $0 == 100 ? 1e6 : $0 <= 32 ? 3 : 0.1 }
    run.norm = { $0 == 200 ? 1e6 : $0 > 160 && $0 <= 192 ? 7 : 1 }
    let reference = SpikeReference(run.history)
    #expect(abs(reference.loss - 3) < 0.5 && abs(reference.gradientNorm - 7) < 1)
    run.steps = 0
    #expect(SpikeReference(run.history).loss.isNaN)
  }

  /// A spike does not hide the next one, nor does a blow-up.
  @Test func spikesDoNotMoveTheStatistics() {
    var monitor = SpikeMonitor()
    for step in 1...1000 {
      let isSpike = step == 500 || step == 510
      let loss = step == 505 ? Double.nan : 1
      let norm = isSpike ? 1e9 : step == 506 ? .infinity : step == 507 ? 0 : 1
      #expect((monitor.observe(loss: loss, gradientNorm: norm) != nil) == isSpike)
    }
  }

  /// A lasting change of level is learnt.
  @Test func newLevelIsLearnt() {
    var noise = Noise()
    var monitor = SpikeMonitor()
    var spikes: [Int] = []
    for step in 1...3000 {
      let norm = (step < 1000 ? 1 : 50) * noise.next(deviation: 0.3)
      if monitor.observe(loss: 1, gradientNorm: norm) != nil { spikes.append(step) }
    }
    #expect(spikes.first == 1000 && (spikes.last ?? 0) < 1400)
  }

  @Test func stateGoesOnAsIfNeverWritten() {
    var noise = Noise()
    var monitor = SpikeMonitor()
    var restored = monitor
    for step in 1...600 {
      let (loss, norm) = (noise.next(deviation: 0.5), noise.next(deviation: 0.5) * (step % 90 == 0 ? 100 : 1))
      restored = SpikeMonitor(restored.thresholds, state: restored.state)
      #expect(monitor.observe(loss: loss, gradientNorm: norm) == restored.observe(loss: loss, gradientNorm: norm))
      #expect(monitor == restored)
    }
    #expect(SpikeMonitor(SpikeThresholds(), state: [1, 2]) == SpikeMonitor())
    #expect(SpikeMonitor(SpikeThresholds(), state: [0, .nan, 1, 0, 0, 1]) == SpikeMonitor())
  }

  @Test func historyIsLookedThrough() {
    var run = SyntheticRun()
    run.norm = { $0 == 450 ? 60 : 1 }
    let finding = run.finding(.spike)
    #expect(finding?.level == .notice && finding?.message.contains("step 450") == true)
    run.norm = { $0 == 980 ? 60 : 1 }
    #expect(run.finding(.spike)?.level == .warning)
    run.capacity = 64
    run.olderCapacity = 64
    run.norm = { $0 == 750 ? 60 : 1 }
    #expect(run.finding(.spike) != nil, "merged rows keep their largest values")
  }

  /// The last step of an epoch may be of few rows: the training, which knew of how many, judged it.
  @Test func lastStepsOfEpochsAreLeftToTheTraining() {
    var run = SyntheticRun()
    run.norm = { $0 % 100 == 0 ? 60 : 1 }
    #expect(run.finding(.spike) == nil)
    var context = DiagnosisContext()
    context.events = [.init(step: 500, kind: "spike", message: "step 500")]
    #expect(run.findings([], context).first { $0.name == .spike }?.level == .notice)
  }
}
