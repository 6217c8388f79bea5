internal import Optimizers

extension Grammar {
  /// A number, or one of `schedules`.
  /// - Parameter preset: the optimizer's default.
  static func learningRate(_ preset: String) -> Key {
    var form = schedules(learningRate: preset).form
    form.allowsBareNames = false
    return Key("learning_rate", .scalarOr(.number(.positive), form), .value(preset), "A number or a schedule.")
  }

  /// - Parameter learningRate: the optimizer's own, where a rate that is reduced on plateaus starts.
  static func schedules(learningRate: String) -> Registry<LearningRateSchedule> {
    Registry(
      "a learning rate schedule",
      [
        .exponentialDecay, .cosineDecay, .piecewiseConstantDecay, .polynomialDecay,
        .reduceOnPlateau(learningRate: learningRate),
      ], definition: "schedule_from_\(learningRate)")
  }
}

extension LearningRateSchedule {
  /// - Parameter value: of `Grammar.learningRate`.
  init(_ value: RecipeValue) {
    self =
      value.number.map { .constant($0) }
      // What a schedule makes of its arguments does not depend on the default of another optimizer.
      ?? Grammar.schedules(learningRate: "").build(value)
  }
}

extension Constructor<LearningRateSchedule> {
  private static func initial(_ range: NumberRange, _ preset: Key.Preset = .required) -> Key {
    Key("initial_learning_rate", .number(range), preset, "Where the rate starts.")
  }

  private static var decaySteps: Key {
    Key("decay_steps", .integer(Grammar.steps), .required, "Steps of the decay.")
  }

  fileprivate static var exponentialDecay: Constructor {
    Constructor(
      "exponential_decay",
      keys: [
        initial(.positive), decaySteps,
        Key("decay_rate", .number(.positive), .required, "Factor over `decay_steps` steps."),
        Key("staircase", .boolean, "false", "Whether the rate falls in stairs."),
      ]
    ) {
      .exponentialDecay(
        initial: $0.number("initial_learning_rate"), decaySteps: $0.integer("decay_steps"),
        decayRate: $0.number("decay_rate"), staircase: $0.boolean("staircase"))
    }
  }

  fileprivate static var cosineDecay: Constructor {
    Constructor(
      "cosine_decay",
      keys: [
        initial(.notNegative), decaySteps,
        Key("alpha", .number(.notNegative), "0", "Share of the rate that is left at the end."),
        Key("warmup_target", .number(.notNegative), .absent, "Where the rate rises to first."),
        Key("warmup_steps", .integer(0...(1 << 53)), "0", "Steps of the rise, before those of the decay."),
      ]
    ) {
      .cosineDecay(
        initial: $0.number("initial_learning_rate"), decaySteps: $0.integer("decay_steps"), alpha: $0.number("alpha"),
        warmupTarget: $0["warmup_target"]?.number, warmupSteps: $0.integer("warmup_steps"))
    }
  }

  fileprivate static var piecewiseConstantDecay: Constructor {
    Constructor(
      "piecewise_constant_decay",
      keys: [
        Key("boundaries", .list(.integer(0...(1 << 53)), atLeast: 1), .required, "Last steps of the pieces."),
        Key("values", .list(.number(.notNegative), atLeast: 2), .required, "One rate more than boundaries."),
      ]
    ) {
      .piecewiseConstantDecay(
        boundaries: $0.list("boundaries").compactMap(\.integer), values: $0.list("values").compactMap(\.number))
    }
  }

  fileprivate static var polynomialDecay: Constructor {
    Constructor(
      "polynomial_decay",
      keys: [
        initial(.notNegative), decaySteps,
        Key("end_learning_rate", .number(.notNegative), "0.0001", "Where the rate ends."),
        Key("power", .number(.notNegative), "1", "The polynomial's."),
        Key("cycle", .boolean, "false", "Whether decay begins anew after its end."),
      ]
    ) {
      .polynomialDecay(
        initial: $0.number("initial_learning_rate"), decaySteps: $0.integer("decay_steps"),
        end: $0.number("end_learning_rate"), power: $0.number("power"), cycle: $0.boolean("cycle"))
    }
  }

  fileprivate static func reduceOnPlateau(learningRate: String) -> Constructor {
    Constructor(
      "reduce_on_plateau",
      keys: [
        initial(.positive, .value(learningRate)), Grammar.monitor,
        Key("factor", .number(.inside), "0.1", "What the rate is multiplied with."),
        Key("patience", .integer(Grammar.natural), "10", "Epochs without improvement."),
        Key("min_delta", .number(.notNegative), "0.0001", "An improvement is larger than this."),
        Key("cooldown", .integer(Grammar.natural), "0", "Epochs after a reduction that do not count."),
        Key("min_lr", .number(.notNegative), "0", "The rate is not reduced below."),
      ]
    ) {
      .reduceOnPlateau(
        PlateauReduction(
          initial: $0.number("initial_learning_rate"), monitor: $0.text("monitor"), factor: $0.number("factor"),
          patience: $0.integer("patience"), minDelta: $0.number("min_delta"), cooldown: $0.integer("cooldown"),
          minLearningRate: $0.number("min_lr")))
    }
  }
}
