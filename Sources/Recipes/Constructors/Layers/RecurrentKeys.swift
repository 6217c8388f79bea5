internal import NeuralNetwork

/// The keys that recurrent layers have in common.
enum RecurrentKeys {
  static let units = Key("units", .integer(Grammar.extent), .required, "Numbers of the state.")
  static let goBackwards = Key(
    "go_backwards", .boolean, "false", "From the last time to the first; outputs in that order, too.")

  /// - Parameter gated: whether there is an activation of gates.
  static func activations(gated: Bool) -> [Key] {
    [Key("activation", .map(Grammar.activations.form), "tanh", "Of the candidate and the state.")]
      + (gated ? [Key("recurrent_activation", .map(Grammar.activations.form), "sigmoid", "Of the gates.")] : [])
      + [Key("use_bias", .boolean, "true", "Whether a bias is added.")]
  }

  static let rest = [
    Key("kernel_initializer", .map(Grammar.initializers.form), "glorot_uniform", "How the kernel starts."),
    Key("recurrent_initializer", .map(Grammar.initializers.form), "orthogonal", "How the recurrent kernel starts."),
    Key("bias_initializer", .map(Grammar.biasInitializers.form), "zeros", "How the bias starts."),
    Key("kernel_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the kernel."),
    Key("recurrent_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the recurrent kernel."),
    Key("bias_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the bias."),
    Key("activity_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the outputs, divided by the rows."),
    Key("return_sequences", .boolean, "false", "Whether the output is the state after every step, or the last."),
    Key("stateful", .boolean, "false", "Whether a batch goes on from the states the one before ended with."),
    Key("dropout", .number(.belowOne), "0", "Share of inputs to zero, the same ones at every step."),
    Key("recurrent_dropout", .number(.belowOne), "0", "Share of the state to zero in products, likewise."),
    Key(
      "truncate", .integer(Grammar.natural), "0", "Steps that a gradient goes back through at most; 0: all of them."),
  ]
}

extension RecipeValue {
  func recurrent(gated: Bool) -> RecurrentSettings {
    var settings = RecurrentSettings(units: integer("units"))
    settings.activation = Grammar.activations.build(value("activation"))
    if gated { settings.recurrentActivation = Grammar.activations.build(value("recurrent_activation")) }
    settings.useBias = boolean("use_bias")
    settings.kernelInitializer = Grammar.initializers.build(value("kernel_initializer"))
    settings.recurrentInitializer = Grammar.initializers.build(value("recurrent_initializer"))
    settings.biasInitializer = Grammar.biasInitializers.build(value("bias_initializer"))
    settings.kernelRegularizer = regularizer("kernel_regularizer")
    settings.recurrentRegularizer = regularizer("recurrent_regularizer")
    settings.biasRegularizer = regularizer("bias_regularizer")
    settings.activityRegularizer = regularizer("activity_regularizer")
    settings.returnSequences = boolean("return_sequences")
    // Within `bidirectional` there is no such key.
    settings.goBackwards = self["go_backwards"]?.boolean ?? false
    settings.isStateful = boolean("stateful")
    settings.dropout = float("dropout")
    settings.recurrentDropout = float("recurrent_dropout")
    settings.truncate = integer("truncate")
    return settings
  }
}

extension Constructor<any RecurrentLayer> {
  /// The same as a layer of the list, which may also go backwards.
  var asLayer: Constructor<any Layer> {
    let last = keys.count - 1
    return Constructor<any Layer>(name, keys: keys[..<last] + [RecurrentKeys.goBackwards] + keys[last...]) { build($0) }
  }
}

extension Grammar {
  /// What `bidirectional` takes: one key besides those of the layers themselves says which way they go, and that is its.
  static let recurrentLayers = Registry<any RecurrentLayer>("a recurrent layer", [.simpleRNN, .lstm, .gru])
}
