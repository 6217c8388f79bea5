/// An input of a network: what it is called, and the shape of a sample.
public struct NetworkInput: Sendable, Hashable {
  public let name: String
  public let shape: Shape
  /// Whether it holds whole numbers that stand for something, not quantities.
  public let isWhole: Bool

  /// What the name of an input ends with that says which times of another count.
  public static let maskSuffix = "/mask"

  /// The input whose mask it is, `[time]`, not 0 where a time counts; nil: it is none.
  public var masked: String? {
    name.hasSuffix(NetworkInput.maskSuffix) ? String(name.dropLast(NetworkInput.maskSuffix.count)) : nil
  }

  /// What the input is called of data with one that nobody named.
  public static let sole = "features"

  public init(_ name: String, _ shape: Shape, isWhole: Bool = false) {
    self.name = name
    self.shape = shape
    self.isWhole = isWhole
  }

  /// Of each input, the number of the input that is its mask; nil: all its times count.
  static func masks(among inputs: [NetworkInput]) -> [Int?] {
    inputs.map { input in inputs.firstIndex { $0.masked == input.name } }
  }

  /// One that nobody named.
  public init(_ shape: Shape) { self.init(NetworkInput.sole, shape) }
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
    if let unread = graph.unreadInputs.first(where: { NetworkInput($0, []).masked == nil }) {
      throw NetworkError(
        "no layer reads the data's input `\(unread)`; make it the current tensor with `input: {name: \(unread)}`, name it in "
          + "a layer's `inputs`, or leave it out of the data")
    }
    try self.init(inputs: inputs, graph: graph, loss: loss)
  }

  /// Whether the data name their inputs: else there is one.
  public var hasNamedInputs: Bool { namedInputs.count > 1 || namedInputs[0].name != NetworkInput.sole }

  /// Of each input, the first layer that looks its numbers up in a table, perhaps of another shape; nil: none.
  public var lookups: [Graph.Node?] {
    inputs.indices.map { input in
      var reached: Set<Graph.Value> = [.input(input)]
      for (number, node) in graph.nodes.enumerated() where node.inputs.contains(where: reached.contains) {
        if node.layer.traits.ids != nil { return node }
        if node.layer.traits.role == .reshaping { reached.insert(.output(node: number)) }
      }
      return nil
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

  /// What a list reads that no layer of it is called: names of the network's inputs, each once.
  public static func inputNames(of list: [ListedLayer]) -> [String] {
    let called = Set((try? names(of: list.map(\.layer))) ?? [])
    var found: [String] = []
    for name in list.flatMap({ $0.inputs ?? [] }) where !called.contains(name) && !found.contains(name) {
      found.append(name)
    }
    return found
  }
}
