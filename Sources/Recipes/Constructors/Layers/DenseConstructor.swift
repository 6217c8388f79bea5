internal import NeuralNetwork

extension Constructor<any Layer> {
  static var dense: Constructor {
    Constructor(
      Dense.kind,
      keys: [
        Key("units", .integer(Grammar.extent), .required, "Outputs."),
        Key("activation", .map(Grammar.activations.form), "linear", "Applied to the outputs."),
        Key("use_bias", .boolean, "true", "Whether a bias is added."),
        Key("kernel_initializer", .map(Grammar.initializers.form), "glorot_uniform", "How the kernel starts."),
        Key("bias_initializer", .map(Grammar.biasInitializers.form), "zeros", "How the bias starts."),
        Key("kernel_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the kernel."),
        Key("bias_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the bias."),
        Key(
          "activity_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the outputs, divided by the rows."),
        Key(
          "tied_to", .text(.layerName), .absent,
          "An embedding further up whose table stands in the place of a kernel: x E^T. `units` is its input_dim."),
        Grammar.layerName,
      ]
    ) {
      Dense(
        units: $0.integer("units"), activation: Grammar.activations.build($0.value("activation")),
        useBias: $0.boolean("use_bias"),
        kernelInitializer: Grammar.initializers.build($0.value("kernel_initializer")),
        biasInitializer: Grammar.biasInitializers.build($0.value("bias_initializer")),
        kernelRegularizer: $0.regularizer("kernel_regularizer"), biasRegularizer: $0.regularizer("bias_regularizer"),
        activityRegularizer: $0.regularizer("activity_regularizer"), tiedTo: $0["tied_to"]?.text, name: $0.layerName)
    }
  }
}
