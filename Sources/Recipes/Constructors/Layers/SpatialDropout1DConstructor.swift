internal import NeuralNetwork

extension Constructor<any Layer> {
  static var spatialDropout1D: Constructor {
    Constructor(
      SpatialDropout1D.kind,
      keys: [Key("rate", .number(.belowOne), .required, "Share of channels to zero."), Grammar.layerName]
    ) {
      SpatialDropout1D(rate: $0.float("rate"), name: $0.layerName)
    }
  }
}
