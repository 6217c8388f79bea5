/// Gates of a recurrent layer that stand where their activation is flat, so that hardly a gradient moves them.
///
/// Nine tenths of a gate's values in the median of the run's end, in a run that is not useful (above 0.7 of the constant's
/// loss): warning, from step 100 on. Where the loss is useful nothing is said: a forget gate that stands open is how an LSTM
/// keeps what it has read.
struct GatesSaturated {
  static let share = 0.9
  static let fewestSteps = 100

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    guard !trace.windows.isEmpty, trace.steps >= fewestSteps, !loss.isUseful else { return [] }
    var all: [(series: Int, gate: Int, value: Double)] = []
    for number in trace.series.indices where trace.series[number].column == .gateSaturation {
      for gate in trace.series[number].positions.indices {
        let value = trace.median(series: number, position: gate, rows: trace.tail)
        if value >= share { all.append((number, gate, value)) }
      }
    }
    guard let worst = all.max(by: { $0.value < $1.value }) else { return [] }
    let series = trace.series[worst.series]
    let name = GateNames.name(worst.gate, of: series.positions.count)
    let opening = 0..<min(Trace.windowRows, trace.places.count)
    let fromTheStart = trace.median(series: worst.series, position: worst.gate, rows: opening) >= share
    let others = all.count == 1 ? "" : " (and so do \(all.count - 1) more)"
    return [
      Finding(
        .gatesSaturated, .warning, layer: series.layer,
        figures: [
          .init("saturated_fraction", worst.value), .init("gate", Double(worst.gate)),
          .init("gates", Double(all.count)),
        ],
        message:
          "\(Words.percent(worst.value)) of the values of the \(name) gate lie where it is flat\(others): it is open or "
          + "shut whatever comes, and does not learn.",
        cause: cause(trace, context, fromTheStart: fromTheStart),
        remedies: Remedies.gatesSaturated(trace, layer: series.layer, fromTheStart: fromTheStart, context))
    ]
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext, fromTheStart: Bool) -> String {
    if fromTheStart, Unscaled.hasOddFeatures(context.data) {
      return "The features are so large that the gates' sums are far from zero."
    }
    if fromTheStart { return "The initial weights or biases are so large that the gates' sums are far from zero." }
    return Evidence.rate(trace, context).map(Evidence.words)
      ?? "Its weights have grown until the sums are far from zero."
  }
}
