internal import NeuralNetwork

extension Constructor<any Layer> {
  static var gaussianNoise: Constructor {
    Constructor(
      GaussianNoise.kind,
      keys: [
        Key("stddev", .number(.notNegative), .required, "Standard deviation of what is added in training."),
        Grammar.layerName,
      ]
    ) { GaussianNoise(stddev: $0.float("stddev"), name: $0.layerName) }
  }
}
