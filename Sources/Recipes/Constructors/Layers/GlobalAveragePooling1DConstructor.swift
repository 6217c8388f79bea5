internal import NeuralNetwork

extension Constructor<any Layer> {
  static var globalAveragePooling1D: Constructor {
    Constructor(GlobalAveragePooling1D.kind, keys: [Grammar.layerName]) { GlobalAveragePooling1D(name: $0.layerName) }
  }
}
