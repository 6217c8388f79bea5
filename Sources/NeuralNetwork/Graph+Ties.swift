extension Graph {
  /// Of each node, the one whose table it multiplies by in the place of a kernel of its own; nil: none.
  ///
  /// - Throws: `NetworkError` where that is no embedding further up the node's own path, or has other extents.
  func ties() throws -> [Int?] {
    try nodes.enumerated().map { number, node in
      guard let wanted = node.layer.tiedTo else { return nil }
      func refuse(_ why: String) -> NetworkError { NetworkError(layer: node.listed, "layer `\(node.name)` \(why)") }
      guard let source = nodes.firstIndex(where: { $0.name == wanted }) else {
        throw refuse("is tied to `\(wanted)`, but no layer is called so")
      }
      guard let ids = nodes[source].layer.traits.ids else {
        throw refuse("is tied to `\(wanted)`, which has no table: `tied_to` names an `embedding`")
      }
      guard depends(number, on: source) else {
        throw refuse("is tied to `\(wanted)`, but reads nothing that comes from it")
      }
      guard let units = node.layer.traits.units, units == ids else {
        throw refuse(
          "has \(node.layer.traits.units ?? 0) units, but is tied to `\(wanted)` of input_dim \(ids): make `units` \(ids)"
        )
      }
      return source
    }
  }

  /// Whether anything that node `number` reads comes from node `source`.
  private func depends(_ number: Int, on source: Int) -> Bool {
    var reached: Set<Int> = [source]
    guard source < number else { return false }
    for node in source + 1...number {
      let reads = nodes[node].inputs.contains {
        if case .output(let from, _) = $0 { reached.contains(from) } else { false }
      }
      if reads { reached.insert(node) }
    }
    return reached.contains(number)
  }
}
