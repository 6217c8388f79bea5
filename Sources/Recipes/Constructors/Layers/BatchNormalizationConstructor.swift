internal import NeuralNetwork

extension Constructor<any Layer> {
  static var batchNormalization: Constructor {
    Constructor(
      BatchNormalization.kind,
      keys: [
        Key("momentum", .number(.unit), "0.99", "Share of the old moving statistics that a step keeps."),
        Grammar.epsilon("0.001"),
      ] + Grammar.centerAndScale + [Grammar.layerName]
    ) {
      BatchNormalization(
        momentum: $0.float("momentum"), epsilon: $0.float("epsilon"), center: $0.isTrueOrAbsent("center"),
        scale: $0.isTrueOrAbsent("scale"), name: $0.layerName)
    }
  }
}
