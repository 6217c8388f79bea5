internal import NeuralNetwork

extension Constructor<any Layer> {
  static var layerNormalization: Constructor {
    Constructor(LayerNormalization.kind, keys: [Grammar.epsilon("0.001"), Grammar.layerName]) {
      LayerNormalization(epsilon: $0.float("epsilon"), name: $0.layerName)
    }
  }
}
