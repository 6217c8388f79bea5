/// Frozen layers: weights that no longer change.
///
/// Medians over the last fifth of the run. A layer whose updates are below 1e-7 of its weights (the last bit of a float32
/// is 6e-8 of it), while another layer's are a thousand times larger: warning. All layers so, at a learning rate that has
/// not been brought to nothing by its schedule: warning, and the rate is too small.
struct Frozen {
  static let still = 1e-7

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    guard trace.steps >= 2 * Trace.windowSteps else { return [] }
    let layers = trace.chain.map { ($0, trace.median(.updateRatio, rows: trace.tail, layer: $0)) }
      .filter { !$0.1.isNaN }
    guard let fastest = layers.map(\.1).max(), let slowest = layers.min(by: { $0.1 < $1.1 }), slowest.1 < still else {
      return []
    }
    let name = trace.layers[slowest.0].name
    if fastest >= 1000 * slowest.1 && fastest >= 1e-5 {
      let frozen = layers.filter { $0.1 < still }
      let others = frozen.count == 1 ? "" : " (and of \(frozen.count - 1) more layers)"
      return [
        Finding(
          .frozen, .warning, layer: name,
          figures: [.init("update_ratio", slowest.1), .init("largest_update_ratio", fastest)],
          message: "The weights of `\(name)`\(others) no longer move: an update is \(Words.number(slowest.1)) of their "
            + "size, that of the fastest layer \(Words.number(fastest)).",
          cause: "Hardly a gradient reaches it, and the optimizer does not make up for it.",
          remedies: Remedies.frozen(context))
      ]
    }
    let rates = trace.values(.learningRate)
    guard fastest < still, let rate = rates.last, rate > 0.1 * (rates.max() ?? 0) else { return [] }
    let loss = LossCourse(trace)
    guard !(loss.fall > 0.3) else { return [] }
    return [
      Finding(
        .frozen, .warning, figures: [.init("update_ratio", fastest), .init("learning_rate", rate)],
        message: "No layer's weights move: the largest update is \(Words.number(fastest)) of their size.",
        cause: "The learning rate (\(Words.number(rate))) is too small for these gradients, or there are none.",
        remedies: Remedies.frozen(context))
    ]
  }
}
