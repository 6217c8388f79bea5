internal import NeuralNetwork

extension Constructor<any Layer> {
  static var activation: Constructor {
    Constructor(
      Activation.kind,
      keys: [
        Key("function", .map(Grammar.activations.form), .required, "Applied to each element."), Grammar.layerName,
      ], shorthand: "function"
    ) {
      Activation(Grammar.activations.build($0.value("function")), name: $0.layerName)
    }
  }
}
