/// Consecutive layers of the flat vector that travel together.
struct GradientBucket {
  let tiles: Range<Int>
  let floats: Range<Int>
  /// What each process owns: tiles, and floats.
  let pieces: [(tiles: Range<Int>, floats: Range<Int>)]
  /// What each worker of this process sums.
  let workerTiles: [Range<Int>]

  /// Cuts the flat vector into buckets, the last layers first.
  ///
  /// - Parameters:
  ///   - layers: each layer's range of the flat vector, in order; empty where it has no weights.
  ///   - size: floats of a bucket, at least, but for the first layers'.
  static func cut(
    layers: [Range<Int>], tiling: Tiling, processes: Int, workers: Int, size: Int
  ) -> [GradientBucket] {
    var buckets: [GradientBucket] = []
    var end = tiling.tiles.count
    let lowest = layers.firstIndex { !$0.isEmpty } ?? 0
    for layer in layers.indices.reversed() where !layers[layer].isEmpty {
      let start = tiling.tiles.firstIndex { $0.range.lowerBound >= layers[layer].lowerBound } ?? end
      guard start < end else { continue }
      let tiles = start..<end
      let floats = tiling.floats(of: tiles)
      guard floats.count >= size || layer == lowest else { continue }
      let pieces = (0..<processes).map { process in
        let piece = tiling.part(process, of: processes, in: tiles)
        return (tiles: piece, floats: tiling.floats(of: piece))
      }
      buckets.append(
        GradientBucket(
          tiles: tiles, floats: floats, pieces: pieces,
          workerTiles: (0..<workers).map { tiling.part($0, of: workers, in: tiles) }))
      end = start
    }
    return buckets
  }
}

extension Tiling {
  /// The floats from the first to the last of some tiles, padding between entries included.
  func floats(of tiles: Range<Int>) -> Range<Int> {
    guard !tiles.isEmpty else { return 0..<0 }
    return self.tiles[tiles.lowerBound].range.lowerBound..<self.tiles[tiles.upperBound - 1].range.upperBound
  }
}
