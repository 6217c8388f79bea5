/// What to do about layers that read sequences.
extension Remedies {
  static func vanishingThroughTime(
    _ trace: Trace, _ profile: LayerProfile?, _ context: DiagnosisContext
  ) -> [Remedy] {
    let name = profile?.name
    let patient = [sequenceClip, quick(trace, context), longer(trace)].compactMap(\.self)
    guard let recurrence = profile?.recurrence, recurrence.isGated else {
      return distinct([
        [gated("lstm", name)] + patient, [gated("gru", name)] + patient, [gated("lstm", name)], [gated("gru", name)],
        [orthogonal(name)],
      ])
    }
    let forget = recurrence.startsOpen ? [] : [forgetBias(name)]
    return distinct([forget + patient, forget, patient, [orthogonal(name)]])
  }

  /// For a layer with gates that have not learnt to keep the state yet.
  static func unopenedGates(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let patient = [sequenceClip, quick(trace, context), longer(trace)].compactMap(\.self)
    return distinct([patient, [longer(trace) ?? .init("Train longer.", .epochs(times: 3))]])
  }

  static func explodingThroughTime(
    _ trace: Trace, _ profile: LayerProfile?, _ context: DiagnosisContext
  ) -> [Remedy] {
    let causes = Causes(trace, context)
    let name = profile?.name
    // What recovery has found, from the first step on.
    var remedies = [causes.recovered, [orthogonal(name), sequenceClip], [sequenceClip], [orthogonal(name)]]
    if profile?.recurrence?.isGated == false { remedies.append([gated("lstm", name), sequenceClip]) }
    return distinct(remedies + [[causes.lowerRate], [truncation(trace, name)]])
  }

  static func gatesSaturated(
    _ trace: Trace, layer: String, fromTheStart: Bool, _ context: DiagnosisContext
  ) -> [Remedy] {
    let causes = Causes(trace, context)
    let name = trace.profile(of: layer)?.name ?? layer
    let start = [Causes.suited, orthogonal(name)]
    let inputs = causes.inputs.map { [$0] } ?? []
    return distinct(
      fromTheStart ? [inputs + start, start, [causes.lowerRate]] : [[causes.lowerRate, sequenceClip], inputs, start])
  }

  static func attention(_ trace: Trace, _ context: DiagnosisContext) -> [Remedy] {
    let causes = Causes(trace, context)
    let warmup = Remedy.Step(
      "Let the rate rise over the first steps: scores grow fastest while queries and keys are new.",
      .warmup(steps: max(100, min(10_000, Int(trace.places.last?.step ?? 0) / 10))))
    return distinct([[causes.lowerRate, warmup], [causes.lowerRate], [warmup], [sequenceClip]])
  }

  // MARK: Parts

  private static func gated(_ kind: String, _ layer: String?) -> Remedy.Step {
    let gates =
      kind == "lstm"
      ? "its cell carries the gradient back unchanged while the forget gate is open"
      : "where its update gate is open the state, and the gradient, pass unchanged"
    return .init("Use `\(kind)` in the place of the layer: \(gates).", .recurrentLayer(kind, in: layer))
  }

  private static func forgetBias(_ layer: String?) -> Remedy.Step {
    .init(
      "Let the forget gate start open (Gers et al. 2000; Jozefowicz et al. 2015): three quarters of the state are kept a "
        + "step, not a half.", .forgetBias(in: layer))
  }

  private static func orthogonal(_ layer: String?) -> Remedy.Step {
    .init(
      "Start from an orthogonal recurrent kernel, which neither shrinks nor stretches the state.",
      .recurrentInitializer("orthogonal", in: layer))
  }

  private static let sequenceClip = Remedy.Step(
    "Clip the gradient's norm, so that a long product that is large once does no harm.", .clip(1))

  /// A rate at which gates open within some hundred steps; nil: the run has it.
  private static func quick(_ trace: Trace, _ context: DiagnosisContext) -> Remedy.Step? {
    let rate = trace.values(.learningRate).filter { $0.isFinite && $0 > 0 }.max() ?? 0.001
    if ["adam", "adamw", "nadam"].contains(context.optimizer ?? "") {
      guard rate < 0.005 else { return nil }
      return .init("Raise the rate to one at which gates open soon.", .learningRate(times: 0.01 / rate))
    }
    return .init(
      "Let Adam scale each weight's step, at a rate at which gates open soon.", .optimizer("adam", learningRate: 0.01))
  }

  /// Steps that gates take until they keep a state for hundreds of times.
  private static let patience = 3000.0

  private static func longer(_ trace: Trace) -> Remedy.Step? {
    let steps = Double(trace.places.last?.step ?? 0)
    guard steps > 0, steps < patience / 1.5 else { return nil }
    return .init(
      "Train for some thousand steps: until its gates are open nothing is to be seen.",
      .epochs(times: (patience / steps).rounded(.up)))
  }

  private static func truncation(_ trace: Trace, _ layer: String?) -> Remedy.Step {
    let series = trace.series.filter { $0.column == .throughTime }
    let times = series.map { ThroughTime.times($0.positions.map { Int($0) }) }.max() ?? 0
    return .init(
      "Send the gradient back through fewer steps: beyond them nothing is learnt, and nothing explodes.",
      .truncation(max(1, times / 4)))
  }
}
