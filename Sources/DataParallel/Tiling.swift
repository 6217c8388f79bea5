/// Fixed tiles of the flat vector: what reduce and update passes work by.
///
/// A tile lies inside one entry, so its statistics belong to one weight, and is small enough for the first-level cache.
/// Tiles do not depend on the number of workers: partial statistics are combined in tile order.
public struct Tiling: Sendable {
  public struct Tile: Sendable, Hashable {
    public let range: Range<Int>
    public let entry: Int
  }

  /// Floats of a full tile: gradient, weight, two slots and scratch of 2,048 floats fill 40 KB.
  public static let size = 2048

  public let tiles: [Tile]
  /// Tiles of each entry.
  public let entryTiles: [Range<Int>]

  /// - Parameter entries: ranges of the flat vector, one a weight, in order.
  public init(entries: [Range<Int>]) {
    var tiles: [Tile] = []
    var entryTiles: [Range<Int>] = []
    for (entry, range) in entries.enumerated() {
      let first = tiles.count
      var start = range.lowerBound
      while start < range.upperBound {
        let end = min(start + Tiling.size, range.upperBound)
        tiles.append(Tile(range: start..<end, entry: entry))
        start = end
      }
      entryTiles.append(first..<tiles.count)
    }
    self.tiles = tiles
    self.entryTiles = entryTiles
  }

  /// The contiguous block of tiles that a worker owns, about equal in floats.
  public func tiles(ofWorker worker: Int, workers: Int) -> Range<Int> { part(worker, of: workers, in: tiles.indices) }

  /// Part `number` of `range` cut into `parts` contiguous blocks, about equal in floats.
  func part(_ number: Int, of parts: Int, in range: Range<Int>) -> Range<Int> {
    let total = tiles[range].reduce(0) { $0 + $1.range.count }
    func boundary(_ part: Int) -> Int {
      let wanted = total * part / parts
      var sum = 0
      for index in range {
        if sum >= wanted { return index }
        sum += tiles[index].range.count
      }
      return range.upperBound
    }
    return
      (number == 0 ? range.lowerBound : boundary(number))..<(number == parts - 1
      ? range.upperBound : boundary(number + 1))
  }
}
