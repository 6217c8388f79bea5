internal import NeuralNetwork

extension Constructor<any Layer> {
  static var layerNormalization: Constructor {
    Constructor(
      LayerNormalization.kind, keys: [Grammar.epsilon("0.001")] + Grammar.centerAndScale + [Grammar.layerName]
    ) {
      LayerNormalization(
        epsilon: $0.float("epsilon"), center: $0.isTrueOrAbsent("center"), scale: $0.isTrueOrAbsent("scale"),
        name: $0.layerName)
    }
  }
}
