internal import NeuralNetwork

extension Constructor<any Layer> {
  static var rmsNormalization: Constructor {
    Constructor(RMSNormalization.kind, keys: [Grammar.epsilon("1e-6"), Grammar.layerName]) {
      RMSNormalization(epsilon: $0.float("epsilon"), name: $0.layerName)
    }
  }
}
