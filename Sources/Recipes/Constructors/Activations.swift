internal import NeuralNetwork

extension Grammar {
  static let activations = Registry<ActivationFunction>(
    "an activation",
    [
      plain(.linear), plain(.sigmoid), plain(.tanh), plain(.relu),
      Constructor("leaky_relu", keys: [Key("negative_slope", .number(.notNegative), "0.2", "Slope below 0.")]) {
        .leakyRelu(negativeSlope: $0.float("negative_slope"))
      },
      plain(.elu), plain(.selu), plain(.gelu), plain(.silu), plain(.softplus), plain(.softsign), plain(.softmax),
    ], definition: "activation")

  private static func plain(_ function: ActivationFunction) -> Constructor<ActivationFunction> {
    Constructor(function.name) { _ in function }
  }
}
