extension Graph {
  /// Of each node, whether a path from what it depends on to the output goes around it: a short cut, or a branch beside it.
  /// What reaches the layers before it in a backward pass then does not all come through it.
  public var bypassed: [Bool] {
    // Which of the network's inputs each value depends on; two nodes have an ancestor in common where they share one.
    var depends: [Set<Int>] = []
    func inputs(of value: Value) -> Set<Int> {
      switch value {
      case .input(let number): [number]
      case .output(let node, _): depends[node]
      }
    }
    // A read that reaches over a node, from before it to behind it, is part of a path around it.
    var changes: [Int: [Int]] = [:]
    for (number, node) in nodes.enumerated() {
      depends.append(node.inputs.reduce(into: []) { $0.formUnion(inputs(of: $1)) })
      for value in node.inputs {
        let source = if case .output(let node, _) = value { node } else { -1 }
        guard source + 1 < number else { continue }
        for input in inputs(of: value) {
          changes[input, default: Array(repeating: 0, count: nodes.count + 1)][source + 1] += 1
          changes[input]?[number] -= 1
        }
      }
    }
    var result = Array(repeating: false, count: nodes.count)
    for (input, steps) in changes {
      var open = 0
      for number in nodes.indices {
        open += steps[number]
        if open > 0, depends[number].contains(input) { result[number] = true }
      }
    }
    return result
  }
}
