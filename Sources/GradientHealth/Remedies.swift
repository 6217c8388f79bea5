/// What to do about findings, in the order in which it is likely to help.
enum Remedies {
  static func vanishing(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let hidden = trace.chain.dropLast().map { trace.layers[$0] }
    let units = hidden.first?.units ?? 32
    let saturates = hidden.contains(where: \.saturates)
    var remedies: [Remedy] = []
    let suited = suitedInitializer(hidden.first?.activation)
    if saturates {
      remedies.append(
        Remedy(
          "Use a ReLU-like activation in the hidden layers, which passes gradients on whole, and He's initializer, which "
            + "suits it.", .layers([dense(units, "relu", "he_normal")], at: .eachHidden)))
    }
    if hidden.count > 3 {
      remedies.append(
        Remedy(
          "Use fewer layers: \(hidden.count) hidden ones are many for a plain chain.",
          .layers(
            Array(
              repeating: saturates
                ? dense(units, "relu", "he_normal") : dense(units, hidden.first?.activation ?? "relu", suited), count: 2
            ), at: .allHidden(2))))
    }
    if !(hidden.first?.initializer.map { isSuited($0, to: hidden.first?.activation) } ?? false) {
      remedies.append(
        Remedy(
          "Use the initializer that suits the activation: \(suited) keeps the size of signals and gradients from layer "
            + "to layer.",
          .layers([dense(units, hidden.first?.activation ?? "relu", suited)], at: .eachHidden)))
    }
    if !usesAdamGently(trace, context) {
      remedies.append(
        Remedy(
          "Let Adam, with a small rate, scale each weight's step by its own gradients.",
          .optimizer(.init("adam", learningRate: 0.001))))
    }
    if !trace.layers.contains(where: { $0.kind == .normalization }) {
      remedies.append(batchNormalization(units, hidden.first?.activation ?? "relu"))
    }
    if !context.scalesFeatures { remedies.append(scaling) }
    return remedies
  }

  static func exploding(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let hidden = trace.chain.dropLast().map { trace.layers[$0] }
    let units = hidden.first?.units ?? 32
    let activation = hidden.first?.activation ?? "relu"
    let suited = suitedInitializer(activation)
    var remedies: [Remedy] = []
    if !context.clipsGradients {
      remedies.append(
        Remedy(
          "Clip the gradient to a norm, so that no batch can throw the weights far.",
          clippedOptimizer(context)))
    }
    if !(hidden.first?.initializer.map { isSuited($0, to: activation) } ?? false) {
      remedies.append(
        Remedy(
          "Use an initializer that suits the activation and keeps signals and gradients at one size.",
          .layers([dense(units, activation, suited)], at: .eachHidden)))
    }
    if usesAdamGently(trace, context) {
      remedies.append(lowerRate(trace, context))
    } else {
      remedies.append(
        Remedy(
          "Use Adam with a small rate.", .optimizer(.init("adam", learningRate: 0.001, clipNorm: 1))))
    }
    if !context.penalisesWeights {
      remedies.append(
        Remedy(
          "Penalise large weights (L2).",
          .layers(
            [.dense(units: units, activation: .init(activation), initializer: suited, l2: 0.01)], at: .eachHidden)))
    }
    if !trace.layers.contains(where: { $0.kind == .normalization }) {
      remedies.append(batchNormalization(units, activation))
    }
    if !context.scalesFeatures { remedies.append(scaling) }
    return remedies
  }

  static func nonFinite(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    var remedies: [Remedy] = []
    if !context.rollsBack {
      remedies.append(
        Remedy(
          "Go back to the last healthy checkpoint and go on with a remedy, as `rollback` does by itself.",
          .rollback(limit: 5)))
    }
    if !context.clipsGradients {
      remedies.append(Remedy("Clip the gradient to a norm.", clippedOptimizer(context)))
    }
    remedies.append(lowerRate(trace, context))
    if !context.scalesFeatures { remedies.append(scaling) }
    return remedies
  }

  static func saturated(_ trace: Trace, layer: Int, _ context: DiagnosisContext) -> [Remedy] {
    let profile = trace.layers[layer]
    let units = profile.units ?? 32
    return [
      Remedy(
        "Start from smaller weights.",
        .layers([dense(units, profile.activation ?? "tanh", "glorot_uniform")], at: .layer(profile.name))),
      batchNormalization(units, profile.activation ?? "tanh"),
    ] + (context.scalesFeatures ? [] : [scaling]) + [
      Remedy(
        "Use an activation without a ceiling.",
        .layers([dense(units, "relu", "he_normal")], at: .layer(profile.name)))
    ]
  }

  static func deadUnits(_ trace: Trace, layer: Int, _ context: DiagnosisContext) -> [Remedy] {
    let profile = trace.layers[layer]
    let units = profile.units ?? 32
    return [
      Remedy(
        "Lower the learning rate: large steps are what kills units.",
        .optimizer(.init("adam", learningRate: 0.0005))),
      Remedy(
        "Use an activation that is not flat below zero.",
        .layers(
          [
            .dense(
              units: units, activation: .init("leaky_relu", negativeSlope: 0.1), initializer: "he_normal")
          ], at: .layer(profile.name))),
      batchNormalization(units, "relu"),
    ]
  }

  static func frozen(_ context: DiagnosisContext) -> [Remedy] {
    [
      Remedy(
        "Let Adam scale each weight's step by its own gradients, at a rate that moves them.",
        .optimizer(.init("adam", learningRate: 0.001))),
      Remedy("Look at `vanishing`: what does not get a gradient does not move.", .recordEveryStep),
    ]
  }

  static func plateau(_ context: DiagnosisContext) -> [Remedy] {
    [
      Remedy("Try another learning rate; Adam forgives most.", .optimizer(.init("adam", learningRate: 0.003)))
    ] + (context.scalesFeatures ? [] : [scaling])
  }

  static func settled() -> [Remedy] {
    [
      Remedy(
        "Let the rate fall when the loss stands (needs validation).",
        .optimizer(.init("adam", learningRate: 0.001, plateauPatience: 5))),
      Remedy(
        "Stop when nothing more comes (needs validation).",
        .earlyStopping(patience: 10)),
    ]
  }

  static func spike(_ context: DiagnosisContext) -> [Remedy] {
    context.clipsGradients
      ? [Remedy("Lower the learning rate.", .optimizer(.init("adam", learningRate: 0.0005)))]
      : [Remedy("Clip the gradient to a norm, so that one batch cannot do harm.", clippedOptimizer(context))]
  }

  static func noBetterThanConstant(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    switch Evidence.rate(trace, context) {
    case .tooLarge, .thrownOff: [lowerRate(trace, context)]
    case .tooSmall, .broughtToNothing: frozen(context)
    case nil: plateau(context)
    }
  }

  static func slow(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { plateau(context) }

  /// No setting of the run makes targets differ.
  static func constantTarget(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { [] }

  static func targetsUnscaled(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { [lowerRate(trace, context)] }

  static func inputsUnscaled(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    context.scalesFeatures ? [lowerRate(trace, context)] : [scaling]
  }

  static func penaltyDominates(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { withoutExtras(trace) }

  static func dropoutDominates(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { withoutExtras(trace) }

  static func clippingAlways(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    [
      Remedy(
        "Let Adam, which divides by the gradient's size, choose the steps.",
        .optimizer(.init("adam", learningRate: 0.001)))
    ]
  }

  // MARK: Parts

  /// The hidden layers as they are, without penalty and dropout.
  private static func withoutExtras(_ trace: Trace) -> [Remedy] {
    let hidden = trace.chain.dropLast().map { trace.layers[$0] }
    let activation = hidden.first?.activation ?? "relu"
    return [
      Remedy(
        "Leave it out, or make it a hundred times smaller.",
        .layers([dense(hidden.first?.units ?? 32, activation, suitedInitializer(activation))], at: .eachHidden))
    ]
  }

  /// Whether Adam's rate is a small one already.
  private static func usesAdamGently(_ trace: Trace, _ context: DiagnosisContext) -> Bool {
    guard let optimizer = context.optimizer, ["adam", "adamw", "nadam"].contains(optimizer) else { return false }
    return (trace.values(.learningRate).last ?? .infinity) <= 0.001
  }

  /// A tenth of the rate at the end.
  private static func lowerRate(_ trace: Trace, _ context: DiagnosisContext) -> Remedy {
    let optimizer = context.optimizer ?? "adam"
    let rate = trace.values(.learningRate).last { $0.isFinite && $0 > 0 } ?? (optimizer == "sgd" ? 0.1 : 0.01)
    return Remedy("Lower the learning rate.", .optimizer(.init(optimizer, learningRate: Float(rate / 10))))
  }

  private static let scaling = Remedy(
    "Scale the input features to mean 0 and deviation 1.", .standardScaling)

  private static func batchNormalization(_ units: Int, _ activation: String) -> Remedy {
    Remedy(
      "Normalise between layers: each batch's signals are brought back to one size.",
      .layers([.dense(units: units), .batchNormalization, .activation(.init(activation))], at: .eachHidden))
  }

  private static func clippedOptimizer(_ context: DiagnosisContext) -> Remedy.Change {
    .optimizer(
      .init(context.optimizer ?? "adam", learningRate: context.optimizer == "sgd" ? 0.01 : 0.001, clipNorm: 1))
  }

  private static func dense(_ units: Int, _ activation: String, _ initializer: String) -> Remedy.Layer {
    .dense(units: units, activation: .init(activation), initializer: initializer)
  }

  /// Glorot's for functions that are odd around zero or nearly so, He's for those that cut one side off.
  private static func suitedInitializer(_ activation: String?) -> String {
    switch activation {
    case "sigmoid", "tanh", "softsign", "linear", "softmax": "glorot_uniform"
    case "selu": "lecun_normal"
    default: "he_normal"
    }
  }

  private static func isSuited(_ initializer: String, to activation: String?) -> Bool {
    let family = suitedInitializer(activation).prefix(3)
    return initializer.hasPrefix(family) || initializer == "orthogonal"
  }
}
