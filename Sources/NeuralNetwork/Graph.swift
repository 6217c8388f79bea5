/// A layer as it stands in a list: with what it reads.
public struct ListedLayer: Sendable {
  /// What a layer can read.
  public enum Reading: Sendable, Hashable {
    /// A layer further up the list, or an input of the network; of equal names the layer.
    case named(String)
    /// The layer of this number in the list.
    case listed(Int)
    /// The first input of the network, whatever it is called.
    case firstInput
  }

  public let layer: any Layer
  /// nil: the layer before, or the first input.
  public let reads: [Reading]?
  /// What it reads by name; nil where it names nothing.
  public var inputs: [String]? {
    reads.map { $0.compactMap { if case .named(let name) = $0 { name } else { nil } } }
  }

  public init(_ layer: any Layer, reads: [Reading]?) {
    self.layer = layer
    self.reads = reads
  }

  /// - Parameter inputs: names of layers further up the list, or of the network's inputs; nil: the layer before, or the
  ///   first input.
  public init(_ layer: any Layer, inputs: [String]? = nil) {
    self.init(layer, reads: inputs.map { $0.map { .named($0) } })
  }
}

/// Layers and what each reads, down to one output. Knows no shapes.
///
/// Nodes stand in an order that follows from the output alone: what a node reads comes before it, first input first. The
/// order in which independent branches were listed changes nothing, neither weights nor random numbers; a chain keeps
/// its order.
public struct Graph: Sendable {
  /// What can be read: an input of the network, or an output of a node.
  public enum Value: Sendable, Hashable {
    case input(Int)
    case output(node: Int, number: Int = 0)
  }

  public struct Node: Sendable {
    public let layer: any Layer
    public let name: String
    public let inputs: [Value]
    /// Number of the layer in the list that it came from.
    public let listed: Int
  }

  public let nodes: [Node]
  public let output: Value
  /// Names of the network's inputs; empty: it has one without a name.
  public let inputs: [String]

  init(nodes: [Node], output: Value, inputs: [String] = []) {
    self.nodes = nodes
    self.output = output
    self.inputs = inputs
  }

  /// Layers that each read the one before.
  ///
  /// - Throws: `NetworkError` where there are none, or two of one name.
  public static func chain(_ layers: [any Layer]) throws -> Graph { try Graph(layers.map { ListedLayer($0) }) }

  /// - Parameters:
  ///   - list: the last is the output.
  ///   - inputs: names of the network's inputs; a layer without `inputs` at the head of the list reads the first.
  /// - Throws: `NetworkError` for a name that is not further up, a name twice, a wrong number of inputs, and an output
  ///   that nothing reads.
  public init(_ list: [ListedLayer], inputs: [String] = []) throws {
    guard !list.isEmpty else { throw NetworkError("a network needs at least one layer") }
    let layers = Graph.namingInner(list.map(\.layer))
    let names = try Graph.names(of: layers, besides: inputs)
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    var listed: [Node] = []
    for (number, entry) in list.enumerated() {
      let values: [Value] =
        try entry.reads.map { reads in
          try reads.map { try Graph.value($0, number, names: names, numbers: numbers, inputs: inputs) }
        } ?? [number == 0 ? .input(0) : .output(node: number - 1)]
      let arity = type(of: entry.layer).arity
      guard arity.contains(values.count) else {
        throw NetworkError(layer: number, Graph.misfit(names[number], arity, values.count))
      }
      listed.append(Node(layer: layers[number], name: names[number], inputs: values, listed: number))
    }
    try self.init(sorting: listed, inputs: inputs)
    _ = try ties()
  }

  /// The nodes that the last one needs, what each reads before it.
  private init(sorting listed: [Node], inputs names: [String]) throws {
    var order: [Int] = []
    var places: [Int?] = Array(repeating: nil, count: listed.count)
    // By hand, as a deep network would exhaust the stack.
    var stack = [(node: listed.count - 1, next: 0)]
    while let (node, next) = stack.popLast() {
      if places[node] != nil { continue }
      guard next < listed[node].inputs.count else {
        places[node] = order.count
        order.append(node)
        continue
      }
      stack.append((node, next + 1))
      if case .output(let source, _) = listed[node].inputs[next], places[source] == nil { stack.append((source, 0)) }
    }
    if let unread = places.firstIndex(where: { $0 == nil }) {
      throw NetworkError(
        layer: unread,
        "nothing reads the output of layer `\(listed[unread].name)`; name it in the `inputs` of a later layer, or leave it out"
      )
    }
    inputs = names
    nodes = order.map { number in
      let node = listed[number]
      let inputs = node.inputs.map { value -> Value in
        guard case .output(let source, let output) = value, let place = places[source] else { return value }
        return .output(node: place, number: output)
      }
      return Node(layer: node.layer, name: node.name, inputs: inputs, listed: number)
    }
    output = .output(node: nodes.count - 1)
  }

  /// Whether each node reads the one before and nothing else.
  public var isChain: Bool {
    nodes.enumerated().allSatisfy { number, node in
      node.inputs == [number == 0 ? .input(0) : .output(node: number - 1)]
    }
  }

  /// Names as Keras gives them: the user's, or the class's with _1, _2, ... for the second and later unnamed ones.
  static func names(of layers: [any Layer], besides inputs: [String] = []) throws -> [String] {
    var counter = NameCounter()
    var names: [String] = []
    var numbers: [String: Int] = [:]
    for (number, layer) in layers.enumerated() {
      if let inner = layer.inner { _ = counter.name(inner) }
      let name = counter.name(layer)
      if let other = numbers[name] {
        throw NetworkError(
          layer: number, "layers \(other + 1) and \(number + 1) are both called `\(name)`; names must differ")
      }
      if inputs.contains(name) {
        throw NetworkError(
          layer: number, "layer \(number + 1) is called `\(name)` like an input of the network; names must differ")
      }
      numbers[name] = number
      names.append(name)
    }
    return names
  }

  /// Layers within others are named and counted like those of the list: Keras makes the inner one first.
  private static func namingInner(_ layers: [any Layer]) -> [any Layer] {
    var counter = NameCounter()
    return layers.map { layer in
      let inner = layer.inner.map { counter.name($0) }
      _ = counter.name(layer)
      return inner.map { layer.naming(inner: $0) } ?? layer
    }
  }

  /// Counts unnamed layers by kind.
  private struct NameCounter {
    private var unnamed: [String: Int] = [:]

    mutating func name(_ layer: any Layer) -> String {
      if let name = layer.name { return name }
      let kind = type(of: layer).kind
      let count = unnamed[kind, default: 0]
      unnamed[kind] = count + 1
      return count == 0 ? kind : "\(kind)_\(count)"
    }
  }

  private static func value(
    _ reading: ListedLayer.Reading, _ number: Int, names: [String], numbers: [String: Int], inputs: [String]
  ) throws -> Value {
    switch reading {
    case .firstInput: return .input(0)
    case .listed(let source):
      precondition(source >= 0 && source < number, "layer \(number) reads layer \(source)")
      return .output(node: source)
    case .named(let name):
      guard let source = numbers[name] else {
        if let input = inputs.firstIndex(of: name) { return .input(input) }
        throw NetworkError(layer: number, "layer `\(names[number])` reads `\(name)`, but no layer is called so")
      }
      guard source < number else {
        throw NetworkError(
          layer: number,
          source == number
            ? "layer `\(name)` reads its own output; a layer reads layers further up the list"
            : "layer `\(names[number])` reads `\(name)`, which stands further down; a layer reads layers further up the list"
        )
      }
      return .output(node: source)
    }
  }

  private static func misfit(_ name: String, _ arity: ClosedRange<Int>, _ found: Int) -> String {
    let expected =
      arity.lowerBound == arity.upperBound
      ? "\(arity.lowerBound)" : arity.upperBound == .max ? "\(arity.lowerBound) or more" : "\(arity)"
    let remedy = arity.lowerBound > 1 ? "; name them: `inputs: [a, b]`" : ""
    return "layer `\(name)` has \(found) input\(found == 1 ? "" : "s"), but takes \(expected)\(remedy)"
  }
}
