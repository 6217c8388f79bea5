internal import CThreads
internal import Glibc
internal import Synchronization

/// Iterations that do not depend on each other, on as many threads as there are processors for this process, or as can be
/// had: at least the calling one.
public enum ConcurrentLoop {
  /// Returns when `body` has been called for every index of 0..<iterations, each once. Lower indices begin first.
  ///
  /// - Parameter threads: at most so many; nil: as many as there are processors.
  public static func run(_ iterations: Int, threads: Int? = nil, _ body: @escaping @Sendable (Int) -> Void) {
    let next = Counter()
    let work: @Sendable () -> Void = {
      while true {
        let index = next.take()
        if index >= iterations { return }
        body(index)
      }
    }
    var helpers: [WorkThread] = []
    let most = min(iterations, threads ?? processors)
    while helpers.count + 1 < most {
      guard let helper = try? WorkThread(work) else { break }
      helpers.append(helper)
    }
    work()
    for helper in helpers { helper.join() }
  }

  /// Those of the affinity mask, or of the machine where that is unknown.
  private static var processors: Int {
    let own = Int(cairn_affinity_count())
    return own > 0 ? own : sysconf(Int32(_SC_NPROCESSORS_ONLN))
  }

  private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
  }
}
