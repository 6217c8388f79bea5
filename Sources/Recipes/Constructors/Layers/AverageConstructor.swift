internal import NeuralNetwork

extension Constructor<any Layer> {
  static var average: Constructor {
    Constructor(Average.kind, keys: [Grammar.layerName]) { Average(name: $0.layerName) }
  }
}
