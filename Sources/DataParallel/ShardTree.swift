/// The fixed binary tree over shard numbers, cut at the processes' borders.
///
/// One process adds ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) ...: at each distance d = 1, 2, 4, ... shard s + d is added
/// to shard s for every multiple s of 2d. A process that holds a block of consecutive shards can do the additions that
/// lie inside it; what is left of it then are the *nodes* of the tree that lie inside the block and in no larger such
/// node. Whoever has the nodes of all processes does the other additions, in the same order: the same bits.
struct ShardTree: Sendable {
  /// A subtree: its first shard, where its sum stands, and the shards under it.
  struct Node: Sendable, Hashable {
    let shards: Range<Int>
    /// The process whose block it lies in.
    let process: Int
  }

  /// An addition that no process can do alone: node `right` is added to node `left`. Positions in `nodes`.
  struct Addition: Sendable, Hashable {
    let left: Int
    let right: Int
  }

  /// In the order of the shards.
  let nodes: [Node]
  /// Positions in `nodes` of each process's.
  let ownNodes: [Range<Int>]
  /// In the order of the tree; afterwards node 0 holds the whole sum.
  let additions: [Addition]

  /// - Parameters:
  ///   - active: shards that hold rows: the first ones.
  ///   - blocks: shards of each process, one after the other.
  init(active: Int, blocks: [Range<Int>]) {
    var nodes: [Node] = []
    var ownNodes: [Range<Int>] = []
    for (process, block) in blocks.enumerated() {
      let first = nodes.count
      var start = block.lowerBound
      let end = min(block.upperBound, active)
      while start < end {
        // The largest aligned subtree from here that the block holds whole; it may end early where the shards end.
        var size = 1
        while start % (2 * size) == 0, min(start + 2 * size, active) <= end, start + size < active { size *= 2 }
        let node = start..<min(start + size, active)
        nodes.append(Node(shards: node, process: process))
        start = node.upperBound
      }
      ownNodes.append(first..<nodes.count)
    }
    var positions: [Int: Int] = [:]
    for (position, node) in nodes.enumerated() { positions[node.shards.lowerBound] = position }
    var additions: [Addition] = []
    var distance = 1
    while distance < active {
      var shard = 0
      while shard + distance < active {
        // Where the right one is no node, both lie inside one.
        if let left = positions[shard], let right = positions[shard + distance] {
          additions.append(Addition(left: left, right: right))
        }
        shard += 2 * distance
      }
      distance *= 2
    }
    self.nodes = nodes
    self.ownNodes = ownNodes
    self.additions = additions
  }
}
