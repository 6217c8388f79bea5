internal import CKernels

/// The gradient of a table that is looked up: dy's rows added where their ids stand, summed over shards.
///
/// ids: `[rows]`, dy: `[rows, units]`, the sum: `[entries, units]`. A shard's rows are added in their order. What a part of
/// the table costs follows from the rows that were looked up there.
public final class LookupSum: FactoredSum, @unchecked Sendable {
  // Unchecked: as of `ProductSum`.
  public let entries: Int
  public let units: Int
  private let lookups: UnsafeMutableBufferPointer<cairn_lookups>

  public init(entries: Int, units: Int, shards: Int) {
    precondition(entries <= TableLookup.mostRows, "a table of \(entries) rows")
    self.entries = entries
    self.units = units
    lookups = .allocate(capacity: shards)
    lookups.initialize(repeating: cairn_lookups(numbers: nil, places: nil, rows: nil, count: 0))
  }

  deinit { lookups.deallocate() }

  /// Floats of what a backward pass leaves: dy, and room to sort the ids in.
  public static func keptCount(rows: Int, units: Int) -> Int { rows * (units + 4) }

  /// Floats that `sum` clobbers.
  public static func scratchCount(shards: Int, units: Int) -> Int { shards * (units + 2) }

  /// - Parameter kept: dy, `[rows, units]`; overwritten behind it.
  public func setFactors(ofShard shard: Int, _ x: Matrix, kept: MutableVector) {
    let count = x.count
    precondition(kept.count >= LookupSum.keptCount(rows: count, units: units), "\(kept.count) floats for \(count) rows")
    (kept.base + count * units).withMemoryRebound(to: UInt32.self, capacity: 4 * count) { room in
      let found = cairn_sort_lookups(count, x.packed, entries, room, room + count, room + 2 * count)
      lookups[shard] = cairn_lookups(
        numbers: UnsafePointer(room), places: UnsafePointer(room + count), rows: UnsafePointer(kept.base), count: found)
    }
  }

  public func sum(of shards: Range<Int>, elements: Range<Int>, into gradient: MutableVector, scratch: MutableVector) {
    precondition(elements.upperBound <= gradient.count && gradient.count == entries * units)
    precondition(scratch.count >= LookupSum.scratchCount(shards: shards.count, units: units))
    guard let base = lookups.baseAddress, !shards.isEmpty, !elements.isEmpty else { return }
    cairn_sum_lookups(
      base + shards.lowerBound, shards.count, units, elements.lowerBound, elements.upperBound, gradient.base,
      scratch.base)
  }
}
