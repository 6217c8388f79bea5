import Testing

@testable import DataParallel

/// The tree of additions, cut at processes' borders; which process has which shards, and which worker which tiles.
@Suite struct ShardTreeTests {
  private func nodes(_ tree: ShardTree) -> [Range<Int>] { tree.nodes.map(\.shards) }
  private func pairs(_ tree: ShardTree) -> [[Int]] { tree.additions.map { [$0.left, $0.right] } }

  @Test func aProcessThatHoldsAllHasOneNode() {
    for active in [1, 2, 3, 5, 8] {
      let tree = ShardTree(active: active, blocks: [0..<8])
      #expect(nodes(tree) == [0..<active] && tree.additions.isEmpty && tree.ownNodes == [0..<1])
    }
    let none = ShardTree(active: 0, blocks: [0..<4, 4..<8])
    #expect(none.nodes.isEmpty && none.additions.isEmpty && none.ownNodes == [0..<0, 0..<0])
  }

  @Test func bordersCutTheTree() {
    let halves = ShardTree(active: 8, blocks: [0..<4, 4..<8])
    #expect(nodes(halves) == [0..<4, 4..<8] && pairs(halves) == [[0, 1]])
    let odd = ShardTree(active: 8, blocks: [0..<3, 3..<8])
    #expect(nodes(odd) == [0..<2, 2..<3, 3..<4, 4..<8])
    #expect(odd.nodes.map(\.process) == [0, 0, 1, 1] && odd.ownNodes == [0..<2, 2..<4])
    // 2 + 3, then (0 + 1) + (2 + 3), then both halves.
    #expect(pairs(odd) == [[1, 2], [0, 1], [0, 3]])
    let short = ShardTree(active: 5, blocks: [0..<4, 4..<8])
    #expect(nodes(short) == [0..<4, 4..<5] && pairs(short) == [[0, 1]])
    let idle = ShardTree(active: 3, blocks: [0..<4, 4..<8])
    #expect(nodes(idle) == [0..<3] && idle.ownNodes == [0..<1, 1..<1] && idle.additions.isEmpty)
  }

  /// Adds texts instead of numbers: what stands in parentheses is the order of the additions.
  private func added(_ shards: Range<Int>, _ active: Int) -> [String] {
    var values = (0..<active).map { "\($0)" }
    var distance = 1
    while distance < active {
      for shard in stride(from: 0, to: active, by: 2 * distance)
      where shards.contains(shard) && shards.contains(shard + distance) && shard + distance < active {
        values[shard] = "(\(values[shard])+\(values[shard + distance]))"
      }
      distance *= 2
    }
    return values
  }

  @Test(arguments: 1...17) func anyBordersGiveTheSameSum(active: Int) {
    let whole = added(0..<active, active)[0]
    for first in 1...17 {
      for second in first...18 {
        let tree = ShardTree(active: active, blocks: [0..<first, first..<second, second..<19].filter { !$0.isEmpty })
        var values = tree.nodes.map { added($0.shards, active)[$0.shards.lowerBound] }
        for addition in tree.additions {
          values[addition.left] = "(\(values[addition.left])+\(values[addition.right]))"
        }
        #expect(values[0] == whole, "\(active) shards, borders at \(first) and \(second)")
        #expect(tree.additions.count == tree.nodes.count - 1)
        // No two nodes of one process could be one.
        for (left, right) in zip(tree.nodes, tree.nodes.dropFirst()) where left.process == right.process {
          let size = left.shards.count
          #expect(
            left.shards.lowerBound % (2 * size) != 0 || right.shards.count < size && right.shards.upperBound < active)
        }
      }
    }
  }

  // MARK: Plan

  @Test func processesShareInProportionToTheirWorkers() {
    #expect(ShardPlan.blocks(shards: 8, workers: [1, 1]) == [0..<4, 4..<8])
    #expect(ShardPlan.blocks(shards: 8, workers: [3, 1]) == [0..<6, 6..<8])
    #expect(ShardPlan.blocks(shards: 8, workers: [1, 1, 1]) == [0..<3, 3..<5, 5..<8])
    #expect(ShardPlan.blocks(shards: 5, workers: [7]) == [0..<5])
    // At least one each, whatever the proportion.
    #expect(ShardPlan.blocks(shards: 4, workers: [100, 1, 1]) == [0..<2, 2..<3, 3..<4])
    #expect(ShardPlan.blocks(shards: 3, workers: [1, 100]) == [0..<1, 1..<3])
    #expect(ShardPlan.blocks(shards: 3, workers: [1, 1, 1]) == [0..<1, 1..<2, 2..<3])
    // To the nearest: 8 * 3 / 16 is 1.5, of which two are taken; 8 * 5 / 16 is 2.5.
    #expect(ShardPlan.blocks(shards: 8, workers: [3, 13]) == [0..<2, 2..<8])
    #expect(ShardPlan.blocks(shards: 8, workers: [5, 11]) == [0..<3, 3..<8])
  }

  @Test func aProcessDealsItsOwnShards() {
    let plan = ShardPlan(shards: 12, workers: 3)
    #expect((0..<3).map { plan.shards(ofWorker: $0, within: 3..<10) } == [3..<5, 5..<7, 7..<10])
    #expect((0..<3).map { plan.shards(ofWorker: $0) } == [0..<4, 4..<8, 8..<12])
    #expect((0..<3).map { plan.shards(ofWorker: $0, within: 5..<6) } == [5..<5, 5..<5, 5..<6])
  }

  @Test func rowsOfABlock() {
    let plan = ShardPlan(shards: 4, workers: 1)
    // 3, 3, 2 and 2 rows.
    #expect(plan.rows(of: 1..<3, batch: 10) == 5 && plan.rows(of: 0..<4, batch: 10) == 10)
    #expect(plan.rows(of: 0..<1, batch: 10) == 3 && plan.rows(of: 3..<4, batch: 10) == 2)
    #expect(plan.rows(of: 2..<2, batch: 10) == 0 && plan.rows(of: 0..<0, batch: 10) == 0)
    #expect(plan.rows(of: 2..<4, batch: 2) == 0)
  }

  // MARK: Tiles

  @Test func aFullTileFitsTheCacheAndTheLastIsShort() {
    let tiling = Tiling(entries: [0..<6000, 6000..<6000, 6000..<6010])
    #expect(tiling.tiles.map(\.range) == [0..<2048, 2048..<4096, 4096..<6000, 6000..<6010])
    #expect(tiling.tiles.map(\.entry) == [0, 0, 0, 2])
    #expect(tiling.entryTiles == [0..<3, 3..<3, 3..<4])
  }

  @Test func partsAreCutBehindTheTileThatReachesTheirShare() {
    let tiling = Tiling(entries: [0..<6000])
    // 3,000 floats are reached with the second tile.
    #expect((0..<2).map { tiling.part($0, of: 2, in: 0..<3) } == [0..<2, 2..<3])
    // 1,976 of the last two tiles' floats with the first of them.
    #expect((0..<2).map { tiling.part($0, of: 2, in: 1..<3) } == [1..<2, 2..<3])
    #expect(tiling.part(0, of: 1, in: 1..<3) == 1..<3 && tiling.part(0, of: 1, in: 2..<2) == 2..<2)
    // 2,000 and 4,000: with the first and the second tile.
    #expect((0..<3).map { tiling.part($0, of: 3, in: 0..<3) } == [0..<1, 1..<2, 2..<3])
    // More parts than tiles: a share that is reached exactly ends there.
    let even = Tiling(entries: [0..<4096])
    #expect((0..<4).map { even.part($0, of: 4, in: 0..<2) } == [0..<1, 1..<1, 1..<2, 2..<2])
    #expect((0..<2).map { even.part($0, of: 2, in: 0..<2) } == [0..<1, 1..<2])
  }
}
