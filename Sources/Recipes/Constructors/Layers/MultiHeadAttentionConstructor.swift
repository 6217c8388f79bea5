internal import NeuralNetwork

extension Constructor<any Layer> {
  static var multiHeadAttention: Constructor {
    Constructor(
      MultiHeadAttention.kind,
      keys: [
        Key("num_heads", .integer(Grammar.extent), .required, "Attention heads."),
        Key("key_dim", .integer(Grammar.extent), .required, "Width of a head's queries and keys."),
        Key("value_dim", .integer(Grammar.extent), .absent, "Width of a head's values. Default: `key_dim`."),
        Key("dropout", .number(.belowOne), "0", "Share of attention weights to zero in training."),
        Key("causal", .boolean, "false", "Whether a position sees itself and what is before it alone."),
        Key("use_bias", .boolean, "true", "Whether biases are added."),
        Key("kernel_initializer", .map(Grammar.initializers.form), "glorot_uniform", "How the kernels start."),
        Key("bias_initializer", .map(Grammar.biasInitializers.form), "zeros", "How the biases start."),
        Key("kernel_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the kernels."),
        Key("bias_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the biases."),
        Key(
          "activity_regularizer", .map(Grammar.regularizer), .absent,
          "Penalty on queries, keys, values and outputs, divided by the rows."),
        Grammar.layerName,
      ]
    ) {
      MultiHeadAttention(
        numHeads: $0.integer("num_heads"), keyDim: $0.integer("key_dim"), valueDim: $0["value_dim"]?.integer,
        dropout: $0.float("dropout"), causal: $0.boolean("causal"), useBias: $0.boolean("use_bias"),
        kernelInitializer: Grammar.initializers.build($0.value("kernel_initializer")),
        biasInitializer: Grammar.biasInitializers.build($0.value("bias_initializer")),
        kernelRegularizer: $0.regularizer("kernel_regularizer"), biasRegularizer: $0.regularizer("bias_regularizer"),
        activityRegularizer: $0.regularizer("activity_regularizer"), name: $0.layerName)
    }
  }
}
