internal import NeuralNetwork

extension Constructor<any Layer> {
  static var multiply: Constructor {
    Constructor(Multiply.kind, keys: [Grammar.layerName]) { Multiply(name: $0.layerName) }
  }
}
