internal import CHDF5
internal import Glibc
internal import Synchronization

/// The library's doors: HDF5 is not made for several threads, so one lock stands before all of it.
///
/// The lock is recursive: an operation may be built from others. It is a pthread mutex because ThreadSanitizer
/// understands that one (it reports false races for `Synchronization.Mutex`).
package enum HDF5Library {
  private struct Lock: @unchecked Sendable {
    // Unchecked: the pointer never changes, and a mutex is made to be shared.
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
      var attributes = pthread_mutexattr_t()
      pthread_mutexattr_init(&attributes)
      pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
      pthread_mutex_init(mutex, &attributes)
      pthread_mutexattr_destroy(&attributes)
    }
  }

  private static let lock = Lock()
  /// Threads that stand before the lock.
  private static let waiting = Atomic<Int>(0)
  /// When the lock was last given back by somebody in the foreground, in nanoseconds.
  private static let lastUse = Atomic<UInt64>(0)
  /// How often the lock is held for `runInBackground`; touched under it alone.
  nonisolated(unsafe) private static var backgroundDepth = 0

  /// No exit handler: after a failed H5Fclose it would crash the process. First call of all, under the lock.
  ///
  /// No way out of a file either: without its class no external link can be followed, whatever path leads to it. Such
  /// a link may lead to any file that this user may read, or to a FIFO, which is waited for without end.
  private static let start: Void = {
    H5dont_atexit()
    H5open()
    H5Lunregister(H5L_TYPE_EXTERNAL)
  }()

  /// Runs `body` alone in the library, with the library's own printing of errors off (a setting of each thread).
  package static func run<R>(_ body: () throws -> R) rethrows -> R {
    try run(inBackground: false, body)
  }

  /// The same for work that can wait, such as reading ahead: stands back while others use the library, or did so a moment
  /// ago. Whoever writes a file makes hundreds of calls, and would else wait for a long read at each of them.
  ///
  /// - Parameter isUrgent: asked again and again; true: the work can wait no longer.
  package static func runInBackground<R>(_ isUrgent: () -> Bool, _ body: () throws -> R) rethrows -> R {
    let moment: UInt64 = 1_000_000
    while waiting.load(ordering: .relaxed) > 0 || nanoseconds() &- lastUse.load(ordering: .relaxed) < moment {
      if isUrgent() { break }
      usleep(200)
    }
    return try run(inBackground: true, body)
  }

  private static func run<R>(inBackground: Bool, _ body: () throws -> R) rethrows -> R {
    waiting.add(1, ordering: .relaxed)
    pthread_mutex_lock(lock.mutex)
    waiting.subtract(1, ordering: .relaxed)
    if inBackground { backgroundDepth += 1 }
    defer {
      if backgroundDepth == 0 { lastUse.store(nanoseconds(), ordering: .relaxed) }
      if inBackground { backgroundDepth -= 1 }
      pthread_mutex_unlock(lock.mutex)
    }
    _ = start
    H5Eset_auto2(cairn_H5E_DEFAULT(), nil, nil)
    return try body()
  }

  private static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// The error stack of the last call, root cause first.
  static func errorStack() -> [String] {
    var lines: [String] = []
    withUnsafeMutablePointer(to: &lines) { pointer in
      _ = H5Ewalk2(
        cairn_H5E_DEFAULT(), H5E_WALK_UPWARD,
        { _, entry, lines in
          guard let description = entry?.pointee.desc, let lines else { return 0 }
          lines.assumingMemoryBound(to: [String].self).pointee.append(String(cString: description))
          return 0
        }, pointer)
    }
    return lines
  }
}
