/// What to do about findings: first what removes all causes that show, then each cause alone, then what has helped
/// others in this state. Remedies that change nothing in a run's recipe fall away where the recipe is known.
enum Remedies {
  static func vanishing(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    let isChain = !trace.layers.contains(where: \.isBypassed)
    // Through so many plain layers hardly a gradient comes, whatever they start from. Few that are left need no short cuts,
    // and where a list is written so that none can be taken out they help as well.
    let tooDeep = isChain && causes.hidden.count >= 16 ? [fewerLayers(causes, 4), shortcuts(causes)] : []
    let usual = [suited] + (causes.hidden.contains(where: \.saturates) ? [relu(nil)] : [])
    return list(causes, and: tooDeep, else: usual) {
      (isChain && causes.hidden.count >= deep ? [shortcuts(causes)] : [])
        + [relu(nil), suited, Causes.batchNormalization, fewerLayers(causes, 2), adam]
    }
  }

  static func exploding(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    return list(causes, else: [causes.lowerRate]) { [causes.lowerRate, clip, suited, adam, Causes.scaling] }
  }

  static func nonFinite(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    return list(causes, else: [causes.lowerRate]) { [causes.lowerRate, clip, suited, rollback, Causes.scaling] }
  }

  static func saturated(_ trace: Trace, layer: Int, _ context: DiagnosisContext) -> [Remedy] {
    let name = trace.layers[layer].name
    return list(Causes(trace, context), else: [suited]) {
      [suited, Causes.batchNormalization, relu(name), Causes.scaling]
    }
  }

  static func deadUnits(_ trace: Trace, layer: Int, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    let leaky = Remedy.Step(
      "Use an activation that is not flat below zero.", .activation("leaky_relu", in: nil))
    return list(causes, else: [causes.lowerRate, suited]) {
      [causes.lowerRate, leaky, suited, Causes.batchNormalization]
    }
  }

  static func frozen(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { standing(trace, context) }

  static func plateau(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { standing(trace, context) }

  static func noBetterThanConstant(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    standing(trace, context)
  }

  static func slow(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    return list(causes, else: [causes.higherRate]) {
      [causes.higherRate, adam, .init("Train longer.", .epochs(times: 10))]
    }
  }

  static func settled() -> [Remedy] {
    [
      Remedy("Let the rate fall when the loss stands (needs validation).", .reduceOnPlateau(patience: 5)),
      Remedy("Stop when nothing more comes (needs validation).", .earlyStopping(patience: 10)),
    ]
  }

  static func spike(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    let rates = trace.values(.learningRate).filter(\.isFinite)
    // A rate that jumps explains it.
    let jumps = (rates.max() ?? 0) > 5 * Trace.median(rates)
    let steady = Remedy.Step(
      "Hold the learning rate: it jumps.", .constantLearningRate(Trace.median(rates)))
    let first = [causes.rows, jumps ? steady : clip(trace)].compactMap(\.self)
    return distinct([first] + [clip(trace), causes.lowerRate].map { [$0] })
  }

  /// No setting of the run makes targets differ.
  static func constantTarget(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] { [] }

  static func targetsUnscaled(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    let scale = Remedy.Step(
      "Start the output layer at the targets' mean and size.",
      .outputScale(mean: context.data.targetMean, deviation: context.data.targetDeviation))
    return list(causes, else: [scale]) { [scale, causes.lowerRate, adam] }
  }

  static func inputsUnscaled(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    return list(causes, else: [causes.lowerRate]) { [Causes.scaling, causes.lowerRate] }
  }

  static func penaltyDominates(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    list(Causes(trace, context), else: []) { [.init("Leave the penalties out.", .penalties(times: 0))] }
  }

  static func dropoutDominates(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    list(Causes(trace, context), else: []) { [.init("Leave dropout out.", .dropout(atMost: 0))] }
  }

  static func clippingAlways(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    list(Causes(trace, context), else: []) { [clip(trace), adam] }
  }

  /// Nothing moves, or to no purpose.
  private static func standing(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    let slow = causes.firstUpdate < Causes.goodUpdate / 5
    return list(causes, else: slow ? [causes.higherRate] : [suited, adam]) {
      [slow ? causes.higherRate : causes.lowerRate, adam, suited, Causes.scaling, Causes.batchNormalization]
    }
  }

  // MARK: Parts

  /// All causes together, or `usual` where none shows; each alone; `others`.
  private static func list(
    _ causes: Causes, and more: [Remedy.Step] = [], else usual: [Remedy.Step], _ others: () -> [Remedy.Step]
  ) -> [Remedy] {
    let evident = causes.all + more
    let together = evident.isEmpty ? usual : evident
    return distinct([together] + evident.map { [$0] } + others().map { [$0] })
  }

  static func distinct(_ remedies: [[Remedy.Step]]) -> [Remedy] {
    var found: [Remedy] = []
    for steps in remedies where !steps.isEmpty {
      let remedy = Remedy(steps)
      if !found.contains(where: { $0.steps.map(\.edit) == steps.map(\.edit) }) { found.append(remedy) }
    }
    return found
  }

  private static let suited = Causes.suited

  private static func relu(_ layer: String?) -> Remedy.Step {
    .init(
      "Use \(layer == nil ? "a ReLU in the hidden layers" : "an activation without a ceiling"), with He's initializer, "
        + "which suits it.", .activation("relu", in: layer))
  }

  private static let adam = Remedy.Step(
    "Let Adam scale each weight's step by its own gradients.", .optimizer("adam", learningRate: 0.003))

  private static let clip = Remedy.Step(
    "Clip the gradient to a norm, so that no batch can throw the weights far.", .clip(1))

  private static let rollback = Remedy.Step(
    "Go back to the last healthy checkpoint at a blow-up, and try changes from there.", .rollback)

  /// Hidden layers from which on short cuts are worth their while.
  private static let deep = 6

  private static func shortcuts(_ causes: Causes) -> Remedy.Step {
    .init(
      "Put layers of one width into `residual`: short cuts carry the gradient around all of the \(causes.hidden.count) "
        + "hidden layers.", .shortcuts(from: deep))
  }

  private static func fewerLayers(_ causes: Causes, _ count: Int) -> Remedy.Step {
    .init("Use fewer layers: \(causes.hidden.count) hidden ones are many for a plain chain.", .hiddenLayers(count))
  }

  /// To what nearly all healthy steps stay below.
  private static func clip(_ trace: Trace) -> Remedy.Step {
    let norms = trace.values(.gradientNorm).filter(\.isFinite).sorted()
    let usual = norms.isEmpty ? 1 : norms[norms.count * 9 / 10]
    return .init(
      "Clip the gradient to a norm that nine of ten steps stay below, so that one batch cannot do harm.",
      .clip(usual > 0 ? usual : 1))
  }
}
