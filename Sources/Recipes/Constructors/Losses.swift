internal import NeuralNetwork

extension Grammar {
  static let losses = Registry<any Loss>(
    "a loss",
    [
      Constructor(MeanSquaredError.name, aliases: ["mse"]) { _ in MeanSquaredError() },
      Constructor(MeanAbsoluteError.name, aliases: ["mae"]) { _ in MeanAbsoluteError() },
      Constructor(Huber.name, keys: [Key("delta", .number(.positive), "1", "Where squares turn into lines.")]) {
        Huber(delta: $0.float("delta"))
      },
      Constructor(LogCosh.name) { _ in LogCosh() },
      Constructor(BinaryCrossentropy.name, keys: [fromLogits, labelSmoothing]) {
        BinaryCrossentropy(
          fromLogits: $0.boolean("from_logits"), labelSmoothing: $0.smoothing)
      },
      Constructor(CategoricalCrossentropy.name, keys: [fromLogits, labelSmoothing]) {
        CategoricalCrossentropy(
          fromLogits: $0.boolean("from_logits"), labelSmoothing: $0.smoothing)
      },
      Constructor(SparseCategoricalCrossentropy.name, keys: [fromLogits, labelSmoothing]) {
        SparseCategoricalCrossentropy(
          fromLogits: $0.boolean("from_logits"), labelSmoothing: $0.smoothing)
      },
      Constructor(
        BinaryFocalCrossentropy.name, aliases: ["focal", "binary_focal"],
        keys: [
          Key(
            "apply_class_balancing", .boolean, "false", "Whether class 1 is weighted by alpha, class 0 by 1 - alpha."),
          Key("alpha", .number(.unit), "0.25", "Weight of class 1."), gamma, fromLogits, labelSmoothing,
        ]
      ) {
        BinaryFocalCrossentropy(
          applyClassBalancing: $0.boolean("apply_class_balancing"), alpha: $0.float("alpha"), gamma: $0.float("gamma"),
          fromLogits: $0.boolean("from_logits"), labelSmoothing: $0.smoothing)
      },
      Constructor(
        CategoricalFocalCrossentropy.name, aliases: ["categorical_focal"],
        keys: [alphas, gamma, fromLogits, labelSmoothing]
      ) {
        CategoricalFocalCrossentropy(
          alpha: $0.floats("alpha"), gamma: $0.float("gamma"), fromLogits: $0.boolean("from_logits"),
          labelSmoothing: $0.smoothing)
      },
      Constructor(
        SparseCategoricalFocalCrossentropy.name, aliases: ["sparse_categorical_focal"],
        keys: [alphas, gamma, fromLogits, labelSmoothing]
      ) {
        SparseCategoricalFocalCrossentropy(
          alpha: $0.floats("alpha"), gamma: $0.float("gamma"), fromLogits: $0.boolean("from_logits"),
          labelSmoothing: $0.smoothing)
      },
      Constructor(KLDivergence.name, aliases: ["kld"]) { _ in KLDivergence() },
      Constructor(Poisson.name) { _ in Poisson() },
      Constructor(
        Quantile.name,
        keys: [
          Key(
            "levels", .oneOrMore(.number(.inside)), "[0.1, 0.5, 0.9]", "Levels of the quantiles, one an output.")
        ]
      ) { Quantile(levels: $0.floats("levels")) },
      Constructor(Hinge.name) { _ in Hinge() },
      Constructor(SquaredHinge.name) { _ in SquaredHinge() },
      Constructor(MeanAbsolutePercentageError.name, aliases: ["mape"]) { _ in MeanAbsolutePercentageError() },
      Constructor(MeanSquaredLogarithmicError.name, aliases: ["msle"]) { _ in MeanSquaredLogarithmicError() },
      Constructor(CosineSimilarity.name) { _ in CosineSimilarity() },
    ])

  private static let fromLogits = Key(
    "from_logits", .boolean, "false", "Whether the network's outputs are logits, not probabilities.")
  private static let labelSmoothing = Key(
    "label_smoothing", .number(.unit), .absent, "How far targets are drawn towards an even distribution.")
  private static let gamma = Key(
    "gamma", .number(.notNegative), "2", "How much rows that are right already are held down.")
  private static let alphas = Key(
    "alpha", .oneOrMore(.number(.notNegative)), "0.25", "Weight of all classes, or a list of one weight a class.")
}

extension RecipeValue {
  /// Without it targets stay as they are; it has no default, so that recipes which do not know it stay as they were.
  fileprivate var smoothing: Float { self["label_smoothing"]?.number.map(Float.init) ?? 0 }

  fileprivate func floats(_ key: String) -> [Float] { list(key).compactMap(\.number).map(Float.init) }
}
