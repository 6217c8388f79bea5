internal import NeuralNetwork

extension Constructor<any Layer> {
  static var globalMaxPooling1D: Constructor {
    Constructor(GlobalMaxPooling1D.kind, keys: [Grammar.layerName]) { GlobalMaxPooling1D(name: $0.layerName) }
  }
}
