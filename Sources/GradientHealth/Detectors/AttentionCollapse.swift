/// Attention that looks at one position whatever comes: the mean entropy of a head's weights falls to nearly nothing, and
/// with it what the softmax passes back [Zhai et al.: Stabilizing transformer training by preventing attention entropy
/// collapse, 2023].
///
/// Measured against the highest entropy that any head of the layer had in a window or at the first step; there it is nearly
/// that of equal weights, the logarithm of the number of positions. A head below a twentieth of it (and 0.1 nats) over the end
/// of the run has collapsed. All heads of a layer, in a run that is not useful: warning; else a notice, of half of a layer's
/// heads or more: a single head that looks at one neighbour may be what the task needs.
struct AttentionCollapse {
  static let share = 0.05
  static let nats = 0.1
  static let fewestSteps = 100

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    guard trace.windows.count >= 2, trace.steps >= fewestSteps else { return [] }
    let all = trace.series.indices.filter { trace.series[$0].column == .attentionEntropy }
      .compactMap { reading(trace, series: $0) }
    // All heads of a layer first, then the lowest.
    guard let worst = all.min(by: { ($1.share, $0.entropy) < ($0.share, $1.entropy) }) else { return [] }
    let isWarning = worst.collapsed == worst.heads && !loss.isUseful
    let layers = all.count == 1 ? "" : ", and in \(counted(all.count - 1, "more layer"))"
    let which = worst.heads == 1 ? "The head" : "\(worst.collapsed) of \(worst.heads) heads"
    return [
      Finding(
        .attentionCollapse, isWarning ? .warning : .notice, layer: worst.layer,
        figures: [
          .init("entropy", worst.entropy), .init("highest_entropy", worst.highest),
          .init("collapsed_heads", Double(worst.collapsed)), .init("heads", Double(worst.heads)),
        ],
        message:
          "\(which) of `\(worst.layer)` attend to a single position each\(layers): the mean entropy of the weights is "
          + "down to \(Words.number(worst.entropy)) nats, from \(Words.number(worst.highest)).",
        cause: cause(trace, context, layer: worst.layer), remedies: Remedies.attention(trace, context))
    ]
  }

  private struct Reading {
    var layer: String
    var heads: Int
    var collapsed: Int
    var entropy: Double
    var highest: Double
    var share: Double { Double(collapsed) / Double(heads) }
  }

  private static func reading(_ trace: Trace, series number: Int) -> Reading? {
    let heads = trace.series[number].positions.indices
    let highest =
      heads.flatMap { head in
        ([trace.start] + trace.windows.map(\.rows)).map { trace.median(series: number, position: head, rows: $0) }
      }.filter(\.isFinite).max() ?? 0
    let now = heads.map { trace.median(series: number, position: $0, rows: trace.tail) }
    let low = now.filter { $0 < nats && $0 < share * highest }
    guard 2 * low.count >= heads.count, let lowest = low.max() else { return nil }
    return Reading(
      layer: trace.series[number].layer, heads: heads.count, collapsed: low.count, entropy: lowest, highest: highest)
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext, layer: String) -> String {
    let series = trace.series.firstIndex { $0.column == .largestLogit && $0.layer == layer }
    let largest = series.map { number in
      trace.series[number].positions.indices.map { trace.median(series: number, position: $0, rows: trace.tail) }
        .filter(\.isFinite).max() ?? .nan
    }
    let scores = largest.map { $0.isFinite ? " (the largest is \(Words.number($0)))" : "" } ?? ""
    let words =
      "Queries and keys have grown until one score\(scores) stands far above all others: the softmax is flat there."
    return Evidence.rate(trace, context).map { Evidence.words($0) + " " + words } ?? words
  }
}
