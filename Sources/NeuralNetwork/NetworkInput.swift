/// An input of a network: what it is called, and the shape of a sample.
public struct NetworkInput: Sendable, Hashable {
  public let name: String
  public let shape: Shape

  public init(_ name: String, _ shape: Shape) {
    self.name = name
    self.shape = shape
  }
}

extension Network {
  /// A list as a recipe has it, for samples with these inputs, bound by name.
  ///
  /// - Parameter inputs: in the data's order; a layer at the head of the list that names none reads the first.
  /// - Throws: `NetworkError` for what `Graph` refuses, shapes that do not fit, and an input that no layer reads.
  public init(inputs: [NetworkInput], layers: [ListedLayer], loss: any Loss) throws {
    var names = inputs.map(\.name)
    // One input alone need not be named, so that a layer may be called as it is.
    if names.count == 1, try Graph.names(of: layers.map(\.layer)).contains(names[0]) { names = [] }
    let graph = try Graph(layers, inputs: names)
    if let unread = graph.unreadInputs.first {
      throw NetworkError(
        "no layer reads the data's input `\(unread)`; make it the current tensor with `input: {name: \(unread)}`, name it in "
          + "a layer's `inputs`, or leave it out of the data")
    }
    try self.init(inputs: inputs.map(\.shape), graph: graph, loss: loss)
  }

  /// Name and shape of each input.
  public var namedInputs: [NetworkInput] {
    inputs.enumerated().map { number, shape in
      NetworkInput(graph.inputs.indices.contains(number) ? graph.inputs[number] : "features", shape)
    }
  }
}

extension Graph {
  /// What a value is called in a message.
  func name(of value: Value) -> String {
    switch value {
    case .input(let number): inputs.indices.contains(number) ? inputs[number] : "the data's input"
    case .output(let node, _): nodes[node].name
    }
  }

  /// Inputs that no layer reads.
  public var unreadInputs: [String] {
    let read = Set(nodes.flatMap(\.inputs))
    return inputs.indices.filter { !read.contains(.input($0)) }.map { inputs[$0] }
  }
}
