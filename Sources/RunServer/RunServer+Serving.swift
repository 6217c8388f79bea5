internal import Dispatch
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Serves until SIGINT or SIGTERM.
package enum Serving {
  package struct CannotListen: Error, Sendable {
    /// `errno`; nil: it is no system call that failed.
    package let code: Int32?
    package let reason: String
  }

  /// Blocks the calling thread until a signal comes. Open feeds are then closed; what hangs is not waited for longer than
  /// two seconds.
  ///
  /// - Parameters:
  ///   - port: 0: any that is free.
  ///   - listening: called once with the port that requests may come to.
  /// - Throws: `CannotListen`.
  package static func run(
    _ runs: ServedRuns, policy: AccessPolicy, port: Int, listening: @escaping @Sendable (_ port: Int) -> Void
  ) throws {
    // One thread for all connections: the other processors are the trainer's.
    let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var logger = Logger(label: "cairn.serve")
    logger.logLevel = .critical
    let connections = OpenConnections(Serving.limits())
    let sweep = threads.next().scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
      connections.closeOverdue()
    }
    defer { sweep.cancel() }
    let application = Application(
      responder: RunServer(runs, policy: policy),
      server: HTTPServerBuilder { GuardedChannel(connections, responder: $0) },
      configuration: ApplicationConfiguration(address: .hostname(policy.host, port: port)),
      onServerRunning: { channel in listening(channel.localAddress?.port ?? port) },
      eventLoopGroupProvider: .shared(threads), logger: logger)

    let ended = DispatchSemaphore(value: 0)
    let failure = Mutex<(any Error)?>(nil)
    let serving = Task.detached {
      do {
        try await application.run()
      } catch {
        failure.withLock { $0 = error }
      }
      ended.signal()
    }
    let queue = DispatchQueue(label: "cairn.serve.signals")
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        serving.cancel()
        queue.asyncAfter(deadline: .now() + .seconds(2)) { ended.signal() }
      }
      source.resume()
      return source
    }
    ended.wait()
    for source in sources { source.cancel() }
    if let error = failure.withLock({ $0 }), !serving.isCancelled {
      throw CannotListen(code: (error as? IOError)?.errnoCode, reason: "\(error)")
    }
  }

  /// As many connections as the process may have files open, a quarter left for those of the runs.
  private static func limits() -> OpenConnections.Limits {
    var limits = OpenConnections.Limits()
    var files = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return limits }
    limits.all = min(limits.all, max(4, Int(clamping: files.rlim_cur) / 4 * 3))
    limits.perAddress = min(limits.perAddress, max(2, limits.all / 2))
    return limits
  }
}
