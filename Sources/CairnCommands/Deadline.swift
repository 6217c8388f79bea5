internal import Threads

/// Does something if it is not called off in time, on a thread of its own that is there from the start.
final class Deadline: Sendable {
  private let state: State

  private final class State: @unchecked Sendable {
    // Unchecked: `isOver` is touched under `monitor` alone.
    let monitor = Monitor()
    var isOver = false
  }

  /// - Throws: `ThreadError`.
  init(seconds: Int, _ action: @escaping @Sendable () -> Void) throws {
    let state = State()
    self.state = state
    let end = Monitor.milliseconds() + seconds * 1000
    _ = try WorkThread {
      state.monitor.locked {
        while !state.isOver {
          if !state.monitor.wait(until: end), !state.isOver {
            state.isOver = true
            action()
          }
        }
      }
    }
  }

  /// After this the action does not happen any more.
  func cancel() {
    state.monitor.locked {
      state.isOver = true
      state.monitor.signal()
    }
  }
}
