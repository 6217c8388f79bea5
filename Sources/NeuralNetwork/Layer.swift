public import Kernels

/// A layer: an immutable description that owns no memory.
///
/// Shapes and weights are asked for once, when a network is built; `forward` and `backward` then run over the rows of
/// one shard and allocate nothing. A layer's weights stand in its slice of the flat vectors in the order of
/// `parameters(for:)`, each entry on the next multiple of `AlignedBuffer.alignment`.
public protocol Layer: Sendable {
  /// Keras' class name, e.g. `BatchNormalization`.
  static var className: String { get }
  /// The recipe's name of the class, and what unnamed layers are called after, e.g. `batch_normalization`.
  static var kind: String { get }

  /// The user's name; nil: called as Keras would.
  var name: String? { get }

  /// - Throws: `NetworkError` if samples of that shape do not fit.
  func outputShape(for input: Shape) throws -> Shape

  func parameters(for input: Shape) -> [ParameterSpec]

  /// Floats to keep from forward to backward for `rows` samples.
  func scratchCount(for input: Shape, rows: Int) -> Int

  /// Computes the output of every row and returns the activity penalty summed over the rows (not divided).
  func forward(_ pass: ForwardPass) -> Double

  func backward(_ pass: BackwardPass)

  /// Asked for at setup: the layer's first parameter, where its gradient may be left as two factors.
  func factoredKernel(for input: Shape) -> FactoredKernel?

  /// Training under sharding: folds the statistics that the shards left in `ForwardPass.statistics` into the state.
  ///
  /// Called once a step after a healthy verdict, shards in shard order.
  /// - Parameters:
  ///   - state: the layer's slice, read and overwritten.
  ///   - statistics: one slice a shard, laid out like `state`.
  ///   - rows: samples of each shard.
  func updateState(_ state: MutableVector, statistics: (Int) -> Vector, rows: [Int])
}

extension Layer {
  public func outputShape(for input: Shape) throws -> Shape { input }
  public func parameters(for input: Shape) -> [ParameterSpec] { [] }
  public func scratchCount(for input: Shape, rows: Int) -> Int { 0 }
  public func factoredKernel(for input: Shape) -> FactoredKernel? { nil }
  public func updateState(_ state: MutableVector, statistics: (Int) -> Vector, rows: [Int]) {}
}

/// A matrix of weights, `[inputs, units]`, whose gradient is x^T dz: x, `[rows, inputs]`, is the layer's input, flat.
///
/// Where it is large, `backward` leaves it alone and hands over dz instead. The all-reduce then computes each part of
/// the sum over the shards once, instead of reading and adding what every shard has written.
public struct FactoredKernel: Sendable, Hashable {
  public let inputs: Int
  public let units: Int
  /// Rows of x a sample.
  public let rowsPerSample: Int

  /// nil where writing and adding the shards' products is no slower (measured on Zen 4: below some 65,000 weights).
  init?(inputs: Int, units: Int, rowsPerSample: Int) {
    guard NumericKernels.multipliesInPanels, inputs * units >= 1 << 16, units >= 32 else { return nil }
    self.inputs = inputs
    self.units = units
    self.rowsPerSample = rowsPerSample
  }
}

/// What a training pass over a shard depends on besides the data.
public struct TrainingPass: Sendable {
  /// Key of this run's and attempt's random numbers.
  public let key: UInt64
  /// Updates applied before this step.
  public let step: UInt32
  /// Number of the shard's first row in its batch.
  public let firstRow: UInt32

  public init(key: UInt64, step: UInt32, firstRow: UInt32) {
    self.key = key
    self.step = step
    self.firstRow = firstRow
  }
}

public struct ForwardPass {
  /// Number of the layer in its network.
  public let layer: Int
  /// Extent of the sample's last axis.
  public let features: Int
  /// Read, `[rows, input count]`.
  public let input: Matrix
  /// Overwritten, `[rows, output count]`.
  public let output: MutableMatrix
  /// Read: the layer's trainable weights.
  public let parameters: Vector
  /// Read: the layer's state.
  public let state: Vector
  /// Overwritten in training; `backward` gets it as it was left. Clobbered in inference.
  public let scratch: MutableVector
  /// Overwritten in training, laid out like `state`: this shard's own statistics. Nothing to write for most layers.
  public let statistics: MutableVector
  /// nil: inference.
  public let training: TrainingPass?

  /// The input with the last axis as columns: `[rows * leading extents, features]`.
  var flatInput: Matrix { input.vector.matrix(rows: input.count / features, columns: features) }
}

public struct BackwardPass {
  public let features: Int
  /// Read: what `forward` was given and made.
  public let input: Matrix
  public let output: Matrix
  public let parameters: Vector
  /// As `forward` left it; may be clobbered.
  public let scratch: MutableVector
  /// dL/d output of the sum over rows; may be clobbered. `[rows, output count]`
  public let outputGradient: MutableMatrix
  /// dL/d input: overwritten, `[rows, input count]`; nil for the first layer (saves a GEMM).
  public let inputGradient: MutableMatrix?
  /// dL/d parameters: overwritten where entries stand; padding is left alone.
  public let parameterGradient: MutableVector
  /// Not nil for a layer with a `factoredKernel`: overwritten with its dz (`packPanels`), and the kernel's part of
  /// `parameterGradient` is left alone.
  public var kernelPanels: MutableVector?

  var flatInput: Matrix { input.vector.matrix(rows: input.count / features, columns: features) }
}
