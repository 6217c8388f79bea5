/// What to do about layers that read sequences.
extension Remedies {
  static func vanishingThroughTime(
    _ trace: Trace, _ profile: LayerProfile?, _ context: DiagnosisContext
  ) -> [Remedy] {
    let name = profile?.name
    guard let recurrence = profile?.recurrence, recurrence.isGated else {
      return distinct([
        // Gates open within some hundred steps at this rate; with the limit, no batch throws them back.
        [gated("lstm", name), sequenceClip, quickAdam], [gated("gru", name), sequenceClip, quickAdam],
        [gated("lstm", name)], [gated("gru", name)], [orthogonal(name)], [quickAdam],
      ])
    }
    let forget = recurrence.startsOpen ? [] : [forgetBias(name)]
    return distinct([forget, forget + [sequenceClip, quickAdam], [quickAdam], [orthogonal(name)]])
  }

  static func explodingThroughTime(
    _ trace: Trace, _ profile: LayerProfile?, _ context: DiagnosisContext
  ) -> [Remedy] {
    let causes = Causes(trace, context)
    let name = profile?.name
    var remedies = [[orthogonal(name), sequenceClip], [sequenceClip], [orthogonal(name)]]
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

  private static let quickAdam = Remedy.Step(
    "Let Adam scale each weight's step, at a rate at which gates open soon.", .optimizer("adam", learningRate: 0.01))

  private static func truncation(_ trace: Trace, _ layer: String?) -> Remedy.Step {
    let series = trace.series.filter { $0.column == .throughTime }
    let times = series.map { ThroughTime.times($0.positions.map { Int($0) }) }.max() ?? 0
    return .init(
      "Send the gradient back through fewer steps: beyond them nothing is learnt, and nothing explodes.",
      .truncation(max(1, times / 4)))
  }
}
