internal import Glibc

/// A lock with a bell. Made of pthreads, which ThreadSanitizer understands.
public final class Monitor: @unchecked Sendable {
  // Unchecked: the pointers never change, and what they point to is made to be shared.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init() {
    pthread_mutex_init(mutex, nil)
    // Not the wall clock, which can be set.
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  public func locked<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Within `locked`: gives the lock away until the bell rings, now and then without.
  public func wait() { pthread_cond_wait(condition, mutex) }

  /// Within `locked`: the same, but no longer than until `deadline`, a time of `Monitor.milliseconds`.
  ///
  /// - Returns: false where it has passed.
  public func wait(until deadline: Int) -> Bool {
    var time = timespec(tv_sec: deadline / 1000, tv_nsec: deadline % 1000 * 1_000_000)
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }

  public func signal() { pthread_cond_broadcast(condition) }

  /// Of a clock that nobody sets.
  public static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
