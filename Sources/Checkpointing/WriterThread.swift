internal import Glibc

/// One thread that runs jobs one after another behind those of the training: the scheduler prefers the workers where
/// there are as many of them as cores.
final class WriterThread: Sendable {
  /// What the thread and its owner share; everything in it is touched under `mutex` alone.
  private final class Shared: @unchecked Sendable {
    // Pthread's mutex: ThreadSanitizer understands it.
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    var jobs: [@Sendable () -> Void] = []
    /// Jobs that have not finished.
    var pending = 0
    var isEnding = false

    init() {
      pthread_mutex_init(mutex, nil)
      pthread_cond_init(changed, nil)
    }

    deinit {
      pthread_cond_destroy(changed)
      pthread_mutex_destroy(mutex)
      changed.deallocate()
      mutex.deallocate()
    }

    func locked<R>(_ body: () -> R) -> R {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      return body()
    }

    func live() {
      while true {
        let job: (@Sendable () -> Void)? = locked {
          while jobs.isEmpty && !isEnding { pthread_cond_wait(changed, mutex) }
          return jobs.isEmpty ? nil : jobs.removeFirst()
        }
        guard let job else { return }
        job()
        locked {
          pending -= 1
          pthread_cond_broadcast(changed)
        }
      }
    }
  }

  private let shared = Shared()
  private let isAlive: Bool

  /// - Parameter niceness: how far the thread stands behind others of the process, as `nice` counts: 0 to 19.
  init(niceness: Int32) {
    let body = Unmanaged.passRetained(Body(shared: shared, niceness: niceness))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        // Of the calling thread alone, on Linux. Where it is not allowed, the thread is one like the others.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, body.niceness)
        body.shared.live()
        return nil
      }, body.toOpaque())
    pthread_attr_destroy(&attributes)
    isAlive = code == 0
    if code != 0 { body.release() }
  }

  deinit {
    shared.locked {
      shared.isEnding = true
      pthread_cond_broadcast(shared.changed)
    }
  }

  private final class Body: Sendable {
    let shared: Shared
    let niceness: Int32

    init(shared: Shared, niceness: Int32) {
      self.shared = shared
      self.niceness = niceness
    }
  }

  /// Hands over a job. Where no thread could be had it is run at once.
  func run(_ job: @escaping @Sendable () -> Void) {
    guard isAlive else { return job() }
    shared.locked {
      shared.jobs.append(job)
      shared.pending += 1
      pthread_cond_broadcast(shared.changed)
    }
  }

  /// Waits until every job has finished.
  func wait() {
    shared.locked { while shared.pending > 0 { pthread_cond_wait(shared.changed, shared.mutex) } }
  }

  /// Waits until every job has finished, or `isOver` says yes, which is asked fifty times a second.
  ///
  /// - Returns: whether every job has finished.
  func wait(unless isOver: () -> Bool) -> Bool {
    shared.locked {
      while shared.pending > 0 {
        if isOver() { return false }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        time.tv_nsec += 20_000_000
        if time.tv_nsec >= 1_000_000_000 {
          time.tv_nsec -= 1_000_000_000
          time.tv_sec += 1
        }
        pthread_cond_timedwait(shared.changed, shared.mutex, &time)
      }
      return true
    }
  }
}
