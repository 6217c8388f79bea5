/// Work done one piece after another, in order, on a thread of its own that is there from the start.
public final class WorkQueue: Sendable {
  private let state: State

  private final class State: @unchecked Sendable {
    // Unchecked: everything but `monitor` is touched under it alone.
    let monitor = Monitor()
    var waiting: [@Sendable () -> Void] = []
    /// Whether somebody works, the thread or a caller of `sync`.
    var isBusy = false
    var isEnding = false

    /// What the thread does.
    func live() {
      while let work = next() {
        work()
        monitor.locked {
          isBusy = false
          monitor.signal()
        }
      }
    }

    private func next() -> (@Sendable () -> Void)? {
      monitor.locked {
        while isBusy || waiting.isEmpty {
          if waiting.isEmpty, isEnding { return nil }
          monitor.wait()
        }
        isBusy = true
        return waiting.removeFirst()
      }
    }
  }

  /// - Throws: `ThreadError`.
  public init() throws {
    let state = State()
    self.state = state
    _ = try WorkThread { state.live() }
  }

  /// What waits is still done.
  deinit {
    state.monitor.locked {
      state.isEnding = true
      state.monitor.signal()
    }
  }

  /// Does `work` after what waits already; returns at once.
  public func async(_ work: @escaping @Sendable () -> Void) {
    state.monitor.locked {
      state.waiting.append(work)
      state.monitor.signal()
    }
  }

  /// Does `work` on the calling thread when nothing waits any more. Not to be called from work on this queue.
  public func sync<R>(_ work: () throws -> R) rethrows -> R {
    state.monitor.locked {
      while state.isBusy || !state.waiting.isEmpty { state.monitor.wait() }
      state.isBusy = true
    }
    defer {
      state.monitor.locked {
        state.isBusy = false
        state.monitor.signal()
      }
    }
    return try work()
  }

  /// Waits until nothing is to be done, but no longer than so many milliseconds.
  ///
  /// - Returns: whether nothing is.
  public func isIdle(within milliseconds: Int) -> Bool {
    let deadline = Monitor.milliseconds() + milliseconds
    return state.monitor.locked {
      while state.isBusy || !state.waiting.isEmpty {
        if !state.monitor.wait(until: deadline) { return !state.isBusy && state.waiting.isEmpty }
      }
      return true
    }
  }
}
