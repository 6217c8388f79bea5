internal import Training

extension Grammar {
  static let model = MapForm(
    what: "a model",
    keys: [
      Key("layers", .layers, .required, "From input to output."),
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

extension Grammar {
  /// What may stand in a list of layers besides another list.
  static let layerEntry: MapForm = {
    var form = layers.form
    let besides = [
      Key(
        "repeat",
        .map(
          MapForm(
            what: "arguments of `repeat`",
            keys: [
              Key("times", .integer(1...LayerExpansion.mostLayers), .required, "Copies."),
              Key("layers", .layers, .required, "What is repeated."),
            ])), .absent, "Layers that stand here several times."),
      Key(
        "residual",
        .map(
          MapForm(
            what: "arguments of `residual`",
            keys: [
              Key("layers", .layers, .required, "What is added to their own input."),
              Key("shortcut", .layers, .absent, "What stands on the other path."),
            ])), .absent, "The sum of an input and what layers make of it."),
      Key(
        "input",
        .map(
          MapForm(
            what: "arguments of `input`",
            keys: [Key("name", .text(.notEmpty), .required, "One of the data's inputs.")])), .absent,
        "Makes an input of the data the current tensor."),
    ]
    form.keys += besides
    form.choices += besides.map(\.name)
    return form
  }()
}
