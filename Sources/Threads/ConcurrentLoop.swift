internal import Glibc
internal import Synchronization

/// Iterations that do not depend on each other, on as many threads as there are processors, or as can be had: at least the
/// calling one.
public enum ConcurrentLoop {
  /// Returns when `body` has been called for every index of 0..<iterations, each once.
  public static func run(_ iterations: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let next = Counter()
    let work: @Sendable () -> Void = {
      while true {
        let index = next.take()
        if index >= iterations { return }
        body(index)
      }
    }
    var helpers: [WorkThread] = []
    while helpers.count + 1 < min(iterations, sysconf(Int32(_SC_NPROCESSORS_ONLN))) {
      guard let helper = try? WorkThread(work) else { break }
      helpers.append(helper)
    }
    work()
    for helper in helpers { helper.join() }
  }

  private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
  }
}
