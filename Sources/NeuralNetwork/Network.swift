public import Kernels

/// An ordered chain of layers with a loss at its end.
///
/// A network is a description: it owns no weights. They stand in flat vectors laid out by `layout`, and activations in
/// a `Workspace`.
public struct Network: Sendable {
  /// A layer at its place. A class: a step takes each up some times, and copying a value would retain all it holds.
  public final class Place: Sendable {
    public let layer: any Layer
    public let name: String
    public let input: Shape
    public let output: Shape
    /// The layer's slices of the flat vectors, padding included.
    public let trainable: Range<Int>
    public let state: Range<Int>

    init(layer: any Layer, name: String, input: Shape, output: Shape, trainable: Range<Int>, state: Range<Int>) {
      self.layer = layer
      self.name = name
      self.input = input
      self.output = output
      self.trainable = trainable
      self.state = state
    }
  }

  public let input: Shape
  /// As the user gave them.
  public let places: [Place]
  public let layout: ParameterLayout
  public let loss: any Loss

  /// What runs: `places`, where a last sigmoid or softmax under the matching cross-entropy is split off.
  let steps: [Place]
  let objective: any Loss
  /// The activation that was split off (`linear` if none) and the activity penalty on its output.
  let link: ActivationFunction
  let linkRegularizer: Regularizer?
  /// Kernels whose gradients `computeGradient` leaves as factors.
  public let factored: [FactoredPlace]
  /// Where activations are looked at, and the floats that a shard's figures of all of them take.
  public let probes: [ActivationProbe]
  public let probeWidth: Int

  /// - Throws: `NetworkError` if shapes do not fit, names repeat or there is nothing to build.
  public init(input: Shape, layers: [any Layer], loss: any Loss) throws {
    guard !layers.isEmpty else { throw NetworkError("a network needs at least one layer") }
    guard input.count > 0 else { throw NetworkError("samples of shape \(input) hold nothing") }
    let names = try Network.names(of: layers)
    var layout = ParameterLayout()
    var places: [Place] = []
    var shape = input
    for (number, layer) in layers.enumerated() {
      let output = try layer.outputShape(for: shape)
      let specs = layer.parameters(for: shape)
      for spec in specs where spec.shape.count < 2 {
        guard case .orthogonal = spec.initializer else { continue }
        throw NetworkError(
          layer: number, "`\(spec.name)` of layer `\(names[number])` is a vector; `orthogonal` is for matrices")
      }
      let ranges = layout.append(layer: number, name: names[number], specs: specs)
      places.append(
        Place(
          layer: layer, name: names[number], input: shape, output: output, trainable: ranges.trainable,
          state: ranges.state))
      shape = output
    }
    guard shape.extents.count == 1 else {
      throw NetworkError(
        layer: layers.count - 1,
        "the network's output has shape \(shape); a loss needs one axis: add a flatten layer before the last dense one")
    }
    self.input = input
    self.places = places
    self.layout = layout
    self.loss = loss

    var steps = places
    var link = ActivationFunction.linear
    var linkRegularizer: Regularizer?
    if let fused = loss.fusedActivation, let last = places.last {
      if let dense = last.layer as? Dense, dense.activation == fused {
        link = fused
        linkRegularizer = dense.activityRegularizer
        steps[steps.count - 1] = Place(
          layer: dense.logits, name: last.name, input: last.input, output: last.output, trainable: last.trainable,
          state: last.state)
      } else if let activation = last.layer as? Activation, activation.function == fused, places.count > 1 {
        link = fused
        steps.removeLast()
      }
    }
    self.steps = steps
    self.link = link
    self.linkRegularizer = linkRegularizer
    objective = link == .linear ? loss : loss.fromLogitsTwin
    (probes, probeWidth) = Network.probes(of: steps)
    factored = Network.factored(steps, layout: layout)
  }

  public var outputs: Int { places.last?.output.count ?? 0 }

  /// Layers that have a gradient: those with trainable weights, in order.
  public var trainableLayers: [Int] { places.indices.filter { !places[$0].trainable.isEmpty } }

  /// Names as Keras gives them: the user's, or the class's with _1, _2, ... for the second and later unnamed ones.
  private static func names(of layers: [any Layer]) throws -> [String] {
    var unnamed: [String: Int] = [:]
    var names: [String] = []
    for (number, layer) in layers.enumerated() {
      let kind = type(of: layer).kind
      let count = unnamed[kind, default: 0]
      if layer.name == nil { unnamed[kind] = count + 1 }
      let name = layer.name ?? (count == 0 ? kind : "\(kind)_\(count)")
      if let other = names.firstIndex(of: name) {
        throw NetworkError(
          layer: number, "layers \(other + 1) and \(number + 1) are both called `\(name)`; names must differ")
      }
      names.append(name)
    }
    return names
  }

  /// Fills the flat vectors with fresh weights: a pure function of the seed and the layout.
  public func initialize(trainable: MutableVector, state: MutableVector, seed: UInt64) {
    trainable.fill(0)
    state.fill(0)
    for (number, entry) in layout.trainable.enumerated() {
      var random = RandomStream(seed: seed, stream: UInt64(number) + 1)
      entry.spec.initializer.fill(trainable[entry.range], shape: entry.spec.shape, random: &random)
    }
    for (number, entry) in layout.state.enumerated() {
      var random = RandomStream(seed: seed, stream: UInt64(number) + 1_000_001)
      entry.spec.initializer.fill(state[entry.range], shape: entry.spec.shape, random: &random)
    }
  }
}
