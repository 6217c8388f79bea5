internal import Kernels

/// y_t = P_t: a vector for each position, the same for every row, to be added to what stands there.
///
/// x: `[rows, ..., time, features]`, read for its shape alone; P (`position_embeddings`): `[sequenceLength, features]`, of
/// which the first `time` are used; y: x's shape. KerasHub's layer.
public struct PositionEmbedding: Layer {
  public static let className = "PositionEmbedding"
  public static let kind = "position_embedding"
  public static let package: String? = "keras_hub"

  public let sequenceLength: Int
  public let initializer: Initializer
  public let name: String?

  /// - Precondition: `sequenceLength > 0`.
  public init(sequenceLength: Int, initializer: Initializer = .glorotUniform, name: String? = nil) {
    precondition(sequenceLength > 0, "\(sequenceLength) positions")
    self.sequenceLength = sequenceLength
    self.initializer = initializer
    self.name = name
  }

  public var arguments: [LayerArgument] { [LayerArgument("sequence_length", .integer(sequenceLength))] }

  public var traits: LayerTraits { LayerTraits(initializer: initializer) }
  /// KerasHub's layer loses it.
  public var masking: Masking { .ends }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    guard inputs[0].extents.count >= 2 else {
      throw NetworkError("position_embedding needs samples of [time, features], found \(inputs[0])")
    }
    let time = inputs[0].extents[inputs[0].extents.count - 2]
    guard time <= sequenceLength else {
      throw NetworkError(
        "position_embedding has \(sequenceLength) positions, but samples have \(time): make `sequence_length` \(time)")
    }
    return PositionEmbeddingOperation(self, shape: inputs[0], time: time)
  }
}

/// Weight 0 is the positions' vectors.
struct PositionEmbeddingOperation: Operation {
  let shape: Shape
  let parameters: [ParameterSpec]
  var outputs: [Shape] { [shape] }
  /// Floats that are used of the table.
  private let used: Int

  init(_ layer: PositionEmbedding, shape: Shape, time: Int) {
    self.shape = shape
    used = time * shape.features
    parameters = [
      ParameterSpec(
        "position_embeddings", shape: [layer.sequenceLength, shape.features], initializer: layer.initializer)
    ]
  }

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output.byLastAxis(used)
    let table = pass.parameter(0)[0..<used]
    for block in 0..<y.rows { y.row(block).copy(from: table) }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let gradient = pass.parameterGradient(0)
    gradient.fill(0)
    Elementwise.addColumnSums(of: pass.outputGradient.byLastAxis(used).readOnly, to: gradient[0..<used])
    // The output does not depend on the input.
    pass.inputGradient(0)?.vector.fill(0)
  }
}
