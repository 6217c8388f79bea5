internal import NeuralNetwork

extension Constructor<any Layer> {
  static var globalAveragePooling2D: Constructor {
    Constructor(GlobalAveragePooling2D.kind, keys: [Grammar.layerName]) { GlobalAveragePooling2D(name: $0.layerName) }
  }
}
