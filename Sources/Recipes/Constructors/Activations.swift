internal import NeuralNetwork

extension Grammar {
  static let activations = Registry<ActivationFunction>(
    "an activation",
    [
      plain(.linear), plain(.sigmoid), plain(.tanh), plain(.relu),
      Constructor("leaky_relu", keys: [Key("negative_slope", .number(.notNegative), "0.2", "Slope below 0.")]) {
        .leakyRelu(negativeSlope: $0.float("negative_slope"))
      },
      plain(.elu), plain(.selu),
      Constructor(
        "gelu", keys: [Key("approximate", .boolean, .absent, "Whether tanh stands for erf. Default: false.")]
      ) {
        $0["approximate"]?.boolean == true ? .approximateGelu : .gelu
      },
      plain(.silu), plain(.softplus), plain(.softsign), plain(.softmax), plain(.relu6), plain(.hardSigmoid),
      plain(.hardSilu), plain(.mish), plain(.exponential), plain(.logSoftmax),
    ], definition: "activation")

  private static func plain(_ function: ActivationFunction) -> Constructor<ActivationFunction> {
    Constructor(function.name) { _ in function }
  }
}
