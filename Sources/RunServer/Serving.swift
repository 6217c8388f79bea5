internal import Dispatch
internal import Glibc

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
    _ runs: ServedRuns, policy: AccessPolicy, port: Int, listening: (_ port: Int) -> Void
  ) throws {
    let socket = try ListeningSocket(host: policy.host, port: port)
    let mailbox = try Mailbox()
    let pages = RunServer(runs, policy: policy)
    let server = try HTTPServer(socket, limits: limits(), mailbox: mailbox) { await pages.respond(to: $0) }
    let queue = DispatchQueue(label: "cairn.serve.signals")
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { mailbox.put(.stop) }
      source.resume()
      return source
    }
    listening(socket.port)
    server.run()
    for source in sources { source.cancel() }
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
