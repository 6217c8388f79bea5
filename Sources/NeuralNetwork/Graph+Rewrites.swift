internal import Kernels

/// Rewrites: from the graph that the user wrote to the one that runs. Nodes keep the user's names and numbers in the
/// list; a node is only ever replaced or left out, or one without weights put in.
extension Graph {
  /// The graph without its last activation, where `function` is what it ends with and the loss has that in itself.
  ///
  /// - Returns: the graph as it is, and nil, where it ends otherwise.
  func splittingLastActivation(_ function: ActivationFunction?) -> (graph: Graph, split: SplitActivation?) {
    guard let function, let last = nodes.last, let split = last.layer.splitActivation, split.function == function else {
      return (self, nil)
    }
    if let rest = split.rest {
      let node = Node(layer: rest, name: last.name, inputs: last.inputs, listed: last.listed)
      return (Graph(nodes: nodes.dropLast() + [node], output: output, inputs: inputs), split)
    }
    // What is left would be the network's input alone, or something that others read too.
    guard last.inputs.count == 1, let source = last.inputs.first, case .output = source else { return (self, nil) }
    return (Graph(nodes: nodes.dropLast(), output: source, inputs: inputs), split)
  }

  /// A graph in which each output of a node has one reader: where it has k > 1, a `Split` with k outputs stands between.
  ///
  /// The split's backward pass adds the k gradients in the readers' order, so a reader may overwrite the gradient that
  /// it writes, and the sum's bits do not depend on who runs first. Inputs of the network have no gradient and need none.
  func insertingSplits() -> Graph {
    var readers: [Value: Int] = [:]
    for node in nodes {
      for value in node.inputs { readers[value, default: 0] += 1 }
    }
    var result: [Node] = []
    var renamed: [Value: Value] = [:]
    var taken: [Value: Int] = [:]
    // The output itself has one reader, the loss: a node that others read is never the last.
    func reading(_ value: Value) -> Value {
      guard let new = renamed[value] else { return value }
      guard readers[value, default: 0] > 1, case .output(let split, _) = new else { return new }
      defer { taken[value, default: 0] += 1 }
      return .output(node: split, number: taken[value, default: 0])
    }
    for (number, node) in nodes.enumerated() {
      result.append(Node(layer: node.layer, name: node.name, inputs: node.inputs.map(reading), listed: node.listed))
      let value = Value.output(node: number)
      renamed[value] = .output(node: result.count - 1)
      guard let count = readers[value], count > 1 else { continue }
      result.append(
        Node(
          layer: Split(readers: count), name: node.name, inputs: [.output(node: result.count - 1)], listed: node.listed)
      )
      renamed[value] = .output(node: result.count - 1)
    }
    return Graph(nodes: result, output: reading(output), inputs: inputs)
  }
}
