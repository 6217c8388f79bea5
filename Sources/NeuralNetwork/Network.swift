public import Kernels

/// A graph of layers with shapes, and a loss at its end.
///
/// A network is a description: it owns no weights. They stand in flat vectors laid out by `layout`, and activations in
/// a `Workspace`.
public struct Network: Sendable {
  /// A layer at its place in the graph.
  public struct Place: Sendable {
    public let layer: any Layer
    public let name: String
    public let inputs: [Graph.Value]
    public let inputShapes: [Shape]
    public let output: Shape
    /// The layer's slices of the flat vectors, padding included.
    public let trainable: Range<Int>
    public let state: Range<Int>
    /// Multiplications a sample takes in a forward pass.
    public let multiplications: Int
    /// Number of the place whose first weight is this one's, too, before its own.
    public let tied: Int?

    /// Of the first input.
    public var input: Shape { inputShapes[0] }
  }

  /// Shapes of a sample's inputs.
  public let inputs: [Shape]
  /// The same with what the data call them.
  public let namedInputs: [NetworkInput]
  /// The user's graph: what layers there are and what each reads.
  public let graph: Graph
  /// One for each node of the graph.
  public let places: [Place]
  public let layout: ParameterLayout
  public let loss: any Loss

  /// What runs: the graph without a last sigmoid or softmax that the loss has in itself, with splits.
  let schedule: Schedule
  let objective: any Loss
  /// The activation that was split off (`linear` if none) and the activity penalty on its output.
  let link: ActivationFunction
  let linkRegularizer: Regularizer?

  /// A chain.
  ///
  /// - Throws: `NetworkError` if shapes do not fit, names repeat or there is nothing to build.
  public init(input: Shape, layers: [any Layer], loss: any Loss) throws {
    try self.init(inputs: [input], graph: Graph.chain(layers), loss: loss)
  }

  /// A list as a recipe has it.
  public init(input: Shape, layers: [ListedLayer], loss: any Loss) throws {
    try self.init(inputs: [input], graph: Graph(layers), loss: loss)
  }

  /// - Parameter inputs: shapes of a sample's inputs, by number.
  /// - Throws: `NetworkError` if shapes do not fit.
  public init(inputs: [Shape], graph: Graph, loss: any Loss) throws {
    let named = inputs.enumerated().map { number, shape in
      NetworkInput(graph.inputs.indices.contains(number) ? graph.inputs[number] : NetworkInput.sole, shape)
    }
    try self.init(inputs: named, graph: graph, loss: loss)
  }

  /// - Parameter named: a sample's inputs, in the graph's order.
  /// - Throws: `NetworkError` if shapes do not fit.
  init(inputs named: [NetworkInput], graph: Graph, loss: any Loss) throws {
    let inputs = named.map(\.shape)
    if let empty = inputs.first(where: { $0.count <= 0 }) {
      throw NetworkError("samples of shape \(empty) hold nothing")
    }
    let ties = try graph.ties()
    var layout = ParameterLayout()
    var places: [Place] = []
    for (number, node) in graph.nodes.enumerated() {
      let shapes = try node.inputs.map { value -> Shape in
        switch value {
        case .input(let input):
          guard inputs.indices.contains(input) else {
            throw NetworkError(layer: node.listed, "the data have no input \(input)")
          }
          return inputs[input]
        case .output(let source, _): return places[source].output
        }
      }
      let names = node.inputs.map { graph.name(of: $0) }
      let operation = try Network.operation(of: node, for: shapes, called: names)
      try ties[number].map { try Network.requireWidth(of: places[$0], as: shapes[0], tied: node) }
      let specs = operation.parameters
      for spec in specs where spec.shape.count < 2 {
        guard case .orthogonal = spec.initializer else { continue }
        throw NetworkError(
          layer: node.listed, "`\(spec.name)` of layer `\(node.name)` is a vector; `orthogonal` is for matrices")
      }
      let ranges = layout.append(layer: number, name: node.name, specs: specs)
      places.append(
        Place(
          layer: node.layer, name: node.name, inputs: node.inputs, inputShapes: shapes, output: operation.output,
          trainable: ranges.trainable, state: ranges.state, multiplications: operation.multiplications,
          tied: ties[number]))
    }
    guard let last = places.last, !last.output.extents.isEmpty else {
      throw NetworkError(layer: graph.nodes.last?.listed, "the network's output has no axis; a loss needs one")
    }
    self.inputs = inputs
    namedInputs = named
    self.graph = graph
    self.places = places
    self.layout = layout
    self.loss = loss
    let (running, split) = graph.splittingLastActivation(loss.fusedActivation)
    link = split?.function ?? .linear
    linkRegularizer = split?.regularizer
    objective = split == nil ? loss : loss.fromLogitsTwin
    schedule = try Schedule(
      running.insertingSplits(), inputs: inputs, masks: NetworkInput.masks(among: named), places: places,
      layout: layout, outputs: last.output.count,
      hasLink: split != nil)
  }

  /// Refuses an input that is not as wide as the vectors of the table that it is to be multiplied by.
  private static func requireWidth(of table: Place, as input: Shape, tied node: Graph.Node) throws {
    guard input.features != table.output.features else { return }
    throw NetworkError(
      layer: node.listed,
      "layer `\(node.name)` reads \(input.features) features, but the vectors of `\(table.name)`, which it is tied to, have "
        + "output_dim \(table.output.features): bring what it reads to \(table.output.features), by a `dense` layer before it"
    )
  }

  /// Refuses what no machine holds, before sizes are multiplied with rows and layers, beyond what an integer holds.
  private static func requireMeasurable(_ operation: any Operation) throws {
    func isBeyond(_ extents: [Int], _ limit: Int) -> Bool {
      var count = 1
      for extent in extents {
        let (product, overflows) = count.multipliedReportingOverflow(by: extent)
        if overflows || product > limit { return true }
        count = product
      }
      return false
    }
    for output in operation.outputs where isBeyond(output.extents, 1 << 40) {
      throw NetworkError("makes outputs of shape \(output), more than 2^40 numbers a sample; take smaller extents")
    }
    for spec in operation.parameters where isBeyond(spec.shape, 1 << 40) {
      throw NetworkError(
        "`\(spec.name)` of shape \(Shape(spec.shape)) has more than 2^40 numbers; take smaller extents")
    }
    guard operation.multiplications <= 1 << 44 else {
      throw NetworkError(
        "takes \(operation.multiplications) multiplications a sample, more than 2^44; take smaller extents")
    }
  }

  /// What a node does, with the layer's number in a failure.
  ///
  /// - Parameter names: what its inputs are called in a message.
  static func operation(of node: Graph.Node, for inputs: [Shape], called names: [String] = []) throws -> any Operation {
    do {
      let operation = try node.layer.operation(for: inputs)
      try requireMeasurable(operation)
      return operation
    } catch let error as NetworkError where error.layer == nil {
      throw NetworkError(layer: node.listed, "layer `\(node.name)`: \(error.description)")
    } catch let mismatch as ShapeMismatch {
      func found(_ number: Int) -> String {
        (names.indices.contains(number) ? "`\(names[number])` " : "") + "\(inputs[number])"
      }
      throw NetworkError(
        layer: node.listed,
        "layer `\(node.name)`: \(mismatch.expected), found \(found(mismatch.inputs.0)) and \(found(mismatch.inputs.1))")
    }
  }

  /// Of the first input.
  public var input: Shape { inputs[0] }

  /// Shape of a sample's output.
  public var output: Shape { places.last?.output ?? [] }
  /// Floats of a sample's output.
  public var outputs: Int { output.count }
  /// Places of a sample's output that each have a prediction: all axes but the last.
  public var positions: Int { max(1, outputs / max(1, output.features)) }

  /// Ways of computing that its layers have besides plain sums, each once, by name.
  public var methods: [String] { Set(schedule.operations.compactMap(\.operation.method)).sorted() }

  /// Layers that have a gradient: those with trainable weights, in order.
  public var trainableLayers: [Int] { places.indices.filter { !places[$0].trainable.isEmpty } }

  /// Kernels whose gradients `computeGradient` leaves as factors.
  public var factored: [FactoredPlace] { schedule.factored }
  /// Where activations are looked at, and the floats that a shard's figures of all of them take.
  public var probes: [ActivationProbe] { schedule.probes }
  public var probeWidth: Int { schedule.probeWidth }
  /// Figures that layers take of themselves, in the same figures.
  public var measured: [MeasuredPlace] { schedule.measured }
  /// Floats that a row carries from batch to batch; 0: nothing is carried.
  public var carriedWidth: Int { schedule.carriedWidth }
  /// Which of them are a layer's.
  public var carried: [CarriedPlace] { schedule.carried }
  /// Names of layers that neither read nor pass on the mask of what they read: from there on padding counts.
  public var losingMasks: [String] { schedule.losingMasks.map { places[$0].name } }
  /// Inputs that say which positions of the output count: those where any of them is not 0. Empty: all count.
  public var maskInputs: [Int] {
    guard let mask = schedule.mask, mask.positions == positions else { return [] }
    return mask.sources.sorted()
  }

  /// Fills the flat vectors with fresh weights: a pure function of the seed and the layout.
  public func initialize(trainable: MutableVector, state: MutableVector, seed: UInt64) {
    trainable.fill(0)
    state.fill(0)
    for (number, entry) in layout.trainable.enumerated() {
      var random = RandomStream(seed: seed, stream: UInt64(number) + 1)
      entry.spec.initializer.fill(
        trainable[entry.range], shape: entry.spec.shape, fans: entry.spec.fans, random: &random)
    }
    for (number, entry) in layout.state.enumerated() {
      var random = RandomStream(seed: seed, stream: UInt64(number) + 1_000_001)
      entry.spec.initializer.fill(state[entry.range], shape: entry.spec.shape, random: &random)
    }
  }
}
