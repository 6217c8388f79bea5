import DataParallel
import Kernels
import Testing

@Suite struct GradientExchangeTests {
  private static let count = 5003

  private func fill(_ exchange: ShardGradients) -> [[Float]] {
    exchange.shards.map { shard in
      var random = RandomStream(seed: 3, stream: UInt64(shard))
      // Sizes far apart: any other order of summation shows in the bits.
      let values = (0..<exchange.count).map { Float(random.normal()) * ([1e-6, 1, 1e6] as [Float])[($0 + shard) % 3] }
      exchange.gradient(ofShard: shard).copy(from: values)
      return values
    }
  }

  /// ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) ..., written as a tree; a missing right half leaves the left one.
  private func tree(_ values: ArraySlice<Float>, width: Int) -> Float {
    guard width > 1, values.count > 1 else { return values.first ?? 0 }
    let half = width / 2
    let left = tree(values.prefix(half), width: half)
    return values.count > half ? left + tree(values.dropFirst(half), width: half) : left
  }

  @Test func treeIsTheWrittenOne() {
    let v: [Float] = [1e8, 1, -1e8, 3, 1e-3, 7, 2e7, -5]
    #expect(tree(v[...], width: 8) == ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7])))
    #expect(tree(v.prefix(5), width: 8) == ((v[0] + v[1]) + (v[2] + v[3])) + v[4])
    #expect(tree(v.prefix(7), width: 8) == ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + v[6]))
  }

  @Test(arguments: 1...17, [[5003], [1, 16, 2048, 2049, 889], Array(repeating: 1, count: 11) + [4992]])
  func sumIsTheTreeOverShardNumbers(active: Int, cuts: [Int]) {
    let exchange = ShardGradients(shards: 0..<17, count: GradientExchangeTests.count)
    let values = fill(exchange)
    var start = 0
    var ranges: [Range<Int>] = []
    for size in cuts {
      ranges.append(start..<start + size)
      start += size
    }
    #expect(start == exchange.count)
    for range in ranges.reversed() {
      let sum = exchange.sum(range, active: active)
      #expect(sum.base == exchange.total.base + range.lowerBound && sum.count == range.count)
    }
    let expected = (0..<exchange.count).map { index in
      tree(values.prefix(active).map { $0[index] }[...], width: 32)
    }
    #expect(exchange.total.readOnly.array.map(\.bitPattern) == expected.map(\.bitPattern))
    // Shards beyond the active ones are neither read nor written.
    for shard in active..<17 {
      #expect(exchange.gradient(ofShard: shard).readOnly.array.map(\.bitPattern) == values[shard].map(\.bitPattern))
    }
  }

  @Test func shardsDoNotOverlapAndAreAligned() {
    let exchange = ShardGradients(shards: 0..<3, count: 21)
    for shard in 0..<3 { exchange.gradient(ofShard: shard).fill(Float(shard)) }
    for shard in 0..<3 {
      #expect(exchange.gradient(ofShard: shard).readOnly.array == Array(repeating: Float(shard), count: 21))
      #expect(UInt(bitPattern: exchange.gradient(ofShard: shard).base) % 64 == 0)
    }
  }

  @Test func notANumberAndInfinityComeThrough() {
    let exchange = ShardGradients(shards: 0..<4, count: 3)
    for shard in 0..<4 { exchange.gradient(ofShard: shard).fill(1) }
    exchange.gradient(ofShard: 3)[0] = .nan
    exchange.gradient(ofShard: 2)[1] = .infinity
    _ = exchange.sum(0..<3, active: 4)
    #expect(exchange.total[0].isNaN && exchange.total[1] == .infinity && exchange.total[2] == 4)
  }
}
