/// Saturated activations: outputs of a sigmoid, tanh or softsign where the function is flat and passes back hardly a
/// gradient (its derivative is below 4 % of its largest value).
///
/// Over the last fifth of the run: three quarters of a layer's outputs are a notice, for many a network that trains well
/// ends so in one layer or another; where the loss has not fallen by 30 % either, a warning.
struct Saturated {
  static let share = 0.75

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace)
    let layers = trace.layers.indices.map { ($0, trace.median(.saturatedFraction, rows: trace.tail, layer: $0)) }
    guard !trace.windows.isEmpty, let worst = layers.filter({ $0.1 >= share }).max(by: { $0.1 < $1.1 }) else {
      return []
    }
    let count = layers.filter { $0.1 >= share }.count
    let name = trace.layers[worst.0].name
    let others = count == 1 ? "" : ", and in \(count - 1) more layers"
    return [
      Finding(
        .saturated, loss.isFlat && loss.fall < 0.3 ? .warning : .notice, layer: name,
        figures: [.init("saturated_fraction", worst.1), .init("layers", Double(count))],
        message: "\(Words.percent(worst.1)) of the outputs of `\(name)` lie where its activation is flat\(others).",
        cause: "Weights or inputs are so large that the activation's argument is far from zero.",
        remedies: Remedies.saturated(trace, layer: worst.0, context))
    ]
  }
}
