/// What is the matter with a run before its first step, by its first batch and what is known of its data.
///
/// - Outputs, loss or gradient that are not finite: critical.
/// - One step of the recipe's own optimizer takes the loss of its own batch to more than 100 times what it was and what a
///   constant has, or beyond what is finite: critical; to more than 3 times: warning.
/// - The weakest gradient of the first half of the layers below 1e-6 of the output layer's: critical; below 0.002: warning.
/// - More than 95 % of a layer's units dead (at 16 rows and more) or outputs saturated (not softsign's, which
///   still pass gradients): critical; more than half, or two thirds: warning.
/// - A loss above 100 times the constant's: warning.
/// - The recipe's highest rate beyond the rate at which the range test blew up: critical; beyond the largest stable one:
///   warning; below a hundredth of the suggested one: notice. A loss that fell at no rate: warning.
/// - `inputs_unscaled`, `targets_unscaled`, `constant_target` as after a run: warning.
public enum BeforeRun {
  static let (blownUp, thrown) = (100.0, 3.0)
  static let (noGradient, littleGradient) = (1e-6, 0.002)
  static let (allUnits, manyDead) = (0.95, 0.5)

  /// - Parameters:
  ///   - range: nil: no range test was made.
  ///   - rate: the recipe's highest.
  /// - Returns: the gravest first.
  public static func findings(
    _ look: FirstLook, context: DiagnosisContext, range: RateRange? = nil, rate: Double = .nan
  ) -> [Finding] {
    let trace = Trace(look.history, profiles: look.profiles)
    var findings: [Finding] = []
    if let finding = nonFinite(look, trace, context) {
      findings.append(finding)
    } else {
      if let finding = firstStep(look, trace, context) { findings.append(finding) }
      if let finding = vanishing(trace, context) { findings.append(finding) }
      findings += [saturated(trace, context), dead(look, trace, context)].compactMap(\.self)
      if let finding = firstLoss(look, trace, context) { findings.append(finding) }
    }
    if let range, let finding = RateFindings.finding(range, rate: rate, trace, context) { findings.append(finding) }
    findings += ConstantTarget.findings(trace, context)
    findings += Unscaled.targets(trace, context) + Unscaled.inputs(trace, context)
    return findings.enumerated().sorted {
      $0.element.level != $1.element.level ? $0.element.level > $1.element.level : $0.offset < $1.offset
    }.map(\.element)
  }

  private static func nonFinite(_ look: FirstLook, _ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let layer = look.outputs.first { $0.nonfinite > 0 }
    let gradient = trace.layers.indices.first { trace.value(.gradientNonfinite, row: 0, layer: $0) > 0 }
    let message: String
    if let layer {
      message =
        "The outputs of `\(layer.layer)` are not finite at the first weights (\(counted(layer.nonfinite, "value")) of "
        + "\(counted(look.rows, "row")))."
    } else if !look.loss.isFinite {
      message = "The loss is not finite at the first weights, though all outputs are."
    } else if let gradient {
      message = "The gradient of `\(trace.layers[gradient].name)` is not finite at the first weights."
    } else {
      return nil
    }
    return Finding(
      .nonFinite, .critical, layer: layer?.layer ?? gradient.map { trace.layers[$0].name },
      figures: [.init("loss", look.loss), .init("nonfinite", Double(layer?.nonfinite ?? 0))], message: message,
      cause: cause(context), remedies: smallerSignals(trace, context))
  }

  private static func firstStep(_ look: FirstLook, _ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let usual = max(look.loss, context.data.constantLoss.isFinite ? context.data.constantLoss : 0)
    let after = look.lossAfterStep
    let times = !after.isFinite ? .infinity : usual > 0 ? after / usual : 0
    guard times > thrown else { return nil }
    let moved = trace.kernels.max {
      trace.value(.updateRatio, row: 0, layer: $0) < trace.value(.updateRatio, row: 0, layer: $1)
    }
    let ratio = moved.map { trace.value(.updateRatio, row: 0, layer: $0) } ?? .nan
    let change = moved.map { " and changes `\(trace.layers[$0].name)` by \(Words.number(ratio)) times itself" } ?? ""
    return Finding(
      .exploding, times > blownUp ? .critical : .warning, layer: moved.map { trace.layers[$0].name },
      figures: [
        .init("loss", look.loss), .init("loss_after_step", after), .init("gradient_norm", look.gradientNorm),
        .init("update_ratio", ratio),
      ],
      message: "One step takes the loss of its own batch from \(Words.number(look.loss)) to "
        + "\(after.isFinite ? Words.number(after) : "what is not finite").",
      cause: "The gradient has norm \(Words.number(look.gradientNorm)); a step at a rate of "
        + "\(Words.number(look.learningRate)) overshoots\(change).",
      remedies: Remedies.exploding(trace, context))
  }

  private static func vanishing(_ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let (chain, isParallel) = trace.stream
    guard chain.count > 1, let last = chain.last else { return nil }
    let output = trace.value(.gradientRms, row: 0, layer: last)
    let early = chain.prefix(chain.count / 2).map { ($0, trace.value(.gradientRms, row: 0, layer: $0) / output) }
    let ends = (early.min { $0.1 < $1.1 }, early.max { $0.1 < $1.1 })
    guard output > 0, let weakest = isParallel ? ends.1 : ends.0, weakest.1 < littleGradient else { return nil }
    let name = trace.layers[weakest.0].name
    return Finding(
      .vanishing, weakest.1 < noGradient ? .critical : .warning, layer: name,
      figures: [.init("ratio_to_output", weakest.1)],
      message: "At the first weights the gradient of `\(name)` is \(Words.number(weakest.1)) of the output layer's.",
      cause: weakest.1 == 0
        ? "What lies behind it passes nothing back: weights of 0, or units that are all dead."
        : "It shrinks from layer to layer on its way back: small weights, or activations that are flat.",
      remedies: Remedies.vanishing(trace, context))
  }

  private static func saturated(_ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    guard let (layer, share) = worst(.saturatedFraction, trace), share >= Saturated.share else { return nil }
    let name = trace.layers[layer].name
    // Softsign's derivative falls with the square of the sum only: such layers train.
    let isShut = share > allUnits && trace.layers[layer].activation != "softsign"
    return Finding(
      .saturated, isShut ? .critical : .warning, layer: name, figures: [.init("saturated_fraction", share)],
      message:
        "At the first weights \(Words.percent(share)) of the outputs of `\(name)` lie where its activation is flat.",
      cause: cause(context), remedies: Remedies.saturated(trace, layer: layer, context))
  }

  private static func dead(_ look: FirstLook, _ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    // A batch of few rows finds healthy units idle, too.
    guard look.rows >= 16, let (layer, share) = worst(.deadFraction, trace), share > manyDead else { return nil }
    let name = trace.layers[layer].name
    return Finding(
      .deadUnits, share > allUnits ? .critical : .warning, layer: name, figures: [.init("dead_fraction", share)],
      message:
        "At the first weights \(Words.percent(share)) of the units of `\(name)` are 0 for every row of the batch.",
      cause: "Initial weights or biases hold their sums below zero.",
      remedies: Remedies.deadUnits(trace, layer: layer, context))
  }

  private static func firstLoss(_ look: FirstLook, _ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let constant = context.data.constantLoss
    guard constant > 0, look.loss > 100 * constant else { return nil }
    return Finding(
      .firstLoss, .warning,
      figures: [.init("loss", look.loss), .init("constant_loss", constant)],
      message:
        "The loss at the first weights is \(Words.number(look.loss)), \(Words.number(look.loss / constant)) times what "
        + "a constant has (\(Words.number(constant))).",
      cause: cause(context), remedies: smallerSignals(trace, context))
  }

  // MARK: Parts

  /// No rate and no clipping mends signals that are too large before the first step.
  private static func smallerSignals(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    Remedies.exploding(trace, context).filter { remedy in
      remedy.steps.contains { step in
        switch step.edit {
        case .optimizer, .learningRate, .constantLearningRate, .clip: false
        default: true
        }
      }
    }
  }

  private static func cause(_ context: DiagnosisContext) -> String {
    if Unscaled.hasOddFeatures(context.data), !(context.data.largestFeatureDeviation < 0.03) {
      return "The features are so large that the first layer's sums are."
    }
    if Unscaled.hasLargeTargets(context.data) { return "The targets lie far from what a fresh network answers." }
    return "The initial weights or biases are so large that signals grow from layer to layer."
  }

  private static func worst(_ column: KernelColumn, _ trace: Trace) -> (layer: Int, share: Double)? {
    trace.layers.indices.map { ($0, trace.value(column, row: 0, layer: $0)) }.filter { $0.1.isFinite }
      .max { $0.1 < $1.1 }
  }
}
