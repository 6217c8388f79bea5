internal import Datasets

extension Constructor<DataSource> {
  static var makeRegression: Constructor {
    Constructor(
      "make_regression",
      keys: [
        Key("samples", .integer(Grammar.count), "100", "Rows."),
        Key("features", .integer(Grammar.extent), "100", "Columns of the features."),
        Key("informative", .integer(Grammar.extent), "10", "Features that the targets depend on."),
        Key("targets", .integer(Grammar.extent), "1", "Columns of the targets."),
        Key("bias", .number(.any), "0", "Constant term."),
        Key("noise", .number(.notNegative), "0", "Standard deviation of the noise."),
        Key("shuffle", .boolean, "true", "Whether rows and features are shuffled."), Grammar.randomState,
      ], summary: "A random linear regression problem, scikit-learn's make_regression."
    ) {
      DataSource(
        RegressionSource(
          samples: $0.integer("samples"), features: $0.integer("features"),
          informative: min($0.integer("informative"), $0.integer("features")), targets: $0.integer("targets"),
          bias: $0.number("bias"), noise: $0.number("noise"), shuffle: $0.boolean("shuffle"),
          randomState: $0.randomState))
    }
  }
}
