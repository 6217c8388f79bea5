import DataParallel
import Testing

@Suite struct ShardPlanTests {
  @Test(arguments: [1, 2, 3, 7, 8, 16, 64], [1, 2, 3, 5, 16, 100])
  func rowsAndShardsAreCoveredOnce(shards: Int, workers: Int) {
    let plan = ShardPlan(shards: shards, workers: workers)
    for batch in [0, 1, 2, 7, 8, 9, 31, 32, 33, 100, 1000] {
      let ranges = (0..<shards).map { plan.rows(ofShard: $0, batch: batch) }
      #expect(ranges.flatMap(Array.init) == Array(0..<batch))
      let sizes = ranges.map(\.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
      // Larger ones first: so empty ones are last.
      #expect(sizes == sizes.sorted(by: >))
      #expect(plan.active(batch: batch) == sizes.filter { $0 > 0 }.count)
      #expect(plan.largest(batch: batch) == sizes.max())
    }
    let dealt = (0..<workers).map { plan.shards(ofWorker: $0) }
    #expect(dealt.flatMap(Array.init) == Array(0..<shards))
    let loads = dealt.map(\.count)
    #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 1)
  }

  @Test(arguments: [1, 2, 3, 8], [1, 2, 3, 7, 50]) func partsCoverAShardOnce(shards: Int, parts: Int) {
    let plan = ShardPlan(shards: shards, workers: 2, parts: parts)
    for batch in [1, 2, 7, 33, 100, 1000] {
      var largest = 0
      for shard in 0..<shards {
        let rows = plan.rows(ofShard: shard, batch: batch)
        let cut = (0..<parts).map { plan.rows(ofPart: $0, of: rows) }
        #expect(cut.flatMap(Array.init) == Array(rows))
        largest = max(largest, cut.map(\.count).max() ?? 0)
      }
      #expect(plan.largestPart(batch: batch) == largest)
      // No more rows at a time than a batch of that many would have.
      #expect(largest <= ShardPlan(shards: shards, workers: 1).largest(batch: (batch + parts - 1) / parts))
    }
  }

  /// Which rows are a shard belongs to the run, not to the machine.
  @Test func rowsDoNotDependOnTheWorkers() {
    for shard in 0..<8 {
      let ranges = [1, 3, 8, 20].map { ShardPlan(shards: 8, workers: $0).rows(ofShard: shard, batch: 61) }
      #expect(Set(ranges).count == 1)
    }
  }
}
