internal import NeuralNetwork

extension Constructor<any Layer> {
  static var add: Constructor {
    Constructor(Add.kind, keys: [Grammar.layerName]) { Add(name: $0.layerName) }
  }
}
