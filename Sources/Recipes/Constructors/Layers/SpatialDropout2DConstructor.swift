internal import NeuralNetwork

extension Constructor<any Layer> {
  static var spatialDropout2D: Constructor {
    Constructor(
      SpatialDropout2D.kind,
      keys: [Key("rate", .number(.belowOne), .required, "Share of channels to zero."), Grammar.layerName]
    ) {
      SpatialDropout2D(rate: $0.float("rate"), name: $0.layerName)
    }
  }
}
