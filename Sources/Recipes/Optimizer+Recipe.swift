internal import Optimizers

extension Optimizer {
  init(_ value: RecipeValue) {
    let (name, arguments) = value.chosen
    let rate = LearningRateSchedule(arguments.value("learning_rate"))
    let clipping = GradientClipping(value)
    let decay = arguments["weight_decay"]?.number
    var epsilon: Double { arguments.number("epsilon") }
    var beta1: Double { arguments.number("beta_1") }
    var beta2: Double { arguments.number("beta_2") }
    switch name {
    case "sgd":
      self = .sgd(
        learningRate: rate, momentum: arguments.number("momentum"), nesterov: arguments.boolean("nesterov"),
        clipping: clipping, weightDecay: decay)
    case "rmsprop":
      self = .rmsprop(
        learningRate: rate, rho: arguments.number("rho"), momentum: arguments.number("momentum"), epsilon: epsilon,
        centered: arguments.boolean("centered"), clipping: clipping, weightDecay: decay)
    case "adagrad":
      self = .adagrad(
        learningRate: rate, initialAccumulator: arguments.number("initial_accumulator_value"), epsilon: epsilon,
        clipping: clipping, weightDecay: decay)
    case "adam":
      self = .adam(
        learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: arguments.boolean("amsgrad"),
        clipping: clipping, weightDecay: decay)
    case "adamw":
      self = .adamW(
        learningRate: rate, weightDecay: arguments.number("weight_decay"), beta1: beta1, beta2: beta2,
        epsilon: epsilon, amsgrad: arguments.boolean("amsgrad"), clipping: clipping)
    case "nadam":
      self = .nadam(
        learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, clipping: clipping, weightDecay: decay)
    case "lion":
      self = .lion(learningRate: rate, beta1: beta1, beta2: beta2, clipping: clipping, weightDecay: decay)
    default: preconditionFailure("the grammar knows an optimizer `\(name)` that nobody builds")
    }
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

extension LearningRateSchedule {
  fileprivate init(_ value: RecipeValue) {
    if let number = value.number {
      self = .constant(number)
      return
    }
    let (name, arguments) = value.chosen
    var initial: Double { arguments.number("initial_learning_rate") }
    var decaySteps: Int { arguments.integer("decay_steps") }
    switch name {
    case "exponential_decay":
      self = .exponentialDecay(
        initial: initial, decaySteps: decaySteps, decayRate: arguments.number("decay_rate"),
        staircase: arguments.boolean("staircase"))
    case "cosine_decay":
      self = .cosineDecay(
        initial: initial, decaySteps: decaySteps, alpha: arguments.number("alpha"),
        warmupTarget: arguments["warmup_target"]?.number, warmupSteps: arguments.integer("warmup_steps"))
    case "piecewise_constant_decay":
      self = .piecewiseConstantDecay(
        boundaries: arguments.list("boundaries").compactMap(\.integer),
        values: arguments.list("values").compactMap(\.number))
    case "polynomial_decay":
      self = .polynomialDecay(
        initial: initial, decaySteps: decaySteps, end: arguments.number("end_learning_rate"),
        power: arguments.number("power"), cycle: arguments.boolean("cycle"))
    case "reduce_on_plateau":
      self = .reduceOnPlateau(
        PlateauReduction(
          initial: initial, monitor: arguments.text("monitor"), factor: arguments.number("factor"),
          patience: arguments.integer("patience"), minDelta: arguments.number("min_delta"),
          cooldown: arguments.integer("cooldown"), minLearningRate: arguments.number("min_lr")))
    default: preconditionFailure("the grammar knows a schedule `\(name)` that nobody builds")
    }
  }
}
