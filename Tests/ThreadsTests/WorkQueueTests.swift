import Testing

@testable import Threads

@Suite struct WorkQueueTests {
  private final class Record: @unchecked Sendable {
    // Unchecked: under `monitor`.
    private let monitor = Monitor()
    private var entries: [Int] = []
    func add(_ entry: Int) { monitor.locked { entries.append(entry) } }
    var all: [Int] { monitor.locked { entries } }
  }

  @Test func oneAfterAnotherInOrder() throws {
    let queue = try WorkQueue()
    let record = Record()
    for number in 0..<1000 { queue.async { record.add(number) } }
    // Waits for what was asked before.
    queue.sync { record.add(1000) }
    #expect(record.all == Array(0...1000))
  }

  @Test func idleWithin() throws {
    let queue = try WorkQueue()
    #expect(queue.isIdle(within: 0))
    let monitor = Monitor()
    let mayEnd = Record()
    queue.async {
      monitor.locked { while mayEnd.all.isEmpty { monitor.wait() } }
    }
    let began = Monitor.milliseconds()
    #expect(!queue.isIdle(within: 50))
    #expect(Monitor.milliseconds() - began >= 50)
    mayEnd.add(1)
    monitor.locked { monitor.signal() }
    #expect(queue.isIdle(within: 10_000))
  }

  /// What waits when a queue goes is still done.
  @Test func nothingIsLostAtTheEnd() throws {
    let record = Record()
    do {
      let queue = try WorkQueue()
      for number in 0..<100 { queue.async { record.add(number) } }
    }
    let deadline = Monitor.milliseconds() + 10_000
    while record.all.count < 100, Monitor.milliseconds() < deadline {}
    #expect(record.all == Array(0..<100))
  }
}

@Suite struct ConcurrentLoopTests {
  @Test(arguments: [0, 1, 2, 1000]) func everyIndexOnce(_ count: Int) {
    let monitor = Monitor()
    nonisolated(unsafe) var seen = [Int](repeating: 0, count: count)
    ConcurrentLoop.run(count) { index in monitor.locked { seen[index] += 1 } }
    #expect(seen == Array(repeating: 1, count: count))
  }
}
