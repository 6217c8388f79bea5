internal import NeuralNetwork

extension Constructor<any RecurrentLayer> {
  static var lstm: Constructor {
    Constructor(
      LSTM.kind,
      keys: [RecurrentKeys.units] + RecurrentKeys.activations(gated: true)
        + [Key("unit_forget_bias", .boolean, "true", "Whether the bias of the forget gate starts at 1.")]
        + RecurrentKeys.rest + [Grammar.layerName]
    ) {
      LSTM($0.recurrent(gated: true), unitForgetBias: $0.boolean("unit_forget_bias"), name: $0.layerName)
    }
  }
}
