internal import NeuralNetwork

extension Constructor<any Layer> {
  static var bidirectional: Constructor {
    Constructor(
      Bidirectional.kind,
      keys: [
        Key("layer", .map(Grammar.recurrentLayers.form), .required, "The recurrent layer that goes both ways."),
        Key("merge_mode", .word(of: Bidirectional.MergeMode.self), "concat", "What becomes of the two outputs."),
        Grammar.layerName,
      ]
    ) {
      Bidirectional(
        Grammar.recurrentLayers.build($0.value("layer")), mergeMode: $0.word("merge_mode"), name: $0.layerName)
    }
  }
}
