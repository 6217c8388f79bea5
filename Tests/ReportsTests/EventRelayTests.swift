import Dispatch
import Files
import Reports
import Synchronization
import Testing
import Training

/// The trainer's side of what is written in the background.
@Suite struct EventRelayTests {
  /// Keeps what it is given; waits for `gate` before each event, and refuses those that `refusal` names.
  private final class Sink: EventSink, @unchecked Sendable {
    // Unchecked: `kept` is read after the relay has finished.
    let name: String
    let gate: DispatchSemaphore?
    let refusal: Int32?
    var kept: [Int] = []

    init(name: String = "sink", gate: DispatchSemaphore? = nil, refusal: Int32? = nil) {
      self.name = name
      self.gate = gate
      self.refusal = refusal
    }

    func record(_ event: TrainingEvent, time: Double) throws {
      gate?.wait()
      if let refusal { throw FileError(operation: "write", path: name, code: refusal) }
      if case .note(_, let step, _) = event { kept.append(step) }
      if case .epoch(let report) = event { kept.append(-report.epoch) }
    }
  }

  private func note(_ step: Int) -> TrainingEvent { .note(kind: "test", step: step, message: "") }

  @Test func eventsArriveInOrder() throws {
    let sink = Sink()
    let relay = try EventRelay([sink])
    for step in 0..<300 { #expect(relay.record(note(step)) == nil) }
    #expect(relay.finish() == nil)
    #expect(sink.kept == Array(0..<300))
  }

  /// A disk that hangs: nothing waits for it, what finds no room is lost, and that is said once.
  @Test func aHungDiskHoldsNobodyUp() throws {
    let gate = DispatchSemaphore(value: 0)
    let sink = Sink(name: "rows", gate: gate)
    let relay = try EventRelay([sink], capacity: 8)
    let began = ContinuousClock.now
    let warnings = (0..<100).compactMap { relay.record(note($0)) }
    #expect(warnings.count == 1 && warnings[0].contains("rows"), "\(warnings)")
    #expect(relay.finish(within: 0.05) == nil)
    #expect(began.duration(to: .now) < .seconds(10))
    for _ in 0..<8 { gate.signal() }
    _ = relay.finish()
    #expect(sink.kept == Array(0..<8))
  }

  /// A full disk loses one file's rows, says which and why, and the other file has all of its own.
  @Test func aFullDiskLosesRowsOfOneFile() throws {
    let (good, full) = (Sink(name: "good"), Sink(name: "full", refusal: 28))
    let relay = try EventRelay([good, full])
    var warnings = (0..<50).compactMap { relay.record(note($0)) }
    warnings += [relay.finish()].compactMap { $0 }
    #expect(warnings.count == 1 && warnings[0].contains("full: No space left"), "\(warnings)")
    #expect(good.kept == Array(0..<50))
  }
}
