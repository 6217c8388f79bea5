internal import CHDF5
internal import Glibc

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

  /// No exit handler: after a failed H5Fclose it would crash the process. First call of all, under the lock.
  private static let start: Void = {
    H5dont_atexit()
    H5open()
  }()

  /// Runs `body` alone in the library, with the library's own printing of errors off (a setting of each thread).
  package static func run<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(lock.mutex)
    defer { pthread_mutex_unlock(lock.mutex) }
    _ = start
    H5Eset_auto2(cairn_H5E_DEFAULT(), nil, nil)
    return try body()
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
