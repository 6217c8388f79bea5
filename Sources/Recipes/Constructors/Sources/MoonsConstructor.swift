internal import Datasets

extension Constructor<DataSource> {
  static var makeMoons: Constructor {
    Constructor(
      "make_moons",
      keys: [
        Key("samples", .integer(Grammar.count), "100", "Rows."),
        Key("noise", .number(.notNegative), "0", "Standard deviation of the noise."),
        Key("shuffle", .boolean, "true", "Whether rows are shuffled."), Grammar.randomState,
      ], summary: "Two interleaved half circles, scikit-learn's make_moons."
    ) {
      DataSource(
        MoonsSource(
          samples: $0.integer("samples"), noise: $0.number("noise"), shuffle: $0.boolean("shuffle"),
          randomState: $0.randomState))
    }
  }
}
