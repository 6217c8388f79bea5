internal import NeuralNetwork

/// The keys that convolutions have in common.
enum ConvolutionKeys {
  static let filters = Key("filters", .integer(Grammar.extent), .required, "Outputs of each position.")
  static let groups = Key(
    "groups", .integer(Grammar.extent), "1", "Groups of channels, each with filters of its own; divides both numbers.")
  static let dilation = Key(
    "dilation_rate", .oneOrMore(.integer(Grammar.extent)), "1", "From one tap of the kernel to the next.")

  static let window = [
    Key(
      "kernel_size", .oneOrMore(.integer(Grammar.extent)), .required,
      "The kernel's extents; one alone is that of all axes."),
    Key("strides", .oneOrMore(.integer(Grammar.extent)), "1", "From one output to the next."),
  ]

  static func padding(_ paddings: [ConvolutionPadding]) -> Key {
    Key("padding", .word(paddings.map(\.rawValue)), "valid", "Zeros around the input.")
  }

  /// - Parameter kernel: what the kernel's keys are called after.
  static func ending(kernel: String = "kernel") -> [Key] {
    [
      Key("activation", .map(Grammar.activations.form), "linear", "Applied to the outputs."),
      Key("use_bias", .boolean, "true", "Whether a bias is added."),
      Key("\(kernel)_initializer", .map(Grammar.initializers.form), "glorot_uniform", "How the kernel starts."),
      Key("bias_initializer", .map(Grammar.biasInitializers.form), "zeros", "How the bias starts."),
      Key("\(kernel)_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the kernel."),
      Key("bias_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the bias."),
      Key("activity_regularizer", .map(Grammar.regularizer), .absent, "Penalty on the outputs, divided by the rows."),
      Grammar.layerName,
    ]
  }
}

extension RecipeValue {
  /// - Parameters:
  ///   - axes: that the kernel moves along.
  ///   - kernel: what the kernel's keys are called after.
  func convolution(axes: Int, kernel: String = "kernel") -> ConvolutionSettings {
    var settings = ConvolutionSettings(
      axes: axes, kernelSize: extents("kernel_size"), strides: extents("strides"),
      dilationRate: optionalExtents("dilation_rate") ?? [1])
    settings.padding = word("padding")
    settings.activation = Grammar.activations.build(value("activation"))
    settings.useBias = boolean("use_bias")
    settings.kernelInitializer = Grammar.initializers.build(value("\(kernel)_initializer"))
    settings.biasInitializer = Grammar.biasInitializers.build(value("bias_initializer"))
    settings.kernelRegularizer = regularizer("\(kernel)_regularizer")
    settings.biasRegularizer = regularizer("bias_regularizer")
    settings.activityRegularizer = regularizer("activity_regularizer")
    return settings
  }
}
