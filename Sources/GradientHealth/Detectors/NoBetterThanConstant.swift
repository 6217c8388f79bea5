/// The run has learnt nothing: its loss, penalties left out, is no better than that of a constant answer.
///
/// The end's median is at least 0.95 of the constant's loss: critical; a warning before step 225, none before step 20.
/// Its mean is at least 0.9 of it: warning; a few rows with large errors may make the loss, which a median does not
/// see. Not where it is about to fall (see `slow`), or where the targets are all alike (see `constant_target`).
struct NoBetterThanConstant {
  static let fewestSteps = 20

  static func findings(_ trace: Trace, _ context: DiagnosisContext, others: [Finding]) -> [Finding] {
    let loss = LossCourse(trace, context)
    let steps = Int(trace.places.last?.step ?? 0)
    guard loss.isUseless, steps >= fewestSteps, !others.contains(where: { $0.name == .slow }) else { return [] }
    let isMost = !(loss.last < 0.95 * loss.constant)
    let value = isMost ? loss.last : loss.lastMean
    let pointed = explanation(trace, context, others)
    let (shown, constant) = (Words.number(value), Words.number(loss.constant))
    return [
      Finding(
        .noBetterThanConstant, isMost && steps >= Vanishing.costlySteps ? .critical : .warning,
        figures: [.init("loss", value), .init("constant_loss", loss.constant)],
        message: "The loss stands at \(shown), and the best constant answer has \(constant): the network has learnt "
          + "\(value < 0.95 * loss.constant ? "hardly anything" : "nothing") that the features tell.",
        cause: pointed.map { "See `\($0.name.rawValue)`." } ?? cause(trace, context),
        remedies: pointed?.remedies
          ?? (VanishingThroughTime.waiting(trace) == nil
            ? Remedies.noBetterThanConstant(trace, context) : Remedies.unopenedGates(trace, context)))
    ]
  }

  /// The finding that explains it; what a learning rate that is too large or too small has brought about does not.
  private static func explanation(_ trace: Trace, _ context: DiagnosisContext, _ others: [Finding]) -> Finding? {
    let graver: [Finding.Name] = [
      .constantTarget, .penaltyDominates, .dropoutDominates, .clippingAlways, .targetsUnscaled, .inputsUnscaled,
      .exploding, .nonFinite,
    ]
    let told = others.filter { $0.level >= .warning && $0.name != .plateau && $0.name != .spike }
    for name in graver { if let finding = told.first(where: { $0.name == name }) { return finding } }
    return Evidence.rate(trace, context) == nil ? told.first : nil
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext) -> String {
    Evidence.rate(trace, context).map(Evidence.words) ?? VanishingThroughTime.waiting(trace)
      ?? "Nothing in gradients, weights or data explains it: the features may not tell the targets (are rows and "
      + "targets in the same order?), or the network may be too small, or trained too short."
  }
}
