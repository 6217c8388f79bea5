/// How the loss went, by the medians of windows: batches differ, medians do not jump. Penalties are left out.
struct LossCourse {
  let windows: [Double]
  /// In the very first steps; in the first window, at its best, at the half of the run, at the end.
  let initial: Double
  let first: Double
  let best: Double
  let middle: Double
  let last: Double
  /// Mean over the end: a batch with rows that are far off counts, as it does not in a median.
  let lastMean: Double
  /// The loss of the best predictor that knows no features; NaN: not known.
  let constant: Double

  init(_ trace: Trace, _ context: DiagnosisContext = DiagnosisContext()) {
    let losses = trace.dataLosses
    let medians = trace.windows.map { Trace.median(Array(losses[$0.rows])) }
    windows = medians
    initial = Trace.median(Array(losses.prefix(Trace.windowRows)))
    first = medians.first ?? .nan
    best = medians.filter(\.isFinite).min() ?? .nan
    let half = medians.count / 2
    middle = Trace.median(Array(medians[max(0, half - trace.tailWindows)..<half]))
    last = medians.isEmpty ? Trace.median(Array(losses[trace.tail])) : Trace.median(medians.suffix(trace.tailWindows))
    let end = losses[trace.tail].filter(\.isFinite)
    lastMean = end.isEmpty ? .nan : end.reduce(0, +) / Double(end.count)
    constant = context.data.constantLoss
  }

  /// The share of the first loss that is gone at the end; negative: it has risen.
  var fall: Double { (first - last) / abs(first) }

  /// Whether the second half of the run brought less than a twentieth.
  var isFlat: Bool { !(middle - last > 0.05 * abs(middle)) }

  /// Whether the end is no better than a constant answer, as far as is known. A few rows
  /// that are far off make the mean, which then may be a little below it.
  var isUseless: Bool { constant > 0 && !(last < 0.95 * constant && lastMean < 0.9 * constant) }

  /// Whether the end is well below what a constant answer reaches; where that is not known, whether the loss has fallen
  /// by three tenths.
  var isUseful: Bool { constant > 0 ? last <= 0.7 * constant : fall >= 0.3 }

  /// By how much of itself the loss fell over the second half of the run, and whether most of its windows agree: of all
  /// pairs of them four in five go down.
  var recentFall: Double {
    let half = windows.suffix(windows.count - windows.count / 2).filter(\.isFinite)
    guard half.count >= 4, middle > last else { return 0 }
    var (down, pairs) = (0, 0)
    for later in half.indices {
      for earlier in half.indices.prefix(later) {
        pairs += 1
        if half[later] < half[earlier] { down += 1 }
      }
    }
    return 5 * down >= 4 * pairs ? (middle - last) / abs(middle) : 0
  }
}
