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
      Constructor(BinaryCrossentropy.name, keys: [fromLogits]) {
        BinaryCrossentropy(fromLogits: $0.boolean("from_logits"))
      },
      Constructor(CategoricalCrossentropy.name, keys: [fromLogits]) {
        CategoricalCrossentropy(fromLogits: $0.boolean("from_logits"))
      },
      Constructor(SparseCategoricalCrossentropy.name, keys: [fromLogits]) {
        SparseCategoricalCrossentropy(fromLogits: $0.boolean("from_logits"))
      },
    ])

  private static let fromLogits = Key(
    "from_logits", .boolean, "false", "Whether the network's outputs are logits, not probabilities.")
}
