/// Steps whose gradient norm or loss stuck out, found by running `SpikeMonitor` over the history, and those in the
/// events of the run.
///
/// Merged rows are looked at by their largest values, so none is averaged away. Rows that may stand for the short batch
/// at an epoch's end are not judged here: how many rows it had, the training knew, and told in its events. A notice;
/// more than three, or one in the last tenth of the run, is a warning.
struct SpikeFindings {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    var monitor = SpikeMonitor(context.spikes)
    var reference = SpikeReference.Levels()
    var spikes: [(row: Int, spike: Spike)] = []
    let (losses, norms) = (trace.values(.lossMax), trace.values(.gradientNormMax))
    let (meanLosses, meanNorms) = (trace.values(.loss), trace.values(.gradientNorm))
    for row in trace.places.indices {
      let figures = BatchFigures(
        loss: losses[row], gradientNorm: norms[row], rows: context.batchSize, batchSize: context.batchSize)
      let spike = monitor.observe(figures) { reference.reference }
      reference.add(loss: meanLosses[row], gradientNorm: meanNorms[row])
      if let spike, !mayBePartial(trace, row: row) { spikes.append((row, spike)) }
    }
    let recorded = context.events.filter { $0.kind == "spike" }
    guard let worst = spikes.max(by: { $0.spike.factor < $1.spike.factor }) else {
      guard let last = recorded.last else { return [] }
      return [
        Finding(
          .spike, .notice, figures: [.init("step", Double(last.step)), .init("spikes", Double(recorded.count))],
          message: "The run recorded \(recorded.count == 1 ? "a spike" : "\(recorded.count) spikes"), the last at step "
            + "\(last.step).", cause: "Its events say: \(last.message).", remedies: Remedies.spike(context))
      ]
    }
    let count = max(spikes.count, recorded.count)
    let place = trace.places[worst.row]
    let isRecent = (spikes.last?.row ?? 0) >= trace.places.count * 9 / 10
    let others = count == 1 ? "" : ", the largest of \(count)"
    return [
      Finding(
        .spike, count > 3 || isRecent ? .warning : .notice,
        figures: [
          .init("step", Double(place.step)), .init("z", worst.spike.z), .init("factor", worst.spike.factor),
          .init("spikes", Double(count)),
        ],
        message: "At \(place.rows == 1 ? "step" : "or shortly before step") \(place.step) (epoch \(place.epoch + 1)) "
          + "the \(worst.spike.series.rawValue) was \(Words.number(worst.spike.factor)) times the usual\(others).",
        cause: "A batch unlike the others, a learning rate at the edge of what is stable, or a fault.",
        remedies: Remedies.spike(context))
    ]
  }

  /// Whether a row stands, among others or alone, for what may be the last step of an epoch.
  private static func mayBePartial(_ trace: Trace, row: Int) -> Bool {
    let places = trace.places
    if row + 1 == places.count || places[row + 1].epoch != places[row].epoch { return true }
    return places[row].rows > 1 && row > 0 && places[row - 1].epoch != places[row].epoch
  }
}
