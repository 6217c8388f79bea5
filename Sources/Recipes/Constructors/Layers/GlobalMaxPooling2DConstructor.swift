internal import NeuralNetwork

extension Constructor<any Layer> {
  static var globalMaxPooling2D: Constructor {
    Constructor(GlobalMaxPooling2D.kind, keys: [Grammar.layerName]) { GlobalMaxPooling2D(name: $0.layerName) }
  }
}
