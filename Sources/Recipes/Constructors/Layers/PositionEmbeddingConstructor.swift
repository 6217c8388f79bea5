internal import NeuralNetwork

extension Constructor<any Layer> {
  static var positionEmbedding: Constructor {
    Constructor(
      PositionEmbedding.kind,
      keys: [
        Key("sequence_length", .integer(Grammar.extent), .required, "Positions that have a vector."),
        Key("initializer", .map(Grammar.initializers.form), "glorot_uniform", "How the vectors start."),
        Grammar.layerName,
      ]
    ) {
      PositionEmbedding(
        sequenceLength: $0.integer("sequence_length"), initializer: Grammar.initializers.build($0.value("initializer")),
        name: $0.layerName)
    }
  }
}
