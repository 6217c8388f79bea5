extension Grammar {
  static let optimizer: MapForm = {
    let nesterov = Key("nesterov", .boolean, "false", "Nesterov's momentum.")
    let amsgrad = Key("amsgrad", .boolean, "false", "Whether the second moment never shrinks.")
    let rho = Key("rho", .number(.belowOne), "0.9", "Decay of the mean of squares.")
    func momentum(_ range: NumberRange) -> Key { Key("momentum", .number(range), "0", "Share of the last update.") }
    func betas(_ second: Key.Preset) -> [Key] {
      [
        Key("beta_1", .number(.belowOne), "0.9", "Decay of the first moment."),
        Key("beta_2", .number(.belowOne), second, "Decay of the second moment."),
      ]
    }
    func decay(_ preset: Key.Preset = .absent) -> Key {
      Key("weight_decay", .number(.notNegative), preset, "Decoupled decay of the weights.")
    }
    var form = MapForm.oneOf(
      "an optimizer",
      [
        ("sgd", [learningRate("0.01"), momentum(.unit), nesterov, decay()]),
        (
          "rmsprop",
          [
            learningRate("0.001"), rho, momentum(.unit), epsilon("1e-7"),
            Key("centered", .boolean, "false", "Whether the mean is taken off the mean of squares."), decay(),
          ]
        ),
        (
          "adagrad",
          [
            learningRate("0.001"),
            Key("initial_accumulator_value", .number(.notNegative), "0.1", "Where the sum of squares starts."),
            epsilon("1e-7"), decay(),
          ]
        ),
        ("adam", [learningRate("0.001")] + betas("0.999") + [epsilon("1e-7"), amsgrad, decay()]),
        ("adamw", [learningRate("0.001")] + betas("0.999") + [epsilon("1e-7"), amsgrad, decay("0.004")]),
        ("nadam", [learningRate("0.001")] + betas("0.999") + [epsilon("1e-7"), decay()]),
        ("lion", [learningRate("0.001")] + betas("0.99") + [decay()]),
      ])
    form.exclusive = ["clip_value", "clip_norm", "global_clip_norm"]
    form.keys += [
      Key("clip_value", .number(.positive), .absent, "Limit of each element of the gradient."),
      Key("clip_norm", .number(.positive), .absent, "Limit of the L2 norm of each weight's gradient."),
      Key("global_clip_norm", .number(.positive), .absent, "Limit of the whole gradient's L2 norm."),
    ]
    return form
  }()

  static func learningRate(_ preset: String) -> Key {
    Key(
      "learning_rate", .scalarOr(.number(.positive), schedule(learningRate: preset)), .value(preset),
      "A number or a schedule.")
  }

  /// - Parameter learningRate: the optimizer's own, where a rate that is reduced on plateaus starts.
  private static func schedule(learningRate: String) -> MapForm {
    func initial(_ range: NumberRange, _ preset: Key.Preset = .required) -> Key {
      Key("initial_learning_rate", .number(range), preset, "Where the rate starts.")
    }
    let decaySteps = Key("decay_steps", .integer(steps), .required, "Steps of the decay.")
    var form = MapForm.oneOf(
      "a learning rate schedule",
      [
        (
          "exponential_decay",
          [
            initial(.positive), decaySteps,
            Key("decay_rate", .number(.positive), .required, "Factor over `decay_steps` steps."),
            Key("staircase", .boolean, "false", "Whether the rate falls in stairs."),
          ]
        ),
        (
          "cosine_decay",
          [
            initial(.notNegative), decaySteps,
            Key("alpha", .number(.notNegative), "0", "Share of the rate that is left at the end."),
            Key("warmup_target", .number(.notNegative), .absent, "Where the rate rises to first."),
            Key("warmup_steps", .integer(0...(1 << 53)), "0", "Steps of the rise, before those of the decay."),
          ]
        ),
        (
          "piecewise_constant_decay",
          [
            Key("boundaries", .list(.integer(0...(1 << 53)), atLeast: 1), .required, "Last steps of the pieces."),
            Key("values", .list(.number(.notNegative), atLeast: 2), .required, "One rate more than boundaries."),
          ]
        ),
        (
          "polynomial_decay",
          [
            initial(.notNegative), decaySteps,
            Key("end_learning_rate", .number(.notNegative), "0.0001", "Where the rate ends."),
            Key("power", .number(.notNegative), "1", "The polynomial's."),
            Key("cycle", .boolean, "false", "Whether decay begins anew after its end."),
          ]
        ),
        (
          "reduce_on_plateau",
          [
            initial(.positive, .value(learningRate)), monitor,
            Key("factor", .number(.inside), "0.1", "What the rate is multiplied with."),
            Key("patience", .integer(natural), "10", "Epochs without improvement."),
            Key("min_delta", .number(.notNegative), "0.0001", "An improvement is larger than this."),
            Key("cooldown", .integer(natural), "0", "Epochs after a reduction that do not count."),
            Key("min_lr", .number(.notNegative), "0", "The rate is not reduced below."),
          ]
        ),
      ])
    form.allowsBareNames = false
    form.definition = "schedule_from_\(learningRate)"
    return form
  }
}
