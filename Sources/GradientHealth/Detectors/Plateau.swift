/// A plateau: the loss no longer falls.
///
/// From 225 steps on. The second half of the run brought less than a twentieth, and the whole run less than a tenth
/// (after the first hundred steps) and three tenths (from the first five), and the loss is not below 0.7 of the
/// constant's: warning, it never learnt. Less than a hundredth over the second half after a good start: notice; half of
/// the time has been spent on nothing.
struct Plateau {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    guard trace.steps >= Vanishing.costlySteps, loss.isFlat, loss.last.isFinite else { return [] }
    // Batches at the very beginning may be far off only because the output's bias is.
    let settled = loss.windows[min(2, loss.windows.count - 1)]
    let figures = [
      Finding.Figure("first_loss", loss.first), .init("best_loss", loss.best), .init("last_loss", loss.last),
    ]
    if !(loss.last < 0.9 * settled), !(loss.last < 0.7 * loss.initial), !(loss.constant > 0 && loss.isUseful) {
      return [
        Finding(
          .plateau, .warning, figures: figures,
          message: "The loss stands at \(Words.number(loss.last)) and has hardly fallen in \(trace.steps) steps.",
          cause: Evidence.rate(trace, context).map(Evidence.words)
            ?? "The learning rate is far off, the features are not scaled, or the gradient does not get through.",
          remedies: Remedies.plateau(trace, context))
      ]
    }
    guard !(loss.middle - loss.last > 0.01 * abs(loss.middle)) else { return [] }
    return [
      Finding(
        .plateau, .notice, figures: figures,
        message: "The loss has not fallen over the second half of the run; it stands at \(Words.number(loss.last)).",
        cause: "The network has learnt what it can at this learning rate.", remedies: Remedies.settled())
    ]
  }
}
