internal import NeuralNetwork

extension Constructor<any Layer> {
  static var concatenate: Constructor {
    Constructor(
      Concatenate.kind,
      keys: [
        Key("axis", .integer(-8...8), "-1", "Axis to join along, as Keras counts: 0 is the batch, -1 the last."),
        Grammar.layerName,
      ]
    ) { Concatenate(axis: $0.integer("axis"), name: $0.layerName) }
  }
}
