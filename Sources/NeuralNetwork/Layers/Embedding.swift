internal import Kernels

/// y = E[x], one row of a table for each id.
///
/// x: `[rows, ...]` whole numbers from 0 to below `inputDim`, held as floats; E (`embeddings`): `[inputDim, outputDim]`;
/// y: `[rows, ..., outputDim]`. An id that is no row of the table gives NaN.
///
/// With `maskZero`, id 0 marks padding: its positions are masked from here on.
public struct Embedding: Layer {
  public static let className = "Embedding"
  public static let kind = "embedding"
  /// Beyond it not every id is exact as a float.
  public static let mostIds = TableLookup.mostRows

  public let inputDim: Int
  public let outputDim: Int
  public let initializer: Initializer
  public let regularizer: Regularizer?
  public let maskZero: Bool
  public let name: String?

  /// - Precondition: `0 < inputDim <= mostIds`, `outputDim > 0`.
  public init(
    inputDim: Int, outputDim: Int, initializer: Initializer = .randomUniform(), regularizer: Regularizer? = nil,
    maskZero: Bool = false, name: String? = nil
  ) {
    precondition(
      inputDim > 0 && inputDim <= Embedding.mostIds && outputDim > 0, "a table of \(inputDim) x \(outputDim)")
    self.inputDim = inputDim
    self.outputDim = outputDim
    self.initializer = initializer
    self.regularizer = regularizer
    self.maskZero = maskZero
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [
      LayerArgument("input_dim", .integer(inputDim)), LayerArgument("output_dim", .integer(outputDim)),
      LayerArgument("embeddings_regularizer", .regularizer(regularizer)),
      LayerArgument("mask_zero", .boolean(maskZero)),
    ]
  }

  public var traits: LayerTraits {
    var traits = LayerTraits(units: outputDim, initializer: initializer, regularizer: regularizer)
    traits.ids = inputDim
    return traits
  }

  public var masking: Masking { maskZero ? .starts : .ends }

  public func isCausal(for inputs: [Shape]) -> Bool { true }

  public func operation(for inputs: [Shape]) throws -> any Operation { EmbeddingOperation(self, input: inputs[0]) }
}

/// Weight 0 is the table.
struct EmbeddingOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let factoredKernels: [FactoredKernel]
  var backwardReads: BackwardReads { .inputs }
  private let entries: Int
  private let columns: Int

  init(_ layer: Embedding, input: Shape) {
    entries = layer.inputDim
    columns = layer.outputDim
    outputs = [Shape(input.extents + [layer.outputDim])]
    factoredKernels =
      FactoredKernel(parameter: 0, entries: entries, columns: columns, idsPerSample: input.count).map { [$0] } ?? []
    parameters = [
      ParameterSpec(
        "embeddings", shape: [layer.inputDim, layer.outputDim], initializer: layer.initializer,
        regularizer: layer.regularizer)
    ]
  }

  func forward(_ pass: ForwardPass) -> Double {
    TableLookup.lookUp(
      pass.input(0).vector, in: pass.parameter(0).matrix(rows: entries, columns: columns),
      into: pass.output(features: columns))
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let dy = pass.outputGradient(features: columns).readOnly
    if let kept = pass.panels(0) {
      kept[0..<dy.count].copy(from: dy.vector)
    } else {
      let gradient = pass.parameterGradient(0)
      if !pass.isStarted(0) { gradient.fill(0) }
      TableLookup.addRows(pass.input(0).vector, of: dy, to: gradient.matrix(rows: entries, columns: columns))
    }
    // Whole numbers have no derivative.
    pass.inputGradient(0)?.vector.fill(0)
  }
}
