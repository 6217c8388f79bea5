import DataParallel
import Dispatch
import Kernels
import Synchronization
import Testing

/// Runs `body` on a thread of its own and fails, instead of hanging, if it does not end.
func expectToEnd(
  within seconds: Int = 120, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable () throws -> Void
) {
  let done = DispatchSemaphore(value: 0)
  DispatchQueue(label: "test").async {
    do { try body() } catch { Issue.record(error, sourceLocation: sourceLocation) }
    done.signal()
  }
  if done.wait(timeout: .now() + .seconds(seconds)) == .timedOut {
    Issue.record("did not end within \(seconds) s", sourceLocation: sourceLocation)
  }
}

/// A count that any thread may raise.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)
  func add() { number.add(1, ordering: .sequentiallyConsistent) }
  var value: Int { number.load(ordering: .sequentiallyConsistent) }
}

/// Memory that workers share without a lock: only the barriers under test keep it in order.
final class Shared: @unchecked Sendable {
  // Unchecked: that a barrier stands between its writers and readers is what the tests are about.
  let values: UnsafeMutableBufferPointer<Int>

  init(count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: 0)
  }

  deinit { values.deallocate() }
}

extension ShardGradients {
  /// The sum of `range` over the first `active` shards.
  func sum(_ range: Range<Int>, active: Int) -> MutableVector {
    sum(range, of: shards.lowerBound..<min(active, shards.upperBound))
    return total[range]
  }
}
