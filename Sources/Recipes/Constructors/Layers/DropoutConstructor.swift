internal import NeuralNetwork

extension Constructor<any Layer> {
  static var dropout: Constructor {
    Constructor(
      Dropout.kind,
      keys: [Key("rate", .number(.belowOne), .required, "Share of elements to zero."), Grammar.layerName]
    ) {
      Dropout(rate: $0.float("rate"), name: $0.layerName)
    }
  }
}
