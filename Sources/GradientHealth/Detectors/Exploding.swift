/// Exploding gradients: norms and loss that grow from step to step, up to Inf.
///
/// - A row that is not finite, or the run's end in a blow-up, where before it the norm or the loss stood 30 times above
///   what is usual, or an update was larger than half of the weights: critical.
/// - The last windows' norm 30 times that of the calmest window and their loss 3 times the best one: critical if the
///   loss is no lower than at first, else a warning.
/// - Half of the updates of a window larger than half of the weights, and the loss no lower than at first: warning.
/// - The loss at the end above 10 times the constant's and 3 times the first one, or a blow-up with a loss of 100 times
///   the constant's: critical where the end is no better than a constant, else a warning.
/// - Two blow-ups in the run's events, rolled back since: warning.
///
/// Measured: exploding runs grow 20 to 1e14 times a step (regression with weights of 4 to 5, He without scaled targets,
/// SGD at a rate of 5). Of 60 healthy models the largest norm is 4 to 40 times the median, the last windows' at most 12
/// times the calmest, the loss falls; updates are at most a tenth of the weights.
struct Exploding {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    if let finding = endedNonFinite(trace, context) { return [finding] }
    if let finding = diverging(trace, context) { return [finding] }
    if let finding = thrownOff(trace, context) { return [finding] }
    if let finding = oscillating(trace, context) { return [finding] }
    let blowups = context.events.filter { $0.kind == "blowup" }
    guard blowups.count >= 2, let first = blowups.first, let last = blowups.last else { return [] }
    return [
      Finding(
        .exploding, .warning, figures: [.init("blowups", Double(blowups.count))],
        message: "The run blew up \(blowups.count) times, first at step \(first.step) and last at step \(last.step), "
          + "each time from healthy weights.",
        cause: cause(trace, context), remedies: Remedies.exploding(trace, context))
    ]
  }

  private static func endedNonFinite(_ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let (losses, norms) = (trace.values(.lossMax), trace.values(.gradientNormMax))
    let nonFinite = losses.indices.first { !losses[$0].isFinite || !norms[$0].isFinite }
    // The step may have been withheld before its loss or gradient were not finite: its update would have been.
    guard let bad = nonFinite ?? (endedByEvent(trace, context) ? losses.count : nil), bad >= losses.count - 10 else {
      return nil
    }
    let growth = max(Exploding.growth(losses[..<bad].map(abs)), Exploding.growth(Array(norms[..<bad])))
    let step = Int64(trace.places.indices.contains(bad) ? trace.places[bad].step : trace.places.last?.step ?? 0)
    let layer = loudest(trace, row: max(0, bad - 1))
    guard growth >= 30 else { return thrownAway(trace, bad: bad, context) }
    return Finding(
      .exploding, .critical, layer: layer.map { trace.layers[$0].name },
      figures: [
        .init("growth", growth), .init("step", Double(step)), .init("last_norm", norms[max(0, bad - 1)]),
        .init("last_loss", losses[max(0, bad - 1)]),
      ],
      message: "Gradients and loss grew from step to step, to \(Words.number(growth)) times what they were, until at "
        + "step \(step) the run blew up.",
      cause: cause(trace, context), remedies: Remedies.exploding(trace, context))
  }

  /// Whether the newest row is of a step that an event calls a blow-up.
  static func endedByEvent(_ trace: Trace, _ context: DiagnosisContext) -> Bool {
    guard let last = trace.places.last else { return false }
    return context.standsOnBlowup || context.events.contains { $0.kind == "blowup" && Int64($0.step) >= last.step }
  }

  /// An update of the weights' own size, then the end: there was no time to grow.
  private static func thrownAway(_ trace: Trace, bad: Int, _ context: DiagnosisContext) -> Finding? {
    guard bad > 0 else { return nil }
    let ratios = trace.kernels.map { (layer: $0, value: trace.value(.updateRatio, row: bad - 1, layer: $0)) }
    guard let worst = ratios.filter({ $0.value > 0.5 }).max(by: { $0.value < $1.value }) else { return nil }
    let name = trace.layers[worst.layer].name
    let step = trace.places[min(bad, trace.places.count - 1)].step
    return Finding(
      .exploding, .critical, layer: name,
      figures: [.init("update_ratio", worst.value), .init("step", Double(step))],
      message: "One update changed the weights of `\(name)` by \(Words.percent(worst.value)) of their size, and at "
        + "step \(step) the run blew up.",
      cause: cause(trace, context), remedies: Remedies.exploding(trace, context))
  }

  /// How far the newest of these values, all finite, stand above the usual: the last one against the median of those
  /// before the last twenty, or, in a run that short, against the first.
  private static func growth(_ values: [Double]) -> Double {
    guard let last = values.last, let first = values.first, values.count >= 2 else { return 1 }
    let before = values.dropLast(20)
    let usual = before.count >= 5 ? Trace.median(Array(before)) : first
    return usual > 0 ? (values.suffix(3).max() ?? last) / usual : 1
  }

  private static func diverging(_ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let loss = LossCourse(trace, context)
    guard trace.windows.count >= 2 else { return nil }
    let norms = trace.windows.map { trace.median(.gradientNorm, rows: $0.rows) }
    let calmest = norms.filter { $0 > 0 }.min() ?? .nan
    let now = trace.median(.gradientNorm, rows: trace.tail)
    guard now >= 30 * calmest, loss.last >= 3 * loss.best else { return nil }
    return Finding(
      .exploding, loss.last >= loss.first ? .critical : .warning,
      layer: loudest(trace, row: trace.places.count - 1).map { trace.layers[$0].name },
      figures: [.init("growth", now / calmest), .init("loss", loss.last), .init("best_loss", loss.best)],
      message: "The gradient's norm is \(Words.number(now / calmest)) times what it was at its calmest, and the loss "
        + "rose from \(Words.number(loss.best)) to \(Words.number(loss.last)).",
      cause: cause(trace, context), remedies: Remedies.exploding(trace, context))
  }

  /// The loss ended, or a step blew up, far above what a constant answer has and what the run began with.
  private static func thrownOff(_ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let loss = LossCourse(trace, context)
    guard loss.constant > 0, let began = trace.dataLosses.first(where: \.isFinite) else { return nil }
    let peak =
      zip(trace.values(.lossMax), trace.values(.gradientNormMax)).lazy.filter { $0.0.isFinite && $0.1.isFinite }
      .map(\.0).max() ?? .nan
    let blewUp = context.standsOnBlowup || context.events.contains { $0.kind == "blowup" }
    let isHigh = loss.last > 10 * loss.constant && loss.last > 3 * began
    guard isHigh || blewUp && peak > 100 * loss.constant else { return nil }
    let value = isHigh ? loss.last : peak
    return Finding(
      .exploding, loss.isUseless ? .critical : .warning,
      layer: loudest(trace, row: trace.places.count - 1).map { trace.layers[$0].name },
      figures: [.init("loss", value), .init("first_loss", began), .init("constant_loss", loss.constant)],
      message:
        "The loss \(isHigh ? "stands at" : "was up to") \(Words.number(value)), \(Words.number(value / loss.constant)) "
        + "times that of a constant answer\(blewUp ? ", and the run blew up" : ""); it began at \(Words.number(began)).",
      cause: cause(trace, context), remedies: Remedies.exploding(trace, context))
  }

  private static func oscillating(_ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let loss = LossCourse(trace, context)
    guard !trace.windows.isEmpty, !(loss.last < 0.95 * loss.first) else { return nil }
    for layer in trace.kernels {
      let ratio = trace.median(.updateRatio, rows: trace.tail, layer: layer)
      guard ratio > 0.5 else { continue }
      return Finding(
        .exploding, .warning, layer: trace.layers[layer].name,
        figures: [.init("update_ratio", ratio), .init("loss", loss.last)],
        message: "Each update changes the weights of `\(trace.layers[layer].name)` by \(Words.percent(ratio)) of their "
          + "size: they are thrown about and the loss does not fall.",
        cause: cause(trace, context), remedies: Remedies.exploding(trace, context))
    }
    return nil
  }

  private static func loudest(_ trace: Trace, row: Int) -> Int? {
    guard trace.places.indices.contains(row) else { return nil }
    return trace.kernels.filter { trace.value(.gradientRms, row: row, layer: $0).isFinite }
      .max { trace.value(.gradientRms, row: row, layer: $0) < trace.value(.gradientRms, row: row, layer: $1) }
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext) -> String {
    let rows = 0..<min(1, trace.places.count)
    for layer in trace.kernels {
      let rms = trace.median(.weightRms, rows: rows, layer: layer)
      if rms > 1.5 {
        return "The weights of `\(trace.layers[layer].name)` are large (rms \(Words.number(rms)) at the first step): "
          + "outputs and gradients grow with every layer."
      }
    }
    if Unscaled.hasOddFeatures(context.data),
      context.data.largestFeatureDeviation > 30 || context.data.largestFeatureMean > 30
    {
      return "The features are large (see `inputs_unscaled`): gradients carry their size, and are too large for the "
        + "learning rate."
    }
    if let loss = trace.values(.loss).first, loss > 1000 {
      return "The loss starts at \(Words.number(loss)): targets of that size make gradients too large for the learning "
        + "rate."
    }
    return "The learning rate is too high for these gradients: each update overshoots by more than the one before."
  }
}
