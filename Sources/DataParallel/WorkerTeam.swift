internal import CThreads
internal import Threads

/// Long-lived workers that run one piece of work together, again and again.
///
/// Worker 0 is the thread that calls `run`; the others are threads of the team's own, all there when it has been made. They
/// keep it alive until it is ended. A run costs two barriers and allocates nothing.
public final class WorkerTeam: @unchecked Sendable {
  // Unchecked: `work` and `failures` are written by the caller before the gate opens and read by it after the gate
  // closes; in between each worker touches its own element of `failures` only.

  /// Address space that a worker takes: its stack, and what surrounds it.
  public static let bytesPerWorker = WorkThread.stackBytes + 1 << 16

  /// Workers, the caller included.
  public let count: Int
  private let gate: Barrier
  private let inner: Barrier
  private var threads: [WorkThread] = []
  private var work: (any TeamWork)?
  private let failures: UnsafeMutableBufferPointer<(any Error)?>  // an array is one variable, to Swift, not many
  private var ending = false

  /// - Parameters:
  ///   - count: workers; may exceed the processors.
  ///   - processors: processors that this process may use.
  /// - Precondition: `count > 0`.
  /// - Throws: `ThreadError` where the system does not give so many threads; those that it gave have ended.
  public init(count: Int, processors: Int = ProcessorCount.available()) throws {
    precondition(count > 0, "a team of \(count) workers")
    self.count = count
    let spins = count <= processors ? 4000 : 20
    gate = Barrier(count: count, spins: spins)
    inner = Barrier(count: count, spins: spins)
    failures = .allocate(capacity: count)
    failures.initialize(repeating: nil)
    for worker in 1..<max(count, 1) {
      do {
        threads.append(try WorkThread { self.live(worker) })
      } catch let error as ThreadError {
        ending = true
        gate.breakDown()
        for thread in threads { thread.join() }
        throw ThreadError(wanted: count - 1, made: threads.count, code: error.code)
      }
    }
  }

  deinit { failures.deinitialize().deallocate() }

  /// Runs `work.run(worker:)` on every worker and returns when all have finished.
  ///
  /// - Throws: the error of the lowest-numbered worker that failed. The others are let go at their next barrier.
  public func run(_ work: any TeamWork) throws {
    self.work = work
    let arithmetic = cairn_enter_arithmetic()
    defer { cairn_leave_arithmetic(arithmetic) }
    if count > 1 { _ = gate.wait() }
    perform(0)
    if count > 1 { _ = gate.wait() }
    self.work = nil
    var first: (any Error)?
    for worker in 0..<count {
      if first == nil { first = failures[worker] }
      failures[worker] = nil
    }
    if let first {
      inner.repair()
      throw first
    }
  }

  /// Inside a run: waits for every worker of the team.
  ///
  /// - Parameter serial: run once, by the last worker to come, before any goes on. What it computes must not depend on
  ///   which worker that is.
  /// - Throws: `TeamStopped` if another worker failed.
  public func synchronize(_ serial: () -> Void = {}) throws {
    if count == 1 { return serial() }
    if !inner.wait(serial) { throw TeamStopped() }
  }

  private func perform(_ worker: Int) {
    do {
      try work?.run(worker: worker)
    } catch is TeamStopped {
      // Another worker's error is the one to report.
    } catch {
      failures[worker] = error
      inner.breakDown()
    }
  }

  /// Ends the workers; the team must not be used afterwards.
  public func end() {
    guard !ending else { return }
    ending = true
    if count > 1 { _ = gate.wait() }
    for thread in threads { thread.join() }
    threads = []
  }

  /// What a worker's thread runs.
  private func live(_ worker: Int) {
    _ = cairn_enter_arithmetic()
    while true {
      _ = gate.wait()
      if ending { return }
      perform(worker)
      _ = gate.wait()
    }
  }
}

/// Work that a team does together.
public protocol TeamWork: AnyObject, Sendable {
  /// - Parameter worker: 0..<team.count.
  func run(worker: Int) throws
}

/// Thrown by `synchronize` when the team stops because another worker failed.
public struct TeamStopped: Error {}
