internal import Kernels

/// What a layer does for inputs of given shapes: shapes, weights and memory it asks for, and the two passes.
///
/// Shapes, weights and memory are asked for once, when a network is built; `forward` and `backward` then run over the
/// rows of one shard and allocate nothing. They find their operands by number in the pass: inputs in the layer's order,
/// trainable weights and state in the order of `parameters`.
public protocol Operation: Sendable {
  /// One for each output; all layers but the internal split have one.
  var outputs: [Shape] { get }
  var parameters: [ParameterSpec] { get }
  /// Memory that lasts from forward to backward.
  var kept: MemorySize { get }
  /// Memory that lasts for one pass, in `forward` and again in `backward`.
  var scratch: MemorySize { get }
  /// What `backward` reads besides weights, what it kept and the output's gradient. What nobody reads later shares its
  /// memory with others.
  var backwardReads: BackwardReads { get }
  /// Whether the passes read `mask`.
  var readsMasks: Bool { get }
  /// Figures that it takes of itself.
  var measurements: [Measurement] { get }
  /// Floats a row that last from one batch to the next: the state of a recurrent layer that goes on where the batch before
  /// ended.
  var carried: Int { get }
  /// What the operation can do in place: then no memory and no pass over it is spent on a copy.
  var inPlace: InPlace { get }
  /// Trainable weights whose gradients may be left as two factors.
  var factoredKernels: [FactoredKernel] { get }
  /// The function that the output has gone through, where its flat regions and dead units are worth a figure.
  var activation: ActivationFunction? { get }
  /// Multiplications a sample takes in `forward`.
  var multiplications: Int { get }
  /// A way of computing whose results differ from plain sums in the last bits; nil: plain sums.
  var method: String? { get }

  /// Computes the output of every row and returns the activity penalty summed over the rows (not divided).
  func forward(_ pass: ForwardPass) -> Double

  func backward(_ pass: BackwardPass)

  /// Training under sharding: folds the statistics that the shards left in `ForwardPass.statistics` into the state.
  ///
  /// Called once a step after a healthy verdict.
  func updateState(_ pass: StatePass)
}

extension Operation {
  public var parameters: [ParameterSpec] { [] }
  public var kept: MemorySize { MemorySize() }
  public var scratch: MemorySize { MemorySize() }
  public var backwardReads: BackwardReads { [] }
  public var readsMasks: Bool { false }
  public var measurements: [Measurement] { [] }
  public var carried: Int { 0 }
  public var inPlace: InPlace { [] }
  public var factoredKernels: [FactoredKernel] { [] }
  public var activation: ActivationFunction? { nil }
  public var multiplications: Int { 0 }
  public var method: String? { nil }
  public func updateState(_ pass: StatePass) {}

  /// The shape of the only output.
  public var output: Shape { outputs[0] }
}

/// Floats for some rows: so many a row, and some besides.
public struct MemorySize: Sendable, Hashable {
  public var perRow: Int
  public var fixed: Int

  public init(perRow: Int = 0, fixed: Int = 0) {
    self.perRow = perRow
    self.fixed = fixed
  }

  public func count(rows: Int) -> Int { rows * perRow + fixed }
}

/// What a backward pass reads of its forward pass.
public struct BackwardReads: OptionSet, Sendable, Hashable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let inputs = BackwardReads(rawValue: 1)
  public static let output = BackwardReads(rawValue: 2)
}

/// What an operation can do in place, element by element.
public struct InPlace: OptionSet, Sendable, Hashable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// `output` may be the memory of input 0, where nobody else reads that.
  public static let output = InPlace(rawValue: 1)
  /// `output` is input 0, float by float: it is its memory, whoever else reads that.
  public static let view = InPlace(rawValue: 4)
  /// `inputGradient(0)` may be the memory of `outputGradient`.
  public static let gradient = InPlace(rawValue: 2)
}

/// A large weight, `[inputs, units]`, whose gradient is not written by each shard: `backward` leaves it alone and hands
/// over what it is made of.
///
/// The all-reduce then computes each part of the sum over the shards once, instead of reading and adding what every shard
/// has written.
public struct FactoredKernel: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// x^T dz: x, `[rows, inputs]`, is the layer's first input, flat. Handed over: dz (`packPanels`).
    case product
    /// dy's rows, each added to the row of the table that the layer's first input, flat, names. Handed over: dy.
    case lookup
  }

  public let kind: Kind
  /// Its number among the layer's trainable weights.
  public let parameter: Int
  public let inputs: Int
  public let units: Int
  /// Rows of x, or ids, a sample.
  public let rowsPerSample: Int

  /// A product. nil where writing and adding the shards' products is no slower (measured on Zen 4: below some 65,000
  /// weights).
  public init?(parameter: Int, inputs: Int, units: Int, rowsPerSample: Int) {
    guard NumericKernels.multipliesInPanels, inputs * units >= 1 << 16, units >= 32 else { return nil }
    self.init(.product, parameter, inputs, units, rowsPerSample)
  }

  /// A table that is looked up. nil where it is small: then each shard writes its own gradient of it.
  public init?(parameter: Int, entries: Int, columns: Int, idsPerSample: Int) {
    guard entries * columns >= 1 << 16 else { return nil }
    self.init(.lookup, parameter, entries, columns, idsPerSample)
  }

  private init(_ kind: Kind, _ parameter: Int, _ inputs: Int, _ units: Int, _ rowsPerSample: Int) {
    self.kind = kind
    self.parameter = parameter
    self.inputs = inputs
    self.units = units
    self.rowsPerSample = rowsPerSample
  }

  /// Columns of the layer's input as the sum takes it.
  var columns: Int { kind == .product ? inputs : 1 }

  /// Floats a sample of what is handed over.
  var keptCount: Int {
    switch kind {
    case .product: panelCount(rows: rowsPerSample, columns: units)
    case .lookup: LookupSum.keptCount(rows: rowsPerSample, units: units)
    }
  }

  /// Floats that the sum clobbers.
  ///
  /// - Parameter rows: samples of all shards together.
  public func scratchCount(rows: Int, shards: Int) -> Int {
    switch kind {
    case .product: ProductSum.scratchCount(rows: rows * rowsPerSample)
    case .lookup: LookupSum.scratchCount(shards: shards, units: units)
    }
  }

  func makeSum(shards: Int) -> any FactoredSum {
    switch kind {
    case .product: ProductSum(inputs: inputs, units: units, shards: shards)
    case .lookup: LookupSum(entries: inputs, units: units, shards: shards)
    }
  }
}
