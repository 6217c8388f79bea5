internal import NeuralNetwork

extension Constructor<any Layer> {
  static var randomFlip: Constructor {
    Constructor(
      RandomFlip.kind,
      keys: [
        Key("mode", .word(of: RandomFlip.Mode.self), "horizontal", "What images are turned over."), Grammar.layerName,
      ]
    ) { RandomFlip(mode: $0.word("mode"), name: $0.layerName) }
  }
}
