internal import Files
internal import Glibc
internal import Synchronization
internal import Threads
public import Training

/// What keeps training events in a file. Used on the relay's queue alone.
public protocol EventSink: AnyObject {
  /// What is lost when it cannot write: "rows.jsonl".
  var name: String { get }

  /// - Parameter time: when it happened, in seconds since 1970.
  /// - Throws: `FileError`: the event is lost.
  func record(_ event: TrainingEvent, time: Double) throws
}

/// Hands training events over to files on a queue of its own: the trainer never waits for the disk.
///
/// What waits is bounded: events that find no room (the disk hangs), or that a file does not take (the disk is full), are
/// lost, and that is said once.
public final class EventRelay: @unchecked Sendable {
  // Unchecked: `sinks` are touched on `queue` alone, `warned` and the epochs on the trainer's thread; the
  // rest is atomic.

  private let queue: WorkQueue
  private let sinks: [any EventSink]
  private let waiting = Atomic<Int>(0)
  /// What was lost first: 0 nothing; -1 an event that found no room; else the sink's number times 4096 and errno.
  private let loss = Atomic<Int>(0)
  private var warned = false
  /// Epochs may be shorter than it takes to write of one: then some are passed over, but not the last.
  private var epochs = Pace(unhurried: 256, shortest: 0.1, perAge: 20_000)
  private var heldEpoch: TrainingEvent?
  private let capacity: Int

  /// - Parameter capacity: how many events may wait.
  /// - Throws: `ThreadError`.
  public init(_ sinks: [any EventSink], capacity: Int = 2048) throws {
    queue = try WorkQueue()
    self.sinks = sinks
    self.capacity = capacity
  }

  /// Takes an event on; returns at once. Single steps are passed over: their figures are in the series.
  ///
  /// - Returns: once, at the first event after something was lost, a sentence that says so.
  public func record(_ event: TrainingEvent) -> String? {
    switch event {
    case .step: return nil
    case .epoch:
      heldEpoch = epochs.isDue() ? nil : event
      if heldEpoch != nil { return nil }
    case .finished, .rollback:
      if let epoch = heldEpoch { passOn(epoch) }
      heldEpoch = nil
    default: break
    }
    passOn(event)
    return warning()
  }

  private func passOn(_ event: TrainingEvent) {
    if waiting.load(ordering: .relaxed) >= capacity {
      _ = loss.compareExchange(expected: 0, desired: -1, ordering: .relaxed)
      return
    }
    waiting.wrappingAdd(1, ordering: .relaxed)
    let time = EventRelay.now()
    queue.async {
      self.write(event, time: time)
      self.waiting.wrappingSubtract(1, ordering: .relaxed)
    }
  }

  /// Waits until everything is written, but no longer than so many seconds.
  ///
  /// - Returns: as `record`.
  public func finish(within seconds: Double = 2) -> String? {
    if !queue.isIdle(within: Int(seconds * 1000)) {
      _ = loss.compareExchange(expected: 0, desired: -1, ordering: .relaxed)
    }
    return warning()
  }

  private func write(_ event: TrainingEvent, time: Double) {
    for (number, sink) in sinks.enumerated() {
      do {
        try sink.record(event, time: time)
      } catch {
        let code = Int((error as? FileError)?.code ?? EIO)
        _ = loss.compareExchange(expected: 0, desired: number << 12 | code, ordering: .relaxed)
      }
    }
  }

  private func warning() -> String? {
    let code = loss.load(ordering: .relaxed)
    guard code != 0, !warned else { return nil }
    warned = true
    if code < 0 {
      return
        "the disk does not keep up: rows of \(sinks.map(\.name).joined(separator: " and ")) are lost; training goes on"
    }
    let reason = String(cString: strerror(Int32(code & 0xfff)))
    return "\(sinks[code >> 12].name): \(reason): rows are lost until it takes them again; training goes on"
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec / 1_000_000) / 1000
  }
}
