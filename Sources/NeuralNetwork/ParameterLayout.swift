internal import Kernels

/// One weight that a layer asks for.
public struct ParameterSpec: Sendable, Hashable {
  public enum Role: Sendable, Hashable {
    /// Has a gradient and is changed by the optimizer.
    case trainable
    /// Changed by the layer's own statistics, e.g. a moving mean.
    case state
  }

  /// Keras' name: `kernel`, `bias`, `gamma`, ...
  public let name: String
  public let shape: [Int]
  public let role: Role
  public let initializer: Initializer
  public let regularizer: Regularizer?
  /// What the weight sums over, and what reads one of its inputs, where that does not follow from the shape alone.
  public let fans: Initializer.Fans?

  public init(
    _ name: String, shape: [Int], role: Role = .trainable, initializer: Initializer, regularizer: Regularizer? = nil,
    fans: Initializer.Fans? = nil
  ) {
    self.name = name
    self.shape = shape
    self.role = role
    self.initializer = initializer
    self.regularizer = regularizer
    self.fans = fans
  }

  public var count: Int { shape.reduce(1, *) }

  /// Whether it multiplies: several axes, and no bias, which may have several too (one for each gate, or head).
  public var isMatrix: Bool { shape.count >= 2 && name != "bias" && !name.hasSuffix("/bias") }
}

/// Where every weight of a network stands: one flat vector of trainable weights, one of state.
///
/// Entries are in layer order, a layer's in the order it names them; each starts on a multiple of 16 floats (64 bytes).
/// Gradients and optimizer slots use the trainable vector's layout.
public struct ParameterLayout: Sendable {
  public struct Entry: Sendable {
    /// Number and name of the layer it belongs to.
    public let layer: Int
    public let layerName: String
    public let spec: ParameterSpec
    /// Where it stands in the flat vector of its role.
    public let range: Range<Int>
  }

  public private(set) var trainable: [Entry] = []
  public private(set) var state: [Entry] = []
  /// Floats of each flat vector, padding included.
  public private(set) var trainableCount = 0
  public private(set) var stateCount = 0

  init() {}

  /// Appends a layer's weights and returns where they begin and end in each vector.
  mutating func append(
    layer: Int, name: String, specs: [ParameterSpec]
  ) -> (trainable: Range<Int>, state: Range<Int>) {
    let starts = (trainableCount, stateCount)
    for spec in specs {
      switch spec.role {
      case .trainable:
        let range = trainableCount..<trainableCount + spec.count
        trainable.append(Entry(layer: layer, layerName: name, spec: spec, range: range))
        trainableCount += AlignedBuffer.padded(spec.count)
      case .state:
        let range = stateCount..<stateCount + spec.count
        state.append(Entry(layer: layer, layerName: name, spec: spec, range: range))
        stateCount += AlignedBuffer.padded(spec.count)
      }
    }
    return (starts.0..<trainableCount, starts.1..<stateCount)
  }

  /// Entries of one layer in Keras' order of weights: trainable ones, then state.
  public func entries(ofLayer layer: Int) -> [Entry] {
    trainable.filter { $0.layer == layer } + state.filter { $0.layer == layer }
  }

  /// The number of weights, without padding.
  public var parameterCount: Int { (trainable + state).reduce(0) { $0 + $1.spec.count } }
}
