internal import NeuralNetwork

extension Constructor<any Layer> {
  static var zeroPadding2D: Constructor {
    Constructor(
      ZeroPadding2D.kind,
      keys: [
        Key(
          "padding", .oneOrMore(.oneOrMore(.integer(0...Grammar.extent.upperBound))), "1",
          "A number for all sides, [rows, columns], or [[top, bottom], [left, right]]."), Grammar.layerName,
      ]
    ) {
      ZeroPadding2D(
        padding: $0.list("padding").map { ($0.list ?? [$0]).compactMap(\.integer) }, name: $0.layerName)
    }
  }
}
