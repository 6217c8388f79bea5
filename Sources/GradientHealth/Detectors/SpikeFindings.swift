/// Steps whose gradient norm or loss stuck out, found by running `SpikeMonitor` over the history, and those in the
/// events of the run; and batches worse than a constant answer, ten times the loss of those before them.
///
/// Merged rows are looked at by their largest values, so none is averaged away. Rows that may stand for the short batch
/// at an epoch's end are not judged here: how many rows it had, the training knew, and told in its events. A notice;
/// more than three, one in the last tenth of the run, or one worse than a constant answer, is a warning.
struct SpikeFindings {
  /// Rows before one that it is compared with, and how many there have to be.
  static let before = 100
  static let fewest = 20

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    var monitor = SpikeMonitor(context.spikes)
    var reference = SpikeReference.Levels()
    var spikes: [(row: Int, series: Spike.Series, z: Double, factor: Double)] = []
    let (losses, norms) = (trace.values(.lossMax), trace.values(.gradientNormMax))
    let (meanLosses, meanNorms) = (trace.values(.loss), trace.values(.gradientNorm))
    let bad = worseThanConstant(trace, context)
    for row in trace.places.indices {
      let figures = BatchFigures(
        loss: losses[row], gradientNorm: norms[row], rows: context.batchSize, batchSize: context.batchSize)
      let spike = monitor.observe(figures) { reference.reference }
      reference.add(loss: meanLosses[row], gradientNorm: meanNorms[row])
      guard !mayBePartial(trace, row: row) else { continue }
      if let spike {
        spikes.append((row, spike.series, spike.z, spike.factor))
      } else if let factor = bad[row] {
        spikes.append((row, .loss, .nan, factor))
      }
    }
    let recorded = context.events.filter { $0.kind == "spike" }
    guard let worst = spikes.max(by: { $0.factor < $1.factor }) else { return told(recorded, trace, context) }
    let count = max(spikes.count, recorded.count)
    let place = trace.places[worst.row]
    let isRecent = (spikes.last?.row ?? 0) >= trace.places.count * 9 / 10
    let others = count == 1 ? "" : ", the largest of \(count)"
    let figures = [
      Finding.Figure("step", Double(place.step)), .init("z", worst.z), .init("factor", worst.factor),
      .init("spikes", Double(count)),
    ]
    return [
      Finding(
        .spike, count > 3 || isRecent || !bad.isEmpty ? .warning : .notice, figures: figures.filter { !$0.value.isNaN },
        message: "At \(place.rows == 1 ? "step" : "or shortly before step") \(place.step) (epoch \(place.epoch + 1)) "
          + "the \(worst.series.rawValue) was \(Words.number(worst.factor)) times the usual\(others).",
        cause: cause(trace, rows: spikes.map(\.row)), remedies: Remedies.spike(trace, context))
    ]
  }

  /// What the events alone tell.
  private static func told(
    _ recorded: [DiagnosisContext.Event], _ trace: Trace, _ context: DiagnosisContext
  ) -> [Finding] {
    guard let last = recorded.last else { return [] }
    return [
      Finding(
        .spike, .notice, figures: [.init("step", Double(last.step)), .init("spikes", Double(recorded.count))],
        message: "The run recorded \(counted(recorded.count, "spike")), the last at step \(last.step).",
        cause: "Its events say: \(last.message).", remedies: Remedies.spike(trace, context))
    ]
  }

  /// By row: how many times the median of those before it a loss was that is above the constant's, after the run had
  /// come below half of that. Not of batches below 16 rows, in which one hard row counts much.
  private static func worseThanConstant(_ trace: Trace, _ context: DiagnosisContext) -> [Int: Double] {
    let constant = context.data.constantLoss
    guard constant > 0, context.batchSize >= 16 else { return [:] }
    let (highest, losses) = (trace.values(.lossMax), trace.dataLosses)
    var found: [Int: Double] = [:]
    for row in highest.indices.dropFirst(fewest) where highest[row].isFinite && highest[row] > constant {
      let usual = Trace.median(Array(losses[max(0, row - before)..<row]))
      if usual > 0, usual < constant / 2, highest[row] > 10 * usual, !mayBePartial(trace, row: row) {
        found[row] = highest[row] / usual
      }
    }
    return found
  }

  /// A rate that was a multiple of the usual one at the spikes explains them; else what comes once an epoch is a row.
  private static func cause(_ trace: Trace, rows: [Int]) -> String {
    let rates = trace.values(.learningRate)
    let usual = Trace.median(rates)
    if let row = rows.first(where: { row in rates[max(0, row - 3)...row].contains { $0 > 5 * usual } }) {
      return
        "The learning rate was \(Words.number((rates[max(0, row - 3)...row].max() ?? .nan) / usual)) times its usual "
        + "value there."
    }
    let epochs = Set(rows.map { trace.places[$0].epoch })
    if rows.count >= 5, epochs.count == rows.count {
      return "One comes in each of \(epochs.count) epochs: rows of the data that are unlike all others, perhaps wrong."
    }
    return "A batch unlike the others, a learning rate at the edge of what is stable, or a fault."
  }

  /// Whether a row stands, among others or alone, for what may be the last step of an epoch.
  private static func mayBePartial(_ trace: Trace, row: Int) -> Bool {
    let places = trace.places
    if row + 1 == places.count || places[row + 1].epoch != places[row].epoch { return true }
    return places[row].rows > 1 && row > 0 && places[row - 1].epoch != places[row].epoch
  }
}
