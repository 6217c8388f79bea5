/// Saturated activations: outputs of a sigmoid, tanh or softsign where the function is flat and passes back hardly a
/// gradient (its derivative is below 4 % of its largest value).
///
/// Two thirds of a layer's outputs over the last fifth of the run. A warning where the loss is above a fifth of the
/// constant's (that not known: has not fallen by three tenths), or the layer has stood so from the first five steps on:
/// the initial weights are at fault. Else a notice: many a network that trains well ends so in one layer or another.
struct Saturated {
  static let share = 0.65

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    let layers = trace.layers.indices.map { ($0, trace.median(.saturatedFraction, rows: trace.tail, layer: $0)) }
    guard !trace.windows.isEmpty, let worst = layers.filter({ $0.1 >= share }).max(by: { $0.1 < $1.1 })
    else { return [] }
    let opening = 0..<min(Trace.windowRows, trace.places.count)
    let flat = layers.filter { $0.1 >= share }
    let fromTheStart = flat.contains { trace.median(.saturatedFraction, rows: opening, layer: $0.0) >= share }
    let name = trace.layers[worst.0].name
    let others = flat.count == 1 ? "" : ", and in \(flat.count - 1) more layers"
    return [
      Finding(
        .saturated, !loss.isUseful || fromTheStart || loss.last > 0.2 * loss.constant ? .warning : .notice, layer: name,
        figures: [.init("saturated_fraction", worst.1), .init("layers", Double(flat.count))],
        message: "\(Words.percent(worst.1)) of the outputs of `\(name)` lie where its activation is flat\(others).",
        cause: cause(trace, context, layer: worst.0, fromTheStart: fromTheStart),
        remedies: Remedies.saturated(trace, layer: worst.0, context))
    ]
  }

  private static func cause(
    _ trace: Trace, _ context: DiagnosisContext, layer: Int, fromTheStart: Bool
  ) -> String {
    if fromTheStart, layer == trace.chain.first, Unscaled.hasOddFeatures(context.data) {
      return "The features are so large that the first layer's sums are far from zero."
    }
    if fromTheStart { return "The initial weights or biases are so large that the sums are far from zero." }
    if let rate = Evidence.rate(trace, context) { return Evidence.words(rate) }
    return "Its weights have grown until the sums are far from zero."
  }
}
