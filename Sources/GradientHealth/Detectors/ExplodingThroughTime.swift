/// Gradients that grow on their way back through time, as with a recurrent kernel whose spectral radius is well above 1.
///
/// The figure is the largest rms of dL/dh(t) at any time against that at the last, of which half of a window's rows have more;
/// Inf where it is not finite. Beyond 10 it is named. Where each time has a loss of its own, or that is not known, the first
/// times gather the gradients of all later ones: there only beyond 10 times their number.
///
/// At the end of the run: critical where that ended in a blow-up or has learnt nothing, a notice where it is useful, else a
/// warning. Before it: a warning where the run blew up, else a notice, unless the run is useful. What recovery has gone back from
/// is no longer in the history; an event of the run tells of it.
///
/// Measured on the adding problem, at the first weights, 50 to 200 times: orthogonal and identity kernels 1; with gain 1.2 4 to
/// 16; with gain 1.5 80 to 9e5 under tanh, 3e8 to Inf under ReLU. LSTM and GRU, from the first step to the last: 1.
struct ExplodingThroughTime {
  static let grown = 10.0

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let all = trace.series.indices.filter { trace.series[$0].column == .throughTime }
      .compactMap { finding(trace, series: $0, context) }
    // The gravest speaks for all.
    return (all.max { $0.level < $1.level } ?? mended(trace, context)).map { [$0] } ?? []
  }

  /// What a blow-up's history showed that has been gone back from: the run's events tell of it.
  private static func mended(_ trace: Trace, _ context: DiagnosisContext) -> Finding? {
    let name = Finding.Name.explodingThroughTime
    guard let event = context.events.last(where: { $0.kind == name.rawValue }) else { return nil }
    let layers = trace.series.filter { $0.column == .throughTime }.map(\.layer)
    let profile = layers.first { event.message.contains("`\($0)`") }.flatMap { trace.profile(of: $0) }
    return Finding(
      name, .warning, layer: profile?.name, figures: [.init("step", Double(event.step))],
      message: "At step \(event.step), which has been gone back from: \(event.message)", cause: cause(profile),
      remedies: Remedies.explodingThroughTime(trace, profile, context))
  }

  private static func finding(_ trace: Trace, series number: Int, _ context: DiagnosisContext) -> Finding? {
    let layer = trace.series[number].layer
    let profile = trace.profile(of: layer)
    let times = ThroughTime.times(trace.series[number].positions.map { Int($0) })
    let limit = profile?.recurrence?.answersAtEnd == true ? grown : grown * Double(times)
    let stretches = trace.stretches
    let growths = stretches.map { growth(trace, series: number, rows: $0) }
    guard let worst = growths.indices.max(by: { growths[$0] < growths[$1] }), growths[worst] > limit,
      let last = growths.last
    else { return nil }
    let loss = LossCourse(trace, context)
    let blewUp = context.standsOnBlowup || context.hasDiverged || context.events.contains { $0.kind == "blowup" }
    let isNow = last > limit
    let isUseful = !trace.windows.isEmpty && loss.isUseful
    let level: Finding.Level
    if isNow {
      let isLost =
        context.standsOnBlowup || context.hasDiverged
        || loss.isUseless && trace.steps >= Vanishing.costlySteps
      level = isLost ? .critical : isUseful ? .notice : .warning
    } else {
      if isUseful && !blewUp { return nil }
      level = blewUp ? .warning : .notice
    }
    let value = isNow ? last : growths[worst]
    let step = trace.places[stretches[isNow ? growths.count - 1 : worst].upperBound - 1].step
    let when = isNow ? "is" : "was, up to step \(step),"
    let size = value.isFinite ? "\(Words.number(value)) times what it is at the last" : "not finite"
    return Finding(
      .explodingThroughTime, level, layer: layer,
      figures: [.init("growth", value), .init("times", Double(times)), .init("until", Double(step))],
      message: "On its way back through \(times) steps of time the gradient of `\(layer)` grows: it \(when) \(size).",
      cause: cause(profile), remedies: Remedies.explodingThroughTime(trace, profile, context))
  }

  /// Of a window: what half of its rows exceed.
  private static func growth(_ trace: Trace, series number: Int, rows: Range<Int>) -> Double {
    let growths = rows.map { trace.throughTime(number, rows: $0..<$0 + 1).growth }.filter { !$0.isNaN }.sorted()
    return growths.isEmpty ? 0 : growths[growths.count / 2]
  }

  private static func cause(_ profile: LayerProfile?) -> String {
    let kernel = "Each step back multiplies it by the recurrent kernel, whose largest singular values are above 1"
    if profile?.recurrence?.isGated == false {
      return kernel
        + ": small changes of early inputs change the end beyond measure, and steps of the optimizer overshoot."
    }
    return kernel + "; gates that let more through than they keep do the same."
  }
}
