internal import NeuralNetwork

extension Constructor<any Layer> {
  static var groupNormalization: Constructor {
    Constructor(
      GroupNormalization.kind,
      keys: [
        Key(
          "groups", .integer(-1...Grammar.extent.upperBound), "32",
          "Groups that the channels are cut into; -1: each channel by itself."),
        Grammar.epsilon("0.001"),
      ] + Grammar.centerAndScale + [Grammar.layerName]
    ) {
      GroupNormalization(
        groups: $0.integer("groups"), epsilon: $0.float("epsilon"), center: $0.isTrueOrAbsent("center"),
        scale: $0.isTrueOrAbsent("scale"), name: $0.layerName)
    }
  }
}
