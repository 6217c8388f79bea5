internal import NeuralNetwork

/// Layers, losses and metrics as a checked recipe names them.
enum NeuralNetworkParts {
  static func layer(_ value: RecipeValue) -> any Layer {
    let (kind, arguments) = value.chosen
    let name = arguments["name"]?.text
    switch kind {
    case Dense.kind:
      return Dense(
        units: arguments.integer("units"), activation: activation(arguments.value("activation")),
        useBias: arguments.boolean("use_bias"),
        kernelInitializer: initializer(arguments.value("kernel_initializer")),
        biasInitializer: initializer(arguments.value("bias_initializer")),
        kernelRegularizer: arguments["kernel_regularizer"].map(regularizer),
        biasRegularizer: arguments["bias_regularizer"].map(regularizer),
        activityRegularizer: arguments["activity_regularizer"].map(regularizer), name: name)
    case Activation.kind: return Activation(activation(arguments.value("function")), name: name)
    case BatchNormalization.kind:
      return BatchNormalization(
        momentum: arguments.float("momentum"), epsilon: arguments.float("epsilon"), name: name)
    case LayerNormalization.kind: return LayerNormalization(epsilon: arguments.float("epsilon"), name: name)
    case Dropout.kind: return Dropout(rate: arguments.float("rate"), name: name)
    case Flatten.kind: return Flatten(name: name)
    default: preconditionFailure("the grammar knows a layer `\(kind)` that nobody builds")
    }
  }

  private static func activation(_ value: RecipeValue) -> ActivationFunction {
    let (name, arguments) = value.chosen
    if name == "leaky_relu" { return .leakyRelu(negativeSlope: arguments.float("negative_slope")) }
    guard let function = ActivationFunction.all.first(where: { $0.name == name }) else {
      preconditionFailure("the grammar knows an activation `\(name)` that nobody builds")
    }
    return function
  }

  private static func initializer(_ value: RecipeValue) -> Initializer {
    let (name, arguments) = value.chosen
    switch name {
    case "zeros": return .zeros
    case "ones": return .ones
    case "constant": return .constant(arguments.number("value"))
    case "random_uniform":
      return .randomUniform(minval: arguments.number("minval"), maxval: arguments.number("maxval"))
    case "random_normal": return .randomNormal(mean: arguments.number("mean"), stddev: arguments.number("stddev"))
    case "truncated_normal":
      return .truncatedNormal(mean: arguments.number("mean"), stddev: arguments.number("stddev"))
    case "glorot_uniform": return .glorotUniform
    case "glorot_normal": return .glorotNormal
    case "he_uniform": return .heUniform
    case "he_normal": return .heNormal
    case "lecun_uniform": return .lecunUniform
    case "lecun_normal": return .lecunNormal
    case "orthogonal": return .orthogonal(gain: arguments.number("gain"))
    default: preconditionFailure("the grammar knows an initializer `\(name)` that nobody builds")
    }
  }

  private static func regularizer(_ value: RecipeValue) -> Regularizer {
    Regularizer(l1: value.float("l1"), l2: value.float("l2"))
  }

  static func loss(_ value: RecipeValue) -> any Loss {
    let (name, arguments) = value.chosen
    switch name {
    case MeanSquaredError.name: return MeanSquaredError()
    case MeanAbsoluteError.name: return MeanAbsoluteError()
    case Huber.name: return Huber(delta: arguments.float("delta"))
    case LogCosh.name: return LogCosh()
    case BinaryCrossentropy.name: return BinaryCrossentropy(fromLogits: arguments.boolean("from_logits"))
    case CategoricalCrossentropy.name: return CategoricalCrossentropy(fromLogits: arguments.boolean("from_logits"))
    case SparseCategoricalCrossentropy.name:
      return SparseCategoricalCrossentropy(fromLogits: arguments.boolean("from_logits"))
    default: preconditionFailure("the grammar knows a loss `\(name)` that nobody builds")
    }
  }

  static func metric(named name: String) -> any Metric {
    if let comparison = Accuracy.Comparison(rawValue: name) { return Accuracy(comparison) }
    if let figure = PrecisionRecall.Figure(rawValue: name) { return PrecisionRecall(figure) }
    switch name {
    case "mean_absolute_error": return MeanAbsoluteErrorMetric()
    case "mean_squared_error": return MeanSquaredErrorMetric()
    case "root_mean_squared_error": return MeanSquaredErrorMetric(root: true)
    case "auc": return AreaUnderCurve()
    case "r2_score": return R2Score()
    default: preconditionFailure("the grammar knows a metric `\(name)` that nobody builds")
    }
  }
}
