/// The run learns, but would need several times its steps.
///
/// The loss stands above 0.7 of the constant's and fell over the second half of the run, in four of five pairs of its
/// windows, by at most a quarter of what is left to 0.7: warning. Its figure is how many times as many steps it
/// would take to 0.7 if the loss went on as over the second half; beyond 1000 it does not learn.
struct Slow {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    guard loss.constant > 0, loss.last > 0.7 * loss.constant, trace.steps >= Vanishing.costlySteps else { return [] }
    let fallen = loss.recentFall * abs(loss.middle)
    guard fallen > 0 else { return [] }
    let evidence = Evidence.rate(trace, context)
    if case .broughtToNothing = evidence { return [] }
    // Middle and end are four tenths of the run apart: medians of the fifths before its half and before its end.
    let times = 1 + (loss.last - 0.7 * loss.constant) / fallen * 0.5
    guard times >= 1.5, times < 1000 else { return [] }
    let rate = trace.values(.learningRate).last ?? .nan
    return [
      Finding(
        .slow, .warning, figures: [.init("times", times), .init("loss", loss.last), .init("learning_rate", rate)],
        message: "The loss falls, but too slowly: it stands at \(Words.number(loss.last)), and would need about "
          + "\(Words.number(times.rounded())) times as many steps to be well below "
          + "\(Words.number(loss.constant)), which a constant answer has.",
        cause: evidence.map(Evidence.words) ?? cause(trace, rate), remedies: Remedies.slow(trace, context))
    ]
  }

  private static func cause(_ trace: Trace, _ rate: Double) -> String {
    let moves = trace.kernels.map { trace.median(.updateRatio, rows: trace.tail, layer: $0) }.filter(\.isFinite)
    return "An update changes the fastest layer by \(Words.number(moves.max() ?? .nan)) of its weights, at a learning "
      + "rate of \(Words.number(rate)): small steps for the few that there are."
  }
}
