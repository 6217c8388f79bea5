internal import NeuralNetwork

extension Constructor<any Layer> {
  static var maximum: Constructor {
    Constructor(Maximum.kind, keys: [Grammar.layerName]) { Maximum(name: $0.layerName) }
  }
}
