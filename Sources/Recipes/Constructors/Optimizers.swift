internal import Optimizers

extension Grammar {
  static let optimizers = Registry<Optimizer>(
    "an optimizer", [.sgd, .rmsprop, .adagrad, .adam, .adamW, .nadam, .lion])

  /// One of `optimizers`, and what stands beside it.
  static let optimizer: MapForm = {
    var form = optimizers.form
    form.exclusive = ["clip_value", "clip_norm", "global_clip_norm"]
    form.keys += [
      Key("clip_value", .number(.positive), .absent, "Limit of each element of the gradient."),
      Key("clip_norm", .number(.positive), .absent, "Limit of the L2 norm of each weight's gradient."),
      Key("global_clip_norm", .number(.positive), .absent, "Limit of the whole gradient's L2 norm."),
    ]
    return form
  }()
}

extension Optimizer {
  /// - Parameter value: of `Grammar.optimizer`.
  init(_ value: RecipeValue) {
    let excluded = value.chosen.arguments["exclude_from_weight_decay"]?.list ?? []
    self = Grammar.optimizers.build(value).clipped(GradientClipping(value))
      .excludingFromWeightDecay(excluded.compactMap(\.text))
  }
}

extension GradientClipping {
  fileprivate init(_ optimizer: RecipeValue) {
    if let limit = optimizer["clip_value"]?.number {
      self = .value(limit)
    } else if let limit = optimizer["clip_norm"]?.number {
      self = .norm(limit)
    } else {
      self = optimizer["global_clip_norm"]?.number.map { .globalNorm($0) } ?? .none
    }
  }
}

extension RecipeValue {
  fileprivate var learningRate: LearningRateSchedule { LearningRateSchedule(value("learning_rate")) }
  fileprivate var weightDecay: Double? { self["weight_decay"]?.number }
}

extension Constructor<Optimizer> {
  private static var amsgrad: Key { Key("amsgrad", .boolean, "false", "Whether the second moment never shrinks.") }

  private static func momentum(_ range: NumberRange) -> Key {
    Key("momentum", .number(range), "0", "Share of the last update.")
  }

  private static func betas(_ second: Key.Preset) -> [Key] {
    [
      Key("beta_1", .number(.belowOne), "0.9", "Decay of the first moment."),
      Key("beta_2", .number(.belowOne), second, "Decay of the second moment."),
    ]
  }

  private static func decay(_ preset: Key.Preset = .absent) -> [Key] {
    [
      Key("weight_decay", .number(.notNegative), preset, "Decoupled decay of the weights."),
      Key(
        "exclude_from_weight_decay", .list(.text(.notEmpty), atLeast: 1), .absent,
        "Weights do not decay whose name contains one of these words: `bias`, `gamma`, `beta`."),
    ]
  }

  fileprivate static var sgd: Constructor {
    Constructor(
      "sgd",
      keys: [
        Grammar.learningRate("0.01"), momentum(.unit), Key("nesterov", .boolean, "false", "Nesterov's momentum."),
      ] + decay()
    ) {
      .sgd(
        learningRate: $0.learningRate, momentum: $0.number("momentum"), nesterov: $0.boolean("nesterov"),
        weightDecay: $0.weightDecay)
    }
  }

  fileprivate static var rmsprop: Constructor {
    Constructor(
      "rmsprop",
      keys: [
        Grammar.learningRate("0.001"), Key("rho", .number(.belowOne), "0.9", "Decay of the mean of squares."),
        momentum(.unit), Grammar.epsilon("1e-7"),
        Key("centered", .boolean, "false", "Whether the mean is taken off the mean of squares."),
      ] + decay()
    ) {
      .rmsprop(
        learningRate: $0.learningRate, rho: $0.number("rho"), momentum: $0.number("momentum"),
        epsilon: $0.number("epsilon"), centered: $0.boolean("centered"), weightDecay: $0.weightDecay)
    }
  }

  fileprivate static var adagrad: Constructor {
    Constructor(
      "adagrad",
      keys: [
        Grammar.learningRate("0.001"),
        Key("initial_accumulator_value", .number(.notNegative), "0.1", "Where the sum of squares starts."),
        Grammar.epsilon("1e-7"),
      ] + decay()
    ) {
      .adagrad(
        learningRate: $0.learningRate, initialAccumulator: $0.number("initial_accumulator_value"),
        epsilon: $0.number("epsilon"), weightDecay: $0.weightDecay)
    }
  }

  fileprivate static var adam: Constructor {
    Constructor(
      "adam", keys: [Grammar.learningRate("0.001")] + betas("0.999") + [Grammar.epsilon("1e-7"), amsgrad] + decay()
    ) {
      .adam(
        learningRate: $0.learningRate, beta1: $0.number("beta_1"), beta2: $0.number("beta_2"),
        epsilon: $0.number("epsilon"), amsgrad: $0.boolean("amsgrad"), weightDecay: $0.weightDecay)
    }
  }

  fileprivate static var adamW: Constructor {
    Constructor(
      "adamw",
      keys: [Grammar.learningRate("0.001")] + betas("0.999") + [Grammar.epsilon("1e-7"), amsgrad] + decay("0.004")
    ) {
      .adamW(
        learningRate: $0.learningRate, weightDecay: $0.number("weight_decay"), beta1: $0.number("beta_1"),
        beta2: $0.number("beta_2"), epsilon: $0.number("epsilon"), amsgrad: $0.boolean("amsgrad"))
    }
  }

  fileprivate static var nadam: Constructor {
    Constructor("nadam", keys: [Grammar.learningRate("0.001")] + betas("0.999") + [Grammar.epsilon("1e-7")] + decay()) {
      .nadam(
        learningRate: $0.learningRate, beta1: $0.number("beta_1"), beta2: $0.number("beta_2"),
        epsilon: $0.number("epsilon"), weightDecay: $0.weightDecay)
    }
  }

  fileprivate static var lion: Constructor {
    Constructor("lion", keys: [Grammar.learningRate("0.001")] + betas("0.99") + decay()) {
      .lion(
        learningRate: $0.learningRate, beta1: $0.number("beta_1"), beta2: $0.number("beta_2"),
        weightDecay: $0.weightDecay)
    }
  }
}
