internal import Glibc

/// Owns `count` floats on a 64-byte boundary (one cache line, one AVX-512 register). The size never changes.
///
/// Non-copyable: exactly one owner, and the memory goes with it. Views (`vector`, `matrix(...)`) do not keep the
/// buffer alive; they are valid while it is.
public struct AlignedBuffer: ~Copyable, @unchecked Sendable {
  // Unchecked: the pointer never changes; who writes which part when is the owner's contract (phases of a step).
  private let base: UnsafeMutablePointer<Float>
  private let memory: UnsafeMutableRawPointer
  public let count: Int

  /// Floats to a cache line: entries of a flat vector start on multiples of this.
  public static let alignment = 16

  /// A buffer of zeros. What is never touched takes no memory.
  ///
  /// - Parameter hugePages: whether a large one may come by 2 MB; not for one of which little is touched here and there.
  /// - Precondition: `count >= 0`.
  public init(count: Int, hugePages: Bool = true) {
    precondition(count >= 0, "a buffer of \(count) floats")
    let capacity = max(AlignedBuffer.padded(count), AlignedBuffer.alignment)
    // The pages of a large buffer come when they are touched, near the core that does.
    guard let zeros = calloc(capacity * 4 + 63, 1) else { preconditionFailure("no memory for \(count) floats") }
    memory = zeros
    // Products walk down columns whose rows are pages apart: 3 % of a step with 10 million weights.
    let (size, hugePage) = (capacity * 4, 1 << 21)
    let first = zeros.alignedUp(toMultipleOf: hugePage)
    let whole = (size - zeros.distance(to: first)) / hugePage * hugePage
    if hugePages && size >= 2 * hugePage && whole > 0 { madvise(first, whole, MADV_HUGEPAGE) }
    base = zeros.alignedUp(toMultipleOf: 64).bindMemory(to: Float.self, capacity: capacity)
    self.count = count
  }

  deinit { free(memory) }

  /// `count` rounded up to whole cache lines.
  public static func padded(_ count: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  public var vector: Vector { Vector(base: base, count: count) }
  public var mutable: MutableVector { MutableVector(base: base, count: count) }
}
