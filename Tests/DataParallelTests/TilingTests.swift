import DataParallel
import Testing

@Suite struct TilingTests {
  private static let layouts: [[Range<Int>]] = [
    [], [0..<1], [0..<2048], [0..<2049], [0..<5, 16..<16, 16..<5000, 5008..<5009],
    [0..<100_000, 100_000..<100_010, 100_016..<104_112, 104_112..<106_161],
    (0..<200).map { $0 * 16..<$0 * 16 + 3 },
  ]

  @Test(arguments: layouts)
  func tilesCoverTheEntriesOnce(_ entries: [Range<Int>]) {
    let tiling = Tiling(entries: entries)
    #expect(tiling.tiles.flatMap { Array($0.range) } == entries.flatMap(Array.init))
    #expect(tiling.entryTiles.flatMap(Array.init) == Array(tiling.tiles.indices))
    #expect(tiling.entryTiles.count == entries.count)
    for (entry, tiles) in tiling.entryTiles.enumerated() {
      for tile in tiling.tiles[tiles] {
        #expect(tile.entry == entry)
        #expect(!tile.range.isEmpty && tile.range.count <= Tiling.size)
        #expect(tile.range.lowerBound >= entries[entry].lowerBound)
        #expect(tile.range.upperBound <= entries[entry].upperBound)
        #expect((tile.range.lowerBound - entries[entry].lowerBound) % Tiling.size == 0)
      }
    }
  }

  @Test(arguments: layouts)
  func workersShareTheTiles(_ entries: [Range<Int>]) {
    let tiling = Tiling(entries: entries)
    let floats = tiling.tiles.reduce(0) { $0 + $1.range.count }
    for workers in [1, 2, 3, 4, 7, 16, 300] {
      let blocks = (0..<workers).map { tiling.tiles(ofWorker: $0, workers: workers) }
      #expect(blocks.flatMap(Array.init) == Array(tiling.tiles.indices))
      for block in blocks {
        let load = tiling.tiles[block].reduce(0) { $0 + $1.range.count }
        #expect(load <= floats / workers + 1 + Tiling.size)
      }
    }
  }
}
