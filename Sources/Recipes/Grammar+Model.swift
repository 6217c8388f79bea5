extension Grammar {
  static let model = MapForm(
    what: "a model",
    keys: [
      Key("layers", .list(.map(layer), atLeast: 1), .required, "From input to output."),
      Key(
        "initial_weights", .text(.notEmpty), .absent,
        "Weights to start from: a checkpoint, or a .h5, .weights.h5 or .keras file; by layer name and shape, else in order."
      ),
    ])

  static let layer = MapForm.oneOf(
    "a layer",
    [
      (
        "dense",
        [
          Key("units", .integer(extent), .required, "Outputs."),
          Key("activation", .map(activation), "linear", "Applied to the outputs."),
          Key("use_bias", .boolean, "true", "Whether a bias is added."),
          Key("kernel_initializer", .map(initializer()), "glorot_uniform", "How the kernel starts."),
          Key(
            "bias_initializer", .map(initializer(refused: ["orthogonal": "needs a matrix; a bias is a vector"])),
            "zeros", "How the bias starts."),
          Key("kernel_regularizer", .map(regularizer), .absent, "Penalty on the kernel."),
          Key("bias_regularizer", .map(regularizer), .absent, "Penalty on the bias."),
          Key("activity_regularizer", .map(regularizer), .absent, "Penalty on the outputs, divided by the rows."),
          layerName,
        ]
      ),
      ("activation", [Key("function", .map(activation), .required, "Applied to each element."), layerName]),
      (
        "batch_normalization",
        [
          Key("momentum", .number(.unit), "0.99", "Share of the old moving statistics that a step keeps."),
          epsilon("0.001"),
          layerName,
        ]
      ),
      ("layer_normalization", [epsilon("0.001"), layerName]),
      ("dropout", [Key("rate", .number(.belowOne), .required, "Share of elements to zero."), layerName]),
      ("flatten", [layerName]),
    ])

  private static let layerName = Key(
    "name", .text(.layerName), .absent, "Default: as Keras would call it, `dense`, `dense_1`, ...")

  static func epsilon(_ preset: Key.Preset) -> Key {
    Key("epsilon", .number(.positive), preset, "Keeps a divisor from 0.")
  }

  static let activation = MapForm.oneOf(
    "an activation",
    [
      ("linear", []), ("sigmoid", []), ("tanh", []), ("relu", []),
      ("leaky_relu", [Key("negative_slope", .number(.notNegative), "0.2", "Slope below 0.")]),
      ("elu", []), ("selu", []), ("gelu", []), ("silu", []), ("softplus", []), ("softsign", []), ("softmax", []),
    ], definition: "activation")

  static func initializer(refused: [String: String] = [:]) -> MapForm {
    let mean = Key("mean", .number(.any), "0", "Mean.")
    let stddev = Key("stddev", .number(.notNegative), "0.05", "Standard deviation.")
    let choices: [(name: String, arguments: [Key])] = [
      ("zeros", []), ("ones", []),
      ("constant", [Key("value", .number(.any), "0", "Every element.")]),
      (
        "random_uniform",
        [
          Key("minval", .number(.any), "-0.05", "Lower bound."),
          Key("maxval", .number(.any), "0.05", "Upper bound."),
        ]
      ),
      ("random_normal", [mean, stddev]), ("truncated_normal", [mean, stddev]),
      ("glorot_uniform", []), ("glorot_normal", []), ("he_uniform", []), ("he_normal", []),
      ("lecun_uniform", []), ("lecun_normal", []),
      ("orthogonal", [Key("gain", .number(.any), "1", "Factor.")]),
    ]
    return .oneOf(
      "an initializer", choices.filter { refused[$0.name] == nil }, refused: refused,
      definition: refused.isEmpty ? "kernel_initializer" : "bias_initializer")
  }

  static let regularizer = MapForm(
    what: "a regularizer",
    keys: [
      Key("l1", .number(.notNegative), "0", "Factor of the sum of magnitudes."),
      Key("l2", .number(.notNegative), "0", "Factor of the sum of squares."),
    ], definition: "regularizer")

  private static let fromLogits = Key(
    "from_logits", .boolean, "false", "Whether the network's outputs are logits, not probabilities.")

  static let loss = MapForm.oneOf(
    "a loss",
    [
      ("mean_squared_error", []), ("mean_absolute_error", []),
      ("huber", [Key("delta", .number(.positive), "1", "Where squares turn into lines.")]),
      ("log_cosh", []),
      ("binary_crossentropy", [fromLogits]), ("categorical_crossentropy", [fromLogits]),
      ("sparse_categorical_crossentropy", [fromLogits]),
    ], aliases: ["mse": "mean_squared_error", "mae": "mean_absolute_error"])

  static let metricNames = [
    "accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "mean_absolute_error",
    "mean_squared_error", "root_mean_squared_error", "auc", "precision", "recall", "f1_score", "r2_score",
  ]
  static let metricAliases = [
    "mae": "mean_absolute_error", "mse": "mean_squared_error", "rmse": "root_mean_squared_error",
  ]
}
