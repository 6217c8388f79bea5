internal import NeuralNetwork

extension Constructor<any RecurrentLayer> {
  static var gru: Constructor {
    Constructor(
      GRU.kind,
      keys: [RecurrentKeys.units] + RecurrentKeys.activations(gated: true)
        + [Key("reset_after", .boolean, "true", "Whether the state is reset after the product with the kernel.")]
        + RecurrentKeys.rest + [Grammar.layerName]
    ) {
      GRU($0.recurrent(gated: true), resetAfter: $0.boolean("reset_after"), name: $0.layerName)
    }
  }
}
