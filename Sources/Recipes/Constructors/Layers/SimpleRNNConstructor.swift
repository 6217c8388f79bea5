internal import NeuralNetwork

extension Constructor<any RecurrentLayer> {
  static var simpleRNN: Constructor {
    Constructor(
      SimpleRNN.kind,
      keys: [RecurrentKeys.units] + RecurrentKeys.activations(gated: false) + RecurrentKeys.rest + [Grammar.layerName]
    ) {
      SimpleRNN($0.recurrent(gated: false), name: $0.layerName)
    }
  }
}
