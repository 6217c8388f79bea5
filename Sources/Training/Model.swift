public import Checkpointing
public import Kernels
public import NeuralNetwork

/// Moving statistics, which two models may have in common.
private final class StateMemory {
  let floats: AlignedBuffer

  init(count: Int) { floats = AlignedBuffer(count: count) }
}

/// A network and its weights.
public final class Model: @unchecked Sendable {
  // Unchecked: weights are written in the update phase of a step, tile by tile, and between steps by the one thread that
  // owns the model; see `TrainingStep`.
  public let network: Network
  private let trainableBuffer: AlignedBuffer
  private let stateMemory: StateMemory

  /// A network with fresh weights from `seed`.
  public init(_ network: Network, seed: UInt64) {
    NumericKernels.start()
    self.network = network
    trainableBuffer = AlignedBuffer(count: network.layout.trainableCount)
    stateMemory = StateMemory(count: network.layout.stateCount)
    network.initialize(trainable: parameters, state: state, seed: seed)
  }

  /// The network of `configuration` with the weights of `checkpoint`.
  ///
  /// - Throws: `NetworkError`, `CheckpointError` where they do not fit.
  public convenience init(_ configuration: TrainingConfiguration, checkpoint: Checkpoint) throws {
    let network = try Network(configuration, for: try checkpoint.inputs())
    try MemoryBudget.require(
      4 * network.layout.parameterCount, for: "a network of \(network.layout.parameterCount) weights",
      remedy: "free some, or use another machine")
    self.init(network, seed: configuration.seed)
    try WeightReader.read(
      network, from: checkpoint.file, name: checkpoint.path, trainable: parameters, state: state)
  }

  /// The same network with the same weights, in memory of its own.
  public init(copying other: Model) {
    network = other.network
    trainableBuffer = AlignedBuffer(count: network.layout.trainableCount)
    stateMemory = StateMemory(count: network.layout.stateCount)
    parameters.copy(from: other.parameters.readOnly)
    state.copy(from: other.state.readOnly)
  }

  /// The same network with the same weights in memory of their own, and the other's moving statistics themselves.
  init(sharingStateOf other: Model) {
    network = other.network
    trainableBuffer = AlignedBuffer(count: network.layout.trainableCount)
    stateMemory = other.stateMemory
    parameters.copy(from: other.parameters.readOnly)
  }

  /// Trainable weights, flat, laid out by `network.layout`.
  public var parameters: MutableVector { trainableBuffer.mutable }
  /// Moving statistics, flat.
  public var state: MutableVector { stateMemory.floats.mutable }

  /// One weight, by layer and name; nil if there is none of that name.
  public func weight(_ layer: String, _ name: String) -> MutableVector? {
    for entry in network.layout.trainable where entry.layerName == layer && entry.spec.name == name {
      return parameters[entry.range]
    }
    for entry in network.layout.state where entry.layerName == layer && entry.spec.name == name {
      return state[entry.range]
    }
    return nil
  }
}
