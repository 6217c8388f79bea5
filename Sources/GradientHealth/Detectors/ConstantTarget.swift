/// The targets are all alike: there is nothing to learn.
///
/// Their deviation is below 1e-7 of their mean (the last bit of a float32), or the best constant answer has no loss at
/// all: warning.
struct ConstantTarget {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let data = context.data
    guard isConstant(data) else { return [] }
    let value = data.targetMean.isFinite ? " (\(Words.number(data.targetMean)))" : ""
    return [
      Finding(
        .constantTarget, .warning,
        figures: [.init("target_mean", data.targetMean), .init("target_deviation", data.targetDeviation)],
        message: "All targets are alike\(value): a constant answers them all, and features do not matter.",
        cause: "A wrong column is read as the target, or the rows were filtered by it.",
        remedies: Remedies.constantTarget(trace, context))
    ]
  }

  static func isConstant(_ data: DataFigures) -> Bool {
    data.constantLoss == 0 || data.targetDeviation <= 1e-7 * abs(data.targetMean) || data.targetDeviation == 0
  }
}
