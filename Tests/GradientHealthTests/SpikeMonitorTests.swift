import Foundation
import GradientHealth
import Testing

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

  @Test func noVerdictInTheFirstHalfWindow() {
    var monitor = SpikeMonitor(SpikeThresholds(window: 100))
    for step in 1...60 {
      let spike = monitor.observe(loss: 1, gradientNorm: step == 40 || step == 60 ? 1e6 : 1)
      #expect((spike != nil) == (step == 60))
    }
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
    run.norm = { $0 == 400 ? 60 : 1 }
    let finding = run.finding(.spike)
    #expect(finding?.level == .notice && finding?.message.contains("step 400") == true)
    run.norm = { $0 == 980 ? 60 : 1 }
    #expect(run.finding(.spike)?.level == .warning)
    run.capacity = 64
    run.olderCapacity = 64
    run.norm = { $0 == 700 ? 60 : 1 }
    #expect(run.finding(.spike) != nil, "merged rows keep their largest values")
  }
}
