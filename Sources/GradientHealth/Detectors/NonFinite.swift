/// NaN or Inf in loss or gradient: critical where the run stands on such a step, a warning where it went on.
///
/// Named is the first layer in forward order that has some in its gradient. Without one it is the loss alone.
struct NonFinite {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let losses = trace.values(.loss)
    let norms = trace.values(.gradientNorm)
    let rows = trace.places.indices.filter { row in
      !losses[row].isFinite || !norms[row].isFinite || badLayer(trace, row: row) != nil
    }
    guard let row = rows.last else { return fromEvents(trace, context) }
    let standsOnIt = row == trace.places.count - 1
    let layer = badLayer(trace, row: row).map { trace.layers[$0].name }
    let elements = trace.layers.indices.reduce(0.0) {
      let count = trace.value(.gradientNonfinite, row: row, layer: $1)
      return $0 + (count.isFinite ? count : 0)
    }
    let place = trace.places[row]
    var what = "the loss is \(Words.number(losses[row]))"
    if let layer { what += " and the gradient not finite from `\(layer)` on" }
    if losses[row].isFinite {
      what = "the gradient has \(Words.number(elements)) elements that are not finite"
      if let layer { what += ", first in `\(layer)`" }
    }
    let ending =
      standsOnIt ? "the run ended on it" : "the run went on; there are \(rows.count) such rows in the history"
    return [
      Finding(
        .nonFinite, standsOnIt ? .critical : .warning, layer: layer,
        figures: [.init("step", Double(place.step)), .init("loss", losses[row]), .init("elements", elements)],
        message: "At step \(place.step) (epoch \(place.epoch + 1)) \(what); \(ending).",
        cause: losses[row].isFinite
          ? "A number too large for float32, or a fault; if norms grew before it, see `exploding`."
          : "Weights, outputs or inputs became too large for float32, or the data holds NaN.",
        remedies: Remedies.nonFinite(trace, context))
    ]
  }

  /// The first layer in forward order with NaN or Inf in its gradient.
  static func badLayer(_ trace: Trace, row: Int) -> Int? {
    trace.layers.indices.first {
      let count = trace.value(.gradientNonfinite, row: row, layer: $0)
      return count > 0 || count.isNaN || !trace.value(.gradientRms, row: row, layer: $0).isFinite
    }
  }

  /// Blow-ups whose rows were left behind by a rollback.
  private static func fromEvents(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let blowups = context.events.filter { $0.kind == "blowup" }
    if Exploding.endedByEvent(trace, context) {
      let newest = Int(trace.places.last?.step ?? 0)
      let step = max(newest, blowups.last?.step ?? 0)
      return [
        Finding(
          .nonFinite, .critical, figures: [.init("step", Double(step))],
          message:
            "The run blew up at step \(step): its loss or gradient was not finite, or its update threw the weights "
            + "beyond all measure.",
          cause: blowups.last.map { "Its events say: \($0.message)." }
            ?? "Gradients too large for the learning rate (see `exploding`), or a fault in memory.",
          remedies: Remedies.nonFinite(trace, context))
      ]
    }
    guard let last = blowups.last else { return [] }
    let uncured = context.events.last { $0.kind == "not_cured" && $0.step >= last.step }
    let times = blowups.count == 1 ? "once" : "\(blowups.count) times"
    return [
      Finding(
        .nonFinite, uncured == nil ? .warning : .critical,
        figures: [.init("blowups", Double(blowups.count)), .init("step", Double(last.step))],
        message: "The run blew up \(times), last at step \(last.step), and went on from an earlier checkpoint"
          + (uncured == nil ? "." : "; nothing that was changed since has cured it."),
        cause: "Its events say: \((uncured ?? last).message).", remedies: Remedies.nonFinite(trace, context))
    ]
  }
}
