internal import CThreads
internal import Synchronization

/// A barrier for a fixed number of threads that spins briefly, then sleeps in the kernel.
///
/// Reusable at once. Can be broken: every thread that waits, now or later, then returns false, so that a worker that
/// failed leaves nobody waiting.
final class Barrier: @unchecked Sendable {
  // Unchecked: both words are atomics; their memory lives as long as the barrier.
  private let generation: UnsafeMutablePointer<Atomic<UInt32>>
  private let arrived: UnsafeMutablePointer<Atomic<UInt32>>
  private let sleepers: UnsafeMutablePointer<Atomic<UInt32>>
  private let broken: UnsafeMutablePointer<Atomic<Bool>>
  private let count: UInt32
  private let spins: Int

  /// - Parameters:
  ///   - count: threads that meet.
  ///   - spins: rounds of looking before sleeping; 0 where threads outnumber processors.
  init(count: Int, spins: Int) {
    // A cache line each: arriving threads must not disturb those that look at the generation.
    func word<Value>(_ value: consuming Value, as type: Value.Type) -> UnsafeMutablePointer<Value>
    where Value: ~Copyable {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        .bindMemory(to: Value.self, capacity: 1)
      memory.initialize(to: value)
      return memory
    }
    generation = word(Atomic(0), as: Atomic<UInt32>.self)
    arrived = word(Atomic(0), as: Atomic<UInt32>.self)
    sleepers = word(Atomic(0), as: Atomic<UInt32>.self)
    broken = word(Atomic(false), as: Atomic<Bool>.self)
    self.count = UInt32(count)
    self.spins = spins
  }

  deinit {
    generation.deinitialize(count: 1).deallocate()
    arrived.deinitialize(count: 1).deallocate()
    sleepers.deinitialize(count: 1).deallocate()
    broken.deinitialize(count: 1).deallocate()
  }

  /// Waits until `count` threads have come. What a thread wrote before is seen by every thread after.
  ///
  /// - Parameter serial: run once, by the last thread to come, before any goes on.
  /// - Returns: false if the barrier is broken: stop working together.
  func wait(_ serial: () -> Void = {}) -> Bool {
    let current = generation.pointee.load(ordering: .acquiring)
    if arrived.pointee.add(1, ordering: .acquiringAndReleasing).newValue == count {
      arrived.pointee.store(0, ordering: .relaxed)
      serial()
      advance()
      return !broken.pointee.load(ordering: .acquiring)
    }
    var round = 0
    while generation.pointee.load(ordering: .acquiring) == current {
      if broken.pointee.load(ordering: .acquiring) { return false }
      if round < spins {
        round += 1
        cairn_spin_hint()
        continue
      }
      sleepers.pointee.add(1, ordering: .sequentiallyConsistent)
      if generation.pointee.load(ordering: .sequentiallyConsistent) == current {
        cairn_futex_wait(UnsafeRawPointer(generation).assumingMemoryBound(to: UInt32.self), current)
      }
      sleepers.pointee.subtract(1, ordering: .sequentiallyConsistent)
    }
    return !broken.pointee.load(ordering: .acquiring)
  }

  /// Lets every thread go, now and later, with false.
  func breakDown() {
    broken.pointee.store(true, ordering: .sequentiallyConsistent)
    advance()
  }

  /// For the next run: nobody may be waiting.
  func repair() {
    broken.pointee.store(false, ordering: .sequentiallyConsistent)
    arrived.pointee.store(0, ordering: .sequentiallyConsistent)
  }

  private func advance() {
    generation.pointee.add(1, ordering: .sequentiallyConsistent)
    if sleepers.pointee.load(ordering: .sequentiallyConsistent) > 0 {
      cairn_futex_wake_all(UnsafeRawPointer(generation).assumingMemoryBound(to: UInt32.self))
    }
  }
}
