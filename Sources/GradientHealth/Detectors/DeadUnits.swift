/// Dead units: outputs of a ReLU that are 0 for every row, which get no gradient.
///
/// The history knows which share is 0 for every row of a batch. A unit that is dead is so in each, so that the smallest
/// share over the last fifth of the run is what can be dead at most; a batch of few rows finds healthy units idle, too.
/// More than half of a layer (of batches below 16 rows: more than three quarters): warning. All of it, and the loss
/// flat: critical, nothing passes. Two thirds in the median batch: notice.
struct DeadUnits {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    let limit = context.batchSize >= 16 ? 0.5 : 0.75
    let layers = trace.layers.indices.map { layer in
      (
        layer: layer, always: least(trace, layer: layer),
        usual: trace.median(.deadFraction, rows: trace.tail, layer: layer)
      )
    }
    let told = layers.filter { $0.always > limit || $0.usual >= 2 / 3.0 }
    guard !trace.windows.isEmpty, let worst = told.max(by: { ($0.always, $0.usual) < ($1.always, $1.usual) }) else {
      return []
    }
    let name = trace.layers[worst.layer].name
    var level = worst.always > limit ? Finding.Level.warning : .notice
    if worst.always == 1 && loss.isFlat && !(loss.constant > 0 && loss.isUseful) { level = .critical }
    let share = level == .notice ? worst.usual : worst.always
    let others = told.count == 1 ? "" : " (\(told.count) layers have as good as that many)"
    return [
      Finding(
        .deadUnits, level, layer: name,
        figures: [.init("dead_fraction", share), .init("layers", Double(told.count))],
        message: "\(Words.percent(share)) of the units of `\(name)` are 0 for every row of "
          + "\(level == .notice ? "a batch" : "every batch") and learn nothing\(others).",
        cause: cause(trace, context, layer: worst.layer),
        remedies: Remedies.deadUnits(trace, layer: worst.layer, context))
    ]
  }

  /// The smallest share of the last fifth; NaN: the layer has none.
  private static func least(_ trace: Trace, layer: Int) -> Double {
    trace.tail.map { trace.value(.deadFraction, row: $0, layer: layer) }.filter(\.isFinite).min() ?? .nan
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext, layer: Int) -> String {
    if trace.median(.deadFraction, rows: 0..<min(1, trace.places.count), layer: layer) > 0.5 {
      return "They were so from the first step: initial weights or biases hold their sums below zero."
    }
    if let rate = Evidence.rate(trace, context) { return Evidence.words(rate) }
    return "Steps have moved their sums below zero for all of the data; from there no gradient leads back."
  }
}
