/// What ended a run that stopped as diverged: a critical finding in any case. The history may show nothing of it,
/// as what is diagnosed may be the last healthy checkpoint.
struct Ending {
  /// `findings`, and what ended the run if no critical one says it.
  static func added(to findings: [Finding], _ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    guard context.hasDiverged, !findings.contains(where: { $0.level == .critical }) else { return findings }
    let trouble = context.events.last { $0.kind == "blowup" || $0.kind == "spike" }
    let halted = context.events.last { $0.kind == "halted" }
    let name: Finding.Name = trouble?.kind == "spike" ? .spike : .nonFinite
    let step = Int64(halted?.step ?? trouble?.step ?? Int(trace.places.last?.step ?? 0))
    let finding = Finding(
      name, .critical, figures: [.init("step", Double(step))],
      message: "The run was given up at step \(step)" + (halted.map { ": \($0.message)." } ?? "."),
      cause: trouble.map { "Its events say: \($0.message)." } ?? "Its events do not tell; see its log.",
      remedies: name == .spike ? Remedies.spike(trace, context) : Remedies.nonFinite(trace, context))
    return findings.filter { $0.name != name } + [finding]
  }
}
