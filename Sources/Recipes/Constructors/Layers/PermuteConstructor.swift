internal import NeuralNetwork

extension Constructor<any Layer> {
  static var permute: Constructor {
    Constructor(
      Permute.kind,
      keys: [
        Key(
          "dims", .list(.integer(1...8), atLeast: 1), .required,
          "Axes of a sample, from 1, in the order that the output has them."), Grammar.layerName,
      ]
    ) { Permute(dims: $0.list("dims").compactMap(\.integer), name: $0.layerName) }
  }
}
