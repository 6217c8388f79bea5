internal import NeuralNetwork

extension Constructor<any Layer> {
  static var randomTranslation: Constructor {
    let share = Form.oneOrMore(.number(NumberRange(lower: -1, upper: 1)))
    return Constructor(
      RandomTranslation.kind,
      keys: [
        Key(
          "height_factor", share, .required, "Share of the height to move by, both ways, or [lowest, highest]; down."),
        Key("width_factor", share, .required, "Share of the width to move by, both ways, or [lowest, highest]; right."),
        Key("fill_mode", .word(of: RandomTranslation.FillMode.self), "constant", "What comes in from the edges: 0."),
        Grammar.layerName,
      ]
    ) {
      RandomTranslation(
        heightFactor: $0.list("height_factor").compactMap(\.number),
        widthFactor: $0.list("width_factor").compactMap(\.number), fillMode: $0.word("fill_mode"), name: $0.layerName)
    }
  }
}
