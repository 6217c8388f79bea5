/// Attention scores that grow without bound. Before such runs diverge, their largest score rises for thousands of steps, while
/// the loss still looks well [Dehghani et al.: Scaling vision transformers to 22 billion parameters, 2023; Zhai et al. 2023].
///
/// A head's largest score (scaled, before the softmax) above 50 over the end of the run, and in the last window a quarter
/// above that of the run's half: warning. Scores of 50 leave all but one position less than 1e-20. So is one above 200 that
/// was less than a tenth of it at the first step, though it rises no more: a rate that is much too high brings it there
/// within some ten steps.
struct LogitsGrowing {
  static let large = 50.0
  static let growth = 1.25
  static let extreme = 200.0
  static let leap = 10.0
  static let fewestSteps = 100

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    guard trace.windows.count >= 2, trace.steps >= fewestSteps else { return [] }
    var worst: (series: Int, head: Int, now: Double, before: Double, isRising: Bool)?
    var layers = Set<String>()
    for number in trace.series.indices where trace.series[number].column == .largestLogit {
      for head in trace.series[number].positions.indices {
        let medians = trace.windows.map { trace.median(series: number, position: head, rows: $0.rows) }
        let half = medians.count / 2
        let before = Trace.median(Array(medians[max(0, half - trace.tailWindows)..<max(half, 1)]))
        let now = Trace.median(medians.suffix(trace.tailWindows))
        let first = trace.median(series: number, position: head, rows: trace.start)
        let isRising = now > large && now > growth * before
        guard isRising || now > extreme && now > leap * first else { continue }
        layers.insert(trace.series[number].layer)
        if now > worst?.now ?? 0 { worst = (number, head, now, isRising ? before : first, isRising) }
      }
    }
    guard let worst else { return [] }
    let name = trace.series[worst.series].layer
    let others = layers.count == 1 ? "" : " (and in \(counted(layers.count - 1, "more layer")))"
    return [
      Finding(
        .logitsGrowing, .warning, layer: name,
        figures: [
          .init("largest_logit", worst.now), .init(worst.isRising ? "half_way" : "first", worst.before),
          .init("head", Double(worst.head)),
          .init("layers", Double(layers.count)),
        ],
        message: "The largest attention score of head \(worst.head + 1) has risen to \(Words.number(worst.now)), from "
          + "\(Words.number(worst.before)) "
          + (worst.isRising
            ? "at the half of the run, and goes on rising\(others): the softmax becomes flat, and runs in which that goes on "
              + "diverge."
            : "at the first step\(others): the softmax is flat there, and lets next to no gradient through."),
        cause: cause(trace, context), remedies: Remedies.attention(trace, context))
    ]
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext) -> String {
    (Evidence.rate(trace, context).map { Evidence.words($0) + " " }
      ?? "The learning rate is high for attention: kernels of queries and keys grow together, and scores with their product. ")
      + "Where no lower rate is wanted, normalizing queries and keys before their product bounds the scores."
  }
}
