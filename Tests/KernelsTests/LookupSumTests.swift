import Kernels
import Testing

@Suite struct LookupSumTests {
  private struct Shards {
    let (entries, units): (Int, Int)
    let sum: LookupSum
    let ids: [Floats]
    let kept: [Floats]
    let scratch: Floats

    /// Ids that repeat, some that are no rows, and one shard without any.
    init(_ count: Int, entries: Int, units: Int) {
      (self.entries, self.units) = (entries, units)
      sum = LookupSum(entries: entries, units: units, shards: count)
      ids = (0..<count).map { shard in
        let drawn = draws(shard == 2 ? 1 : 40 + shard, stream: 500 + UInt64(shard))
        return Floats(drawn.map { shard == 2 || abs($0) > 2.2 ? .nan : Float(Int(abs($0) * 1000) % entries) })
      }
      kept = ids.enumerated().map { shard, ids in
        let dy = draws(ids.count * units, stream: 600 + UInt64(shard))
        return Floats(dy + Array(repeating: .nan, count: LookupSum.keptCount(rows: ids.count, units: units) - dy.count))
      }
      for shard in ids.indices {
        sum.setFactors(ofShard: shard, ids[shard].matrix(ids[shard].count, 1), kept: kept[shard].mutable)
      }
      scratch = Floats(count: LookupSum.scratchCount(shards: count, units: units)) { _ in .nan }
    }

    func elements(_ range: Range<Int>, of shards: Range<Int>) -> [Float] {
      let gradient = Floats(count: entries * units) { _ in .nan }
      sum.sum(of: shards, elements: range, into: gradient.mutable, scratch: scratch.mutable)
      let array = gradient.array
      #expect(gradient.isIntact && scratch.isIntact && kept.allSatisfy(\.isIntact))
      #expect(array.indices.allSatisfy { range.contains($0) || array[$0].isNaN }, "only what was asked for")
      return Array(array[range])
    }

    /// What a shard would write itself.
    func own(_ shard: Int) -> [Float] {
      let gradient = Floats(count: entries * units) { _ in 0 }
      TableLookup.addRows(
        ids[shard].vector, of: kept[shard].matrix(ids[shard].count, units),
        to: gradient.mutable.matrix(rows: entries, columns: units))
      return gradient.array
    }
  }

  /// The bits of the shards' own gradients, added along the tree.
  @Test(arguments: [1, 2, 3, 5, 8, 13], [(7, 5), (300, 3), (70_000, 2)]) func isTheSumAlongTheTree(
    _ count: Int, _ size: (Int, Int)
  ) {
    let shards = Shards(count, entries: size.0, units: size.1)
    var parts = (0..<count).map(shards.own)
    var distance = 1
    while distance < count {
      for shard in stride(from: 0, to: count - distance, by: 2 * distance) {
        for index in parts[shard].indices { parts[shard][index] += parts[shard + distance][index] }
      }
      distance *= 2
    }
    let found = shards.elements(0..<size.0 * size.1, of: 0..<count)
    let isSame = found.map(\.bitPattern) == parts[0].map(\.bitPattern)
    #expect(isSame)
    #expect(found.contains { $0 != 0 })
  }

  /// Parts that begin and end within rows, in any order.
  @Test func partsAreThoseOfTheWhole() {
    let shards = Shards(5, entries: 60, units: 7)
    let whole = shards.elements(0..<420, of: 0..<5)
    for (start, end) in [(0, 420), (0, 1), (3, 5), (5, 9), (6, 14), (7, 14), (100, 333), (419, 420), (50, 50)] {
      #expect(shards.elements(start..<end, of: 0..<5) == Array(whole[start..<end]))
    }
    #expect(shards.elements(0..<420, of: 4..<5) == shards.own(4))
  }
}
