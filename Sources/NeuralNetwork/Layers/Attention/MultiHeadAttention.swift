/// y = sum over heads of softmax(Q K^T / sqrt(keyDim)) V W_o + b_o, where Q = x W_q + b_q, K = v W_k + b_k, V = v W_v + b_v.
///
/// x (query): `[rows, queries, features]`, v (value): `[rows, keys, its features]`; with one input v is x. W_q
/// (`query/kernel`): `[features, heads, keyDim]`, W_k, W_v (`key/kernel`, `value/kernel`): `[its features, heads, keyDim or
/// valueDim]`, W_o (`attention_output/kernel`): `[heads, valueDim, features]`; y: x's shape.
///
/// Where the inputs have masks, keys that do not count have no weight. A query that is left without a key, as all that do
/// not count themselves, gets the mean of all V; zeros where there is dropout: so does Keras.
///
/// Vaswani et al.: Attention is all you need, 2017.
public struct MultiHeadAttention: Layer {
  public static let className = "MultiHeadAttention"
  public static let kind = "multi_head_attention"
  public static let arity = 1...2

  public let numHeads: Int
  public let keyDim: Int
  public let valueDim: Int
  /// Share of the attention weights that are zeroed in training.
  public let dropout: Float
  /// Whether a query sees keys up to its own position alone.
  public let causal: Bool
  public let useBias: Bool
  public let kernelInitializer: Initializer
  public let biasInitializer: Initializer
  public let kernelRegularizer: Regularizer?
  public let biasRegularizer: Regularizer?
  /// On Q, K, V and y, as Keras has it.
  public let activityRegularizer: Regularizer?
  public let name: String?

  /// - Parameter valueDim: nil: `keyDim`.
  /// - Precondition: extents > 0, `0 <= dropout < 1`.
  public init(
    numHeads: Int, keyDim: Int, valueDim: Int? = nil, dropout: Float = 0, causal: Bool = false, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, name: String? = nil
  ) {
    precondition(min(numHeads, keyDim, valueDim ?? 1) > 0, "\(numHeads) heads of \(keyDim)")
    precondition(dropout >= 0 && dropout < 1, "a dropout of \(dropout)")
    self.numHeads = numHeads
    self.keyDim = keyDim
    self.valueDim = valueDim ?? keyDim
    self.dropout = dropout
    self.causal = causal
    self.useBias = useBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
    self.kernelRegularizer = kernelRegularizer
    self.biasRegularizer = biasRegularizer
    self.activityRegularizer = activityRegularizer
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [
      LayerArgument("num_heads", .integer(numHeads)), LayerArgument("key_dim", .integer(keyDim)),
      LayerArgument("value_dim", .integer(valueDim)), LayerArgument("dropout", .number(Double(dropout))),
      LayerArgument("use_bias", .boolean(useBias)),
      LayerArgument("kernel_regularizer", .regularizer(kernelRegularizer)),
      LayerArgument("bias_regularizer", .regularizer(biasRegularizer)),
      LayerArgument("activity_regularizer", .regularizer(activityRegularizer)),
    ]
  }

  public func call(inputs: Int) -> LayerCall? {
    LayerCall(
      inputs: inputs == 1 ? [0, 0] : [0, 1], keywords: causal ? [LayerArgument("use_causal_mask", .boolean(true))] : [])
  }

  public var traits: LayerTraits {
    LayerTraits(initializer: kernelInitializer, regularizer: kernelRegularizer)
  }

  public var masking: Masking { .first }
  public func isCausal(for inputs: [Shape]) -> Bool { causal && inputs.count == 1 && inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    for shape in inputs where shape.extents.count != 2 {
      throw NetworkError("multi_head_attention takes samples of [time, features], found \(shape)")
    }
    return AttentionOperation(self, query: inputs[0], value: inputs.count > 1 ? inputs[1] : nil)
  }
}
