internal import NeuralNetwork

extension Constructor<any Layer> {
  static var reshape: Constructor {
    Constructor(
      Reshape.kind,
      keys: [
        Key(
          "target_shape", .list(.integer(-1...Grammar.extent.upperBound), atLeast: 1), .required,
          "Extents of a sample; one may be -1: what is left."), Grammar.layerName,
      ]
    ) { Reshape(targetShape: $0.list("target_shape").compactMap(\.integer), name: $0.layerName) }
  }
}
