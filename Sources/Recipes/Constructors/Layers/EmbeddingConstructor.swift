internal import NeuralNetwork

extension Constructor<any Layer> {
  static var embedding: Constructor {
    Constructor(
      Embedding.kind,
      keys: [
        Key("input_dim", .integer(1...Embedding.mostIds), .required, "Ids, from 0 to one less."),
        Key("output_dim", .integer(Grammar.extent), .required, "Numbers that stand for an id."),
        Key(
          "embeddings_initializer", .map(Grammar.initializers.form), "random_uniform", "How the table starts."),
        Key("embeddings_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the table."),
        Key("mask_zero", .boolean, "false", "Whether id 0 marks padding, whose positions are left out."),
        Grammar.layerName,
      ]
    ) {
      Embedding(
        inputDim: $0.integer("input_dim"), outputDim: $0.integer("output_dim"),
        initializer: Grammar.initializers.build($0.value("embeddings_initializer")),
        regularizer: $0.regularizer("embeddings_regularizer"), maskZero: $0.boolean("mask_zero"), name: $0.layerName)
    }
  }
}
