/// A layer: an immutable description that owns no memory and knows no shapes.
///
/// What it does for inputs of given shapes is an `Operation`, which it makes when a network is built.
public protocol Layer: Sendable {
  /// Keras' class name, e.g. `BatchNormalization`.
  static var className: String { get }
  /// The recipe's name of the class, and what unnamed layers are called after, e.g. `batch_normalization`.
  static var kind: String { get }
  /// The package besides Keras itself that has the class, e.g. `keras_hub`; nil: Keras.
  static var package: String? { get }
  /// How many inputs it reads.
  static var arity: ClosedRange<Int> { get }

  /// The user's name; nil: called as Keras would.
  var name: String? { get }

  /// The arguments of Keras' class besides `name`, under Keras' names and in its order.
  var arguments: [LayerArgument] { get }

  /// What others want to know of a layer without knowing its type.
  var traits: LayerTraits { get }

  /// Whether the output at a position, of samples `[time, ...]`, depends on that position of the inputs and on earlier ones
  /// alone, and has as many positions: what a network needs that goes on with a text. In inference.
  func isCausal(for inputs: [Shape]) -> Bool

  /// - Throws: `NetworkError` if samples of those shapes do not fit.
  func operation(for inputs: [Shape]) throws -> any Operation

  /// What becomes of masks.
  var masking: Masking { get }

  /// The layer that this one wraps.
  var inner: (any Layer)? { get }
  /// The same around a layer of that name: what a network calls it, counted with its other layers.
  func naming(inner: String) -> any Layer
  /// The embedding whose table stands in the place of this layer's kernel, as weight 0 of its operation; nil: none.
  var tiedTo: String? { get }

  /// How Keras calls the layer with so many inputs; nil: with its one input, or with a list of them.
  func call(inputs: Int) -> LayerCall?

  /// The layer in two parts, if it ends with an activation: what a loss that computes from logits wants.
  var splitActivation: SplitActivation? { get }

  /// The layer with direct sums alone, where it has a faster way whose results differ in the last bits.
  var exact: any Layer { get }
}

extension Layer {
  public static var package: String? { nil }
  public static var arity: ClosedRange<Int> { 1...1 }
  public var arguments: [LayerArgument] { [] }
  public var traits: LayerTraits { LayerTraits() }
  public var splitActivation: SplitActivation? { nil }
  public var exact: any Layer { self }
  public var masking: Masking { .ends }
  public func isCausal(for inputs: [Shape]) -> Bool { false }
  public var inner: (any Layer)? { nil }

  /// Whether it adds a penalty on its output to the objective.
  public var hasActivityPenalty: Bool {
    inner?.hasActivityPenalty ?? false
      || arguments.contains {
        if $0.name.hasPrefix("activity"), case .regularizer(.some) = $0.value { true } else { false }
      }
  }
  public func naming(inner: String) -> any Layer { self }
  public var tiedTo: String? { nil }
  public func call(inputs: Int) -> LayerCall? { nil }
}

extension [Shape] {
  /// Whether all have an axis of time besides that of the features.
  var haveTime: Bool { allSatisfy { $0.extents.count >= 2 } }
}

/// What a layer is, for diagnosis, warnings and files.
public struct LayerTraits: Sendable {
  public enum Role: Sendable, Hashable {
    /// Multiplies by a matrix of weights.
    case kernel
    case normalization
    /// A function of each element, without weights.
    case activation
    /// Changes values in training only.
    case noise
    /// The same values in another shape.
    case reshaping
    /// Makes one tensor of several.
    case merging
    case other
  }

  public var role: Role
  /// Outputs of each position.
  public var units: Int?
  /// The function that the output has gone through.
  public var activation: ActivationFunction?
  /// Of the kernel.
  public var initializer: Initializer?
  public var regularizer: Regularizer?
  /// The share of its inputs that the layer zeroes in training.
  public var dropped: Float
  /// Of a layer that looks up whole numbers in a table: they go from 0 to one less than this.
  public var ids: Int?
  /// Of a layer that keeps a state from step to step of a sequence.
  public var recurrent: RecurrentTraits?

  public init(
    role: Role = .other, units: Int? = nil, activation: ActivationFunction? = nil, initializer: Initializer? = nil,
    regularizer: Regularizer? = nil, dropped: Float = 0
  ) {
    self.role = role
    self.units = units
    self.activation = activation
    self.initializer = initializer
    self.regularizer = regularizer
    self.dropped = dropped
  }
}

/// A layer's last activation, and the layer without it.
public struct SplitActivation: Sendable {
  public let function: ActivationFunction
  /// The activity penalty on the activation's output.
  public let regularizer: Regularizer?
  /// The layer without activation and penalty, with the same weights; nil: nothing is left of it.
  public let rest: (any Layer)?

  public init(_ function: ActivationFunction, regularizer: Regularizer? = nil, rest: (any Layer)?) {
    self.function = function
    self.regularizer = regularizer
    self.rest = rest
  }
}

/// How Keras calls a layer.
public struct LayerCall: Sendable {
  /// Of each argument without a keyword, the number of the input that it is.
  public let inputs: [Int]
  public let keywords: [LayerArgument]

  public init(inputs: [Int], keywords: [LayerArgument] = []) {
    self.inputs = inputs
    self.keywords = keywords
  }
}

/// An argument of a layer, under Keras' name.
public struct LayerArgument: Sendable {
  public enum Value: Sendable {
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case text(String)
    /// A list, e.g. a kernel's extents.
    case integers([Int])
    /// A list of lists, e.g. paddings before and behind each axis.
    case lists([[Int]])
    case numbers([Double])
    case activation(ActivationFunction)
    /// A layer in the layer, with its name.
    case layer(any Layer)
    /// nil: Keras' default, none.
    case regularizer(Regularizer?)
  }

  public let name: String
  public let value: Value

  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}
