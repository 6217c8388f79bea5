internal import Kernels

/// Memory that each worker clobbers for its own, made by the worker that uses it, at its first step, so that the pages lie
/// near its core.
final class WorkerScratch: @unchecked Sendable {
  // Unchecked: each worker touches its own element alone.
  private final class Memory {
    let floats: AlignedBuffer

    init(count: Int) { floats = AlignedBuffer(count: count) }
  }

  private let memories: UnsafeMutableBufferPointer<Memory?>  // an array is one variable, to Swift, not many
  private let count: Int

  /// - Parameter count: floats a worker.
  init(workers: Int, count: Int) {
    self.count = count
    memories = .allocate(capacity: workers)
    memories.initialize(repeating: nil)
  }

  deinit { memories.deinitialize().deallocate() }

  func of(_ worker: Int) -> MutableVector {
    if let made = memories[worker] { return made.floats.mutable }
    let made = Memory(count: count)
    memories[worker] = made
    return made.floats.mutable
  }
}
