internal import Kernels

/// Parts of an operation's memory, one after the other.
struct MemoryParts {
  private(set) var size = MemorySize()

  /// A part behind the others; a fixed one ends at a cache line.
  mutating func add(perRow: Int = 0, fixed: Int = 0) -> MemoryPart {
    let part = MemoryPart(start: size, size: MemorySize(perRow: perRow, fixed: fixed))
    size.perRow += perRow
    size.fixed += AlignedBuffer.padded(fixed)
    return part
  }
}

/// A part of an operation's memory: so many floats a row, and some besides.
struct MemoryPart: Sendable {
  fileprivate let start: MemorySize
  fileprivate let size: MemorySize

  @inline(__always)
  func of(_ memory: MutableVector, rows: Int) -> MutableVector {
    let first = start.count(rows: rows)
    return memory[first..<first + size.count(rows: rows)]
  }
}
