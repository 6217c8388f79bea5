internal import NeuralNetwork

extension Constructor<any Layer> {
  static var flatten: Constructor {
    Constructor(Flatten.kind, keys: [Grammar.layerName]) { Flatten(name: $0.layerName) }
  }
}
