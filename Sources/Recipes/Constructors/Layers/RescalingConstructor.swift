internal import NeuralNetwork

extension Constructor<any Layer> {
  static var rescaling: Constructor {
    Constructor(
      Rescaling.kind,
      keys: [
        Key("scale", .number(.any), .required, "Multiplies each value."),
        Key("offset", .number(.any), "0", "Added then."), Grammar.layerName,
      ]
    ) { Rescaling(scale: $0.float("scale"), offset: $0.float("offset"), name: $0.layerName) }
  }
}
