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

@Suite struct ShardTreeTextTests {
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

  /// The arithmetic of a step: sums, and halves.
  private final class Halving: GradientWork, @unchecked Sendable {
    // Unchecked: a tile belongs to the worker that sums it, or to the exchange, which finishes it.
    let gradients: ShardGradients
    let tiling = Tiling(entries: entries)
    let statistics: UnsafeMutableBufferPointer<TileStatistics>

    init(shards: Range<Int>) {
      gradients = ShardGradients(shards: shards, count: count)
      statistics = .allocate(capacity: tiling.tiles.count)
      statistics.initialize(repeating: TileStatistics())
    }

    deinit { statistics.deallocate() }

    func sum(_ tiles: Range<Int>, of shards: Range<Int>, worker: Int, finishing: Bool) {
      for tile in tiles {
        gradients.sum(tiling.tiles[tile].range, of: shards)
        if finishing { finish(tile) }
      }
    }

    func finish(_ tile: Int) {
      statistics[tile] = Reductions.finishGradient(
        gradients.total[tiling.tiles[tile].range], scale: 0.5, weights: nil, l1: 0, l2: 0)
    }
  }

  /// Some workers that exchange what stands in the gradients.
  private final class Exchanging: TeamWork, @unchecked Sendable {
    // Unchecked: nothing of it is written in a run.
    let exchange: any GradientExchange
    let work: Halving
    let team: WorkerTeam

    init(_ exchange: any GradientExchange, _ work: Halving, workers: Int) throws {
      self.exchange = exchange
      self.work = work
      team = try WorkerTeam(count: workers)
    }

    func run(worker: Int) throws { try exchange.exchange(by: work, worker: worker, team: team) }

    func step(active: Int, records: Int) throws {
      exchange.begin(active: active, records: records)
      for shard in work.gradients.shards where shard < active {
        work.gradients.gradient(ofShard: shard).copy(from: gradients[shard])
      }
      try team.run(self)
    }
  }

  private struct Result {
    var total: [Float] = []
    var squares: [Double] = []
    var records: [[Int32]] = []
    var bytesSent = 0
    var bytesPerStep = 0
  }

  /// Two steps as a process does them. Of two kinds of records one alone is exchanged.
  private static func steps(_ group: any ProcessGroup, _ c: Case) throws -> Result {
    let blocks = ShardPlan.blocks(shards: c.shards, workers: Array(repeating: 1, count: c.processes))
    let work = Halving(shards: blocks[group.rank])
    let own = (0..<c.shards).map { blocks[group.rank].contains($0) ? Int32(100 + $0) : -1 }
    var (told, kept) = (own, own)
    var result = Result()
    try told.withUnsafeMutableBytes { first in
      try kept.withUnsafeMutableBytes { second in
        let exchange = ProcessExchange(
          group: group, blocks: blocks, gradients: work.gradients, layers: layers, tiling: work.tiling,
          statistics: work.statistics,
          records: [first, second].map { ShardRecords(memory: $0, shards: c.shards) }, workers: 2, bucketSize: 16)
        exchange.overlaps = c.overlap
        #expect(exchange.buckets.count == 2)
        let exchanging = try Exchanging(exchange, work, workers: 2)
        defer { exchanging.team.end() }
        for _ in 0..<2 {
          let before = group.traffic.bytesSent
          try exchanging.step(active: c.active, records: 1)
          result.bytesSent = group.traffic.bytesSent - before
        }
        result.bytesPerStep = exchange.cost?.bytesPerStep ?? 0
      }
    }
    result.total = work.gradients.total.readOnly.array
    result.squares = work.statistics.map(\.squareSum)
    result.records = [told, kept]
    return result
  }

  @Test(arguments: cases) func everyProcessHasTheBitsOfOne(c: Case) throws {
    // One process, whose workers share memory.
    let alone = Halving(shards: 0..<c.shards)
    let shared = SharedMemoryExchange(gradients: alone.gradients, tiling: alone.tiling, workers: 3)
    let exchanging = try Exchanging(shared, alone, workers: 3)
    defer { exchanging.team.end() }
    try exchanging.step(active: c.active, records: 0)
    #expect(shared.cost == nil)
    let total = alone.gradients.total.readOnly.array.map(\.bitPattern)
    let results = try ThreadGroup.run(c.processes) { try ProcessExchangeTests.steps($0, c) }
    #expect(results.count == c.processes)
    let blocks = ShardPlan.blocks(shards: c.shards, workers: Array(repeating: 1, count: c.processes))
    for (process, result) in results.enumerated() {
      for tile in alone.tiling.tiles {
        #expect(tile.range.allSatisfy { result.total[$0].bitPattern == total[$0] }, "\(tile.range)")
      }
      #expect(result.squares == alone.statistics.map(\.squareSum))
      // What stands behind the active shards is nobody's: it may travel or not.
      #expect(result.records[0].prefix(c.active) == ((0..<c.active).map { Int32(100 + $0) })[...])
      #expect(result.records[1] == (0..<c.shards).map { blocks[process].contains($0) ? Int32(100 + $0) : -1 })
      if c.active == c.shards, !c.overlap {
        let own = blocks[process].count * 4
        #expect(result.bytesSent == result.bytesPerStep + own * (c.processes - 1))
      }
    }
  }
}
