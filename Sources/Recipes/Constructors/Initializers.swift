internal import NeuralNetwork

extension Grammar {
  static let initializers = Registry("an initializer", initializerConstructors, definition: "kernel_initializer")

  static let biasInitializers = Registry(
    "an initializer", initializerConstructors, refused: ["orthogonal": "needs a matrix; a bias is a vector"],
    definition: "bias_initializer")

  private static let initializerConstructors: [Constructor<Initializer>] = {
    let normal = [
      Key("mean", .number(.any), "0", "Mean."),
      Key("stddev", .number(.notNegative), "0.05", "Standard deviation."),
    ]
    return [
      plain("zeros", .zeros), plain("ones", .ones),
      Constructor("constant", keys: [Key("value", .number(.any), "0", "Every element.")]) {
        .constant($0.number("value"))
      },
      Constructor(
        "random_uniform",
        keys: [
          Key("minval", .number(.any), "-0.05", "Lower bound."),
          Key("maxval", .number(.any), "0.05", "Upper bound."),
        ]
      ) {
        .randomUniform(minval: $0.number("minval"), maxval: $0.number("maxval"))
      },
      Constructor("random_normal", keys: normal) {
        .randomNormal(mean: $0.number("mean"), stddev: $0.number("stddev"))
      },
      Constructor("truncated_normal", keys: normal) {
        .truncatedNormal(mean: $0.number("mean"), stddev: $0.number("stddev"))
      },
      plain("glorot_uniform", .glorotUniform), plain("glorot_normal", .glorotNormal),
      plain("he_uniform", .heUniform), plain("he_normal", .heNormal),
      plain("lecun_uniform", .lecunUniform), plain("lecun_normal", .lecunNormal),
      Constructor("orthogonal", keys: [Key("gain", .number(.any), "1", "Factor.")]) {
        .orthogonal(gain: $0.number("gain"))
      },
    ]
  }()

  private static func plain(_ name: String, _ initializer: Initializer) -> Constructor<Initializer> {
    Constructor(name) { _ in initializer }
  }
}
