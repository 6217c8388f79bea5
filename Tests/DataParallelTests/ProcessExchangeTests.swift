import Kernels
import Testing

@testable import DataParallel

@Suite struct ProcessGroupTests {
  @Test(arguments: [1, 2, 3, 4, 7, 8]) func collectives(count: Int) throws {
    let results = try ThreadGroup.run(count) { group in
      var words: [UInt64] = [1 << UInt64(group.rank), 0]
      try group.or(&words)
      let bytes = try group.gather(Array(repeating: UInt8(group.rank), count: group.rank * 3))
      let first = try group.broadcast(group.isFirst ? Array(0..<200) : [9])
      try group.meet()
      return (words, bytes, first)
    }
    #expect(results.count == count)
    for (words, bytes, first) in results {
      #expect(words == [(1 << UInt64(count)) - 1, 0])
      #expect(bytes == (0..<count).map { Array(repeating: UInt8($0), count: $0 * 3) })
      #expect(first == Array(0..<200))
    }
  }
}

@Suite struct ShardTreeTests {
  /// Every process adds inside its nodes, then the additions are done: the expression that comes of it, as text.
  private func expression(active: Int, blocks: [Range<Int>]) -> String {
    let tree = ShardTree(active: active, blocks: blocks)
    var sums = tree.nodes.map { node in
      written(Array(node.shards).map(String.init), first: node.shards.lowerBound)
    }
    for addition in tree.additions { sums[addition.left] = "(\(sums[addition.left])+\(sums[addition.right]))" }
    return sums.first ?? ""
  }

  /// The tree in one process: at each distance the right neighbour is added.
  private func written(_ terms: [String], first: Int = 0) -> String {
    var terms = terms
    var distance = 1
    while distance < terms.count {
      for left in stride(from: 0, to: terms.count, by: 2 * distance) where left + distance < terms.count {
        terms[left] = "(\(terms[left])+\(terms[left + distance]))"
      }
      distance *= 2
    }
    return terms.first ?? ""
  }

  @Test func anyCutGivesTheTreeOfOneProcess() {
    #expect(written((0..<5).map(String.init)) == "(((0+1)+(2+3))+4)")
    for shards in 1...17 {
      for processes in 1...shards {
        let blocks = ShardPlan.blocks(shards: shards, workers: Array(repeating: 1, count: processes))
        for active in 1...shards {
          #expect(
            expression(active: active, blocks: blocks) == written((0..<active).map(String.init)),
            "\(active) of \(shards) shards on \(processes) processes")
        }
      }
    }
  }

  @Test func powersOfTwoNeedOneNodeEach() {
    let tree = ShardTree(active: 8, blocks: [0..<2, 2..<4, 4..<6, 6..<8])
    #expect(tree.nodes.map(\.shards) == [0..<2, 2..<4, 4..<6, 6..<8])
    #expect(tree.additions.count == 3)
    #expect(
      ShardTree(active: 8, blocks: [0..<2, 2..<5, 5..<8]).nodes.map(\.shards) == [0..<2, 2..<4, 4..<5, 5..<6, 6..<8])
  }

  @Test func shardsAreDealtByWorkersButOneAtLeast() {
    #expect(ShardPlan.blocks(shards: 8, workers: [1, 1]) == [0..<4, 4..<8])
    #expect(ShardPlan.blocks(shards: 8, workers: [6, 2]) == [0..<6, 6..<8])
    #expect(ShardPlan.blocks(shards: 3, workers: [64, 1, 1]) == [0..<1, 1..<2, 2..<3])
    #expect(ShardPlan.blocks(shards: 3, workers: [1, 1, 64]) == [0..<1, 1..<2, 2..<3])
    #expect(ShardPlan.blocks(shards: 7, workers: [2, 2, 2]) == [0..<2, 2..<5, 5..<7])
  }
}

@Suite struct ProcessExchangeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let processes: Int
    let shards: Int
    let active: Int
    let overlap: Bool
    var testDescription: String { "\(processes) processes, \(active) of \(shards) shards, overlap \(overlap)" }
  }

  static let cases = [(2, 8, 8), (3, 8, 8), (3, 8, 7), (4, 8, 3), (8, 8, 8), (5, 7, 6), (3, 5, 1)].flatMap { c in
    [false, true].map { Case(processes: c.0, shards: c.1, active: c.2, overlap: $0) }
  }

  /// Layers of several tiles, of one, of none, and so many processes that some own nothing of a bucket.
  static let entries = [0..<5000, 5008..<5020, 5024..<9000, 9008..<9009]
  static let layers = [0..<5024, 5024..<5024, 5024..<9008, 9008..<9024]
  static let count = 9024

  /// Sizes far apart: any other order of summation shows in the bits.
  private static let gradients: [[Float]] = (0..<8).map { shard in
    var random = RandomStream(seed: 3, stream: UInt64(shard))
    return (0..<count).map { Float(random.uniform() - 0.5) * ([1e-6, 1, 1e6] as [Float])[($0 + shard) % 3] }
  }

  /// A step as a process does it; returns the total and the tiles' sums.
  private static func step(_ group: any ProcessGroup, _ c: Case, rounds: Int) throws -> ([Float], [Double], Int, Int) {
    let workers = 2
    let blocks = ShardPlan.blocks(shards: c.shards, workers: Array(repeating: 1, count: c.processes))
    let local = SharedMemoryExchange(shards: blocks[group.rank], count: count)
    let tiling = Tiling(entries: entries)
    let statistics = UnsafeMutableBufferPointer<TileStatistics>.allocate(capacity: tiling.tiles.count)
    statistics.initialize(repeating: TileStatistics())
    defer { statistics.deallocate() }
    let exchange = ProcessExchange(
      group: group, blocks: blocks, local: local, layers: layers, tiling: tiling, statistics: statistics,
      workers: workers, bucketSize: 16)
    #expect(exchange.buckets.count == 2)
    let finish = { (tile: Int) in
      statistics[tile] = Reductions.finishGradient(
        local.total[tiling.tiles[tile].range], scale: 0.5, weights: nil, l1: 0, l2: 0)
    }
    var sent = 0
    for _ in 0..<rounds {
      let own = blocks[group.rank].filter { $0 < c.active }
      exchange.begin(active: c.active)
      for shard in own { local.gradient(ofShard: shard).copy(from: gradients[shard]) }
      for bucket in exchange.bucketIndices {
        for worker in 0..<workers {
          for node in exchange.ownNodes {
            for tile in exchange.tiles(ofBucket: bucket, worker: worker) {
              local.sum(tiling.tiles[tile].range, of: node)
            }
          }
          exchange.arrive(bucket: bucket)
        }
        if c.overlap { exchange.advance(finish) }
      }
      let before = group.traffic.bytesSent
      try exchange.complete(finish)
      sent = group.traffic.bytesSent - before
    }
    return (local.total.readOnly.array, statistics.map(\.squareSum), sent, exchange.bytesPerStep)
  }

  @Test(arguments: cases) func everyProcessHasTheBitsOfOne(c: Case) throws {
    // One process: the shared-memory exchange, and the tiles finished.
    let alone = SharedMemoryExchange(shards: 0..<c.shards, count: ProcessExchangeTests.count)
    for shard in 0..<c.active { alone.gradient(ofShard: shard).copy(from: ProcessExchangeTests.gradients[shard]) }
    let tiling = Tiling(entries: ProcessExchangeTests.entries)
    let squares = tiling.tiles.map { tile in
      Reductions.finishGradient(
        alone.sum(tile.range, active: c.active), scale: 0.5, weights: nil, l1: 0, l2: 0
      ).squareSum
    }
    let results = try ThreadGroup.run(c.processes) { try ProcessExchangeTests.step($0, c, rounds: 2) }
    #expect(results.count == c.processes)
    for (total, found, sent, expected) in results {
      for tile in tiling.tiles {
        let isSame = tile.range.allSatisfy { total[$0].bitPattern == alone.total[$0].bitPattern }
        #expect(isSame, "\(tile.range)")
      }
      #expect(found == squares)
      if c.active == c.shards, !c.overlap { #expect(sent == expected) }
    }
  }
}
