internal import Training

extension Grammar {
  static let model = MapForm(
    what: "a model",
    keys: [
      Key("layers", .list(.map(layers.form), atLeast: 1), .required, "From input to output."),
      Key(
        "initial_weights", .text(.notEmpty), .absent,
        "Weights to start from: a checkpoint, or a .h5, .weights.h5 or .keras file; by layer name and shape, else in order."
      ),
      Key(
        "initialization", .word(of: TrainingConfiguration.Initialization.self), .absent,
        "What is made of the fresh weights: lsuv (layer-sequential unit variance): orthonormal kernels, scaled over the first batch until "
          + "each layer's sums have variance 1."),
    ], exclusive: ["initial_weights", "initialization"])
}
