extension Grammar {
  static let model = MapForm(
    what: "a model",
    keys: [
      Key("layers", .list(.map(layers.form), atLeast: 1), .required, "From input to output."),
      Key(
        "initial_weights", .text(.notEmpty), .absent,
        "Weights to start from: a checkpoint, or a .h5, .weights.h5 or .keras file; by layer name and shape, else in order."
      ),
    ])
}
