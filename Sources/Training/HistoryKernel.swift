internal import DataParallel
internal import NeuralNetwork

/// A kernel that the history has figures of, and the tiles that they are computed from.
struct HistoryKernel: Sendable {
  /// The layer's name where the layer has no other kernel, else `<layer>/<weight>`.
  let name: String
  /// Number among the layers with trainable weights.
  let layer: Int
  /// The kernel's tiles, and how many floats they hold.
  let tiles: Range<Int>
  let count: Double
  /// The tiles of the weights that belong to it too: up to the next kernel of the layer; of its first one, from the
  /// layer's start on.
  let all: Range<Int>

  /// A trainable weight, in the layout's order.
  struct Weight {
    let layer: Int
    let layerName: String
    let name: String
    let count: Int
    let tiles: Range<Int>

    /// `kernel`, `recurrent_kernel`, `query/kernel`.
    var isKernel: Bool { name == "kernel" || name.hasSuffix("_kernel") || name.hasSuffix("/kernel") }
  }

  static func all(of layout: ParameterLayout) -> [HistoryKernel] {
    let tiling = Tiling(entries: layout.trainable.map(\.range))
    return all(
      of: zip(layout.trainable, tiling.entryTiles).map { entry, tiles in
        Weight(
          layer: entry.layer, layerName: entry.layerName, name: entry.spec.name, count: entry.spec.count, tiles: tiles)
      })
  }

  /// The kernels of all layers, in order: what is called so, or the first weight of a layer that has none (gamma).
  static func all(of weights: [Weight]) -> [HistoryKernel] {
    var kernels: [HistoryKernel] = []
    var rest = weights[...]
    var layer = 0
    while let first = rest.first {
      let group = rest.prefix { $0.layer == first.layer }
      let named = group.indices.filter { group[$0].isKernel }
      let chosen = named.isEmpty ? [group.startIndex] : named
      for (at, kernel) in chosen.enumerated() {
        let begin = at == 0 ? group.startIndex : kernel
        let last = (at + 1 < chosen.count ? chosen[at + 1] : group.endIndex) - 1
        let weight = group[kernel]
        kernels.append(
          HistoryKernel(
            name: chosen.count == 1 ? weight.layerName : "\(weight.layerName)/\(weight.name)", layer: layer,
            tiles: weight.tiles, count: Double(weight.count),
            all: group[begin].tiles.lowerBound..<group[last].tiles.upperBound))
      }
      layer += 1
      rest = rest[group.endIndex...]
    }
    return kernels
  }
}
