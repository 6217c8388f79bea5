internal import Glibc

/// A thread of this process's own: it is there when `init` returns, or that is an error. (The threads behind Dispatch queues
/// end at 255, and where the system gives none, Dispatch asks again forever.)
public final class WorkThread: @unchecked Sendable {
  // Unchecked: `handle` never changes; `isJoined` is touched by the one owner.
  private let handle: pthread_t
  private var isJoined = false

  /// What Swift's own code and OpenBLAS' need, many times over; address space, not memory.
  public static let stackBytes = 1 << 20

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts `body` on a thread.
  ///
  /// - Throws: `ThreadError`.
  public init(_ body: @escaping @Sendable () -> Void) throws {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, WorkThread.stackBytes)
    let box = Unmanaged.passRetained(Body(body))
    var handle = pthread_t()
    let code = pthread_create(
      &handle, &attributes,
      { raw in
        if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    if code != 0 {
      box.release()
      throw ThreadError(wanted: 1, made: 0, code: code)
    }
    self.handle = handle
  }

  /// Waits until `body` has returned.
  public func join() {
    if isJoined { return }
    isJoined = true
    pthread_join(handle, nil)
  }

  deinit { if !isJoined { pthread_detach(handle) } }
}

/// The system does not give as many threads as are needed.
public struct ThreadError: Error, Sendable, CustomStringConvertible {
  public let wanted: Int
  public let made: Int
  /// The system's error number.
  public let code: Int32

  public init(wanted: Int, made: Int, code: Int32) {
    self.wanted = wanted
    self.made = made
    self.code = code
  }

  public var description: String {
    "\(wanted) more \(wanted == 1 ? "thread was" : "threads were") wanted, \(made) could be had "
      + "(\(String(cString: strerror(code)))): raise `ulimit -u` (processes) or `ulimit -v` (memory), or use fewer --workers"
  }
}
