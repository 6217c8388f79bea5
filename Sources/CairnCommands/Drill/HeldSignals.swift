internal import Glibc

/// Holds back the signals that end a process, for a command that has something to clear up first.
struct HeldSignals {
  private static let numbers = [SIGINT, SIGTERM, SIGHUP]

  /// To be made before other threads are.
  init() {
    var set = HeldSignals.set
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  private static var set: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    return set
  }

  /// - Throws: `EndOfRun` with 128 and the number of a signal that has come.
  func check() throws {
    var pending = sigset_t()
    guard sigpending(&pending) == 0 else { return }
    guard let number = HeldSignals.numbers.first(where: { sigismember(&pending, $0) == 1 }) else { return }
    throw EndOfRun(code: .signal(number))
  }
}
