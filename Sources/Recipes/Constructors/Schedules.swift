internal import Optimizers

extension Grammar {
  /// A number, or one of `schedules`.
  /// - Parameter preset: the optimizer's default.
  static func learningRate(_ preset: String) -> Key {
    var form = schedules(learningRate: preset).form
    form.allowsBareNames = false
    return Key("learning_rate", .scalarOr(.number(.positive), form), .value(preset), "A number or a schedule.")
  }

  /// - Parameter learningRate: the optimizer's own, of a rate that stays or is reduced on plateaus alone.
  static func schedules(learningRate: String) -> Registry<LearningRateSchedule> {
    Registry(
      "a learning rate schedule",
      [
        .exponentialDecay, .cosineDecay, .piecewiseConstantDecay, .polynomialDecay,
        .reduceOnPlateau(learningRate: learningRate), .constant(learningRate: learningRate),
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

extension RecipeValue {
  /// The schedule with the warm-up that these arguments of one ask for: from `initial_learning_rate` to `warmup_target`
  /// as in Keras' CosineDecay; without a target from 0 to `initial_learning_rate`.
  ///
  /// - Parameter schedule: given the rate that it starts at.
  fileprivate func warmedUp(_ schedule: (_ initial: Double) -> LearningRateSchedule) -> LearningRateSchedule {
    let initial = number("initial_learning_rate")
    let target = self["warmup_target"]?.number
    let made = schedule(target ?? initial)
    guard let steps = self["warmup_steps"]?.integer, steps > 0 else { return made }
    return .warmup(steps: steps, from: target == nil ? 0 : initial, to: target ?? initial, then: made)
  }
}

extension Constructor<LearningRateSchedule> {
  /// - Parameter steps: the preset of `warmup_steps`.
  private static func warmup(steps: Key.Preset = .absent) -> [Key] {
    [
      Key(
        "warmup_target", .number(.notNegative), .absent,
        "Where the rate rises to first, from `initial_learning_rate`; absent: it rises from 0 to `initial_learning_rate`."
      ),
      Key("warmup_steps", .integer(0...(1 << 53)), steps, "Steps of the rise, before those of the schedule."),
    ]
  }

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
        initial(.notNegative), decaySteps,
        Key("decay_rate", .number(.positive), .required, "Factor over `decay_steps` steps."),
        Key("staircase", .boolean, "false", "Whether the rate falls in stairs."),
      ] + warmup()
    ) { arguments in
      arguments.warmedUp {
        .exponentialDecay(
          initial: $0, decaySteps: arguments.integer("decay_steps"), decayRate: arguments.number("decay_rate"),
          staircase: arguments.boolean("staircase"))
      }
    }
  }

  fileprivate static var cosineDecay: Constructor {
    Constructor(
      "cosine_decay",
      keys: [
        initial(.notNegative), decaySteps,
        Key("alpha", .number(.notNegative), "0", "Share of the rate that is left at the end."),
      ] + warmup(steps: "0")
    ) { arguments in
      arguments.warmedUp {
        .cosineDecay(initial: $0, decaySteps: arguments.integer("decay_steps"), alpha: arguments.number("alpha"))
      }
    }
  }

  fileprivate static var piecewiseConstantDecay: Constructor {
    Constructor(
      "piecewise_constant_decay",
      keys: [
        Key("boundaries", .list(.integer(0...(1 << 53)), atLeast: 1), .required, "Last steps of the pieces."),
        Key("values", .list(.number(.notNegative), atLeast: 2), .required, "One rate more than boundaries."),
        Key(
          "warmup_steps", .integer(0...(1 << 53)), .absent,
          "Steps of a rise from 0, before those that `boundaries` count."),
        Key("warmup_target", .number(.notNegative), .absent, "Where that rise ends; absent: at the first value."),
      ]
    ) {
      let values = $0.list("values").compactMap(\.number)
      let pieces = LearningRateSchedule.piecewiseConstantDecay(
        boundaries: $0.list("boundaries").compactMap(\.integer), values: values)
      guard let steps = $0["warmup_steps"]?.integer, steps > 0, let first = values.first else { return pieces }
      return .warmup(steps: steps, to: $0["warmup_target"]?.number ?? first, then: pieces)
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
      ] + warmup()
    ) { arguments in
      arguments.warmedUp {
        .polynomialDecay(
          initial: $0, decaySteps: arguments.integer("decay_steps"), end: arguments.number("end_learning_rate"),
          power: arguments.number("power"), cycle: arguments.boolean("cycle"))
      }
    }
  }

  fileprivate static func reduceOnPlateau(learningRate: String) -> Constructor {
    Constructor(
      "reduce_on_plateau",
      keys: [
        initial(.notNegative, .value(learningRate)), Grammar.monitor,
        Key("factor", .number(.inside), "0.1", "What the rate is multiplied with."),
        Key("patience", .integer(Grammar.natural), "10", "Epochs without improvement."),
        Key("min_delta", .number(.notNegative), "0.0001", "An improvement is larger than this."),
        Key("cooldown", .integer(Grammar.natural), "0", "Epochs after a reduction that do not count."),
        Key("min_lr", .number(.notNegative), "0", "The rate is not reduced below."),
      ] + warmup()
    ) { arguments in
      arguments.warmedUp {
        .reduceOnPlateau(
          PlateauReduction(
            initial: $0, monitor: arguments.text("monitor"), factor: arguments.number("factor"),
            patience: arguments.integer("patience"), minDelta: arguments.number("min_delta"),
            cooldown: arguments.integer("cooldown"), minLearningRate: arguments.number("min_lr")))
      }
    }
  }

  fileprivate static func constant(learningRate: String) -> Constructor {
    Constructor("constant", keys: [initial(.notNegative, .value(learningRate))] + warmup()) { arguments in
      arguments.warmedUp { .constant($0) }
    }
  }
}
