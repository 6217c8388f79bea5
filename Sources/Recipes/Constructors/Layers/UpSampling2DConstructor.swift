internal import NeuralNetwork

extension Constructor<any Layer> {
  static var upSampling2D: Constructor {
    Constructor(
      UpSampling2D.kind,
      keys: [
        Key(
          "size", .oneOrMore(.integer(Grammar.extent)), "2",
          "How often rows and columns are repeated; one alone is that of both."), Grammar.layerName,
      ]
    ) { UpSampling2D(size: $0.extents("size"), name: $0.layerName) }
  }
}
