/// Dead units: outputs of a ReLU that are 0 for every row of a batch, which get no gradient.
///
/// Medians over the last fifth of the run. All units of a layer: critical, nothing passes. Nine tenths: a warning where
/// the loss has not fallen by 30 %, else a notice. Two thirds: notice. A batch of 32 finds up to half of a healthy
/// layer's units idle, since not every unit is meant for every row.
struct DeadUnits {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace)
    let layers = trace.layers.indices.map { ($0, trace.median(.deadFraction, rows: trace.tail, layer: $0)) }
    guard !trace.windows.isEmpty, let worst = layers.filter({ $0.1 >= 2 / 3.0 }).max(by: { $0.1 < $1.1 }) else {
      return []
    }
    let name = trace.layers[worst.0].name
    var level = Finding.Level.notice
    if worst.1 >= 0.9 && loss.isFlat && loss.fall < 0.3 { level = .warning }
    if worst.1 == 1 && loss.isFlat { level = .critical }
    let count = layers.filter { $0.1 >= 2 / 3.0 }.count
    let others = count == 1 ? "" : " (\(count) layers have two thirds or more)"
    return [
      Finding(
        .deadUnits, level, layer: name,
        figures: [.init("dead_fraction", worst.1), .init("layers", Double(count))],
        message: "\(Words.percent(worst.1)) of the units of `\(name)` are 0 for every row of a batch and learn "
          + "nothing\(others).",
        cause: "A large step, or small weights, moved their sums below zero for all of the data; from there no "
          + "gradient leads back.",
        remedies: Remedies.deadUnits(trace, layer: worst.0, context))
    ]
  }
}
