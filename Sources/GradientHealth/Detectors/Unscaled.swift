/// Targets or features whose size the network was not made for.
///
/// Targets that deviate by more than 20, or whose mean is more than 20 and ten deviations away from 0; features that
/// deviate by more than 30 or less than 0.03, or whose mean is more than 30 away from 0. A warning where the run is not
/// useful (its loss above 0.7 of the constant's) or blew up; a run that has learnt in spite of it is left in peace.
struct Unscaled {
  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    guard isInTrouble(trace, context) else { return [] }
    return targets(trace, context) + inputs(trace, context)
  }

  private static func isInTrouble(_ trace: Trace, _ context: DiagnosisContext) -> Bool {
    if context.standsOnBlowup || context.hasDiverged { return true }
    let loss = LossCourse(trace, context)
    if !loss.last.isFinite { return true }
    return Int(trace.places.last?.step ?? 0) >= NoBetterThanConstant.fewestSteps && !loss.isUseful
  }

  static func hasLargeTargets(_ data: DataFigures) -> Bool {
    data.targetDeviation > 20 || abs(data.targetMean) > max(20, 10 * data.targetDeviation)
  }

  static func hasOddFeatures(_ data: DataFigures) -> Bool {
    data.largestFeatureDeviation > 30 || data.largestFeatureDeviation < 0.03 || data.largestFeatureMean > 30
  }

  static func targets(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let data = context.data
    guard hasLargeTargets(data), !ConstantTarget.isConstant(data) else { return [] }
    return [
      Finding(
        .targetsUnscaled, .warning,
        figures: [.init("target_mean", data.targetMean), .init("target_deviation", data.targetDeviation)],
        message: "The targets have mean \(Words.number(data.targetMean)) and deviation "
          + "\(Words.number(data.targetDeviation)); a fresh network answers about 0, give or take 1.",
        cause: "Errors and gradients carry the targets' size: what is a good learning rate for targets of deviation 1 "
          + "throws the weights about, or takes very long to get there.",
        remedies: Remedies.targetsUnscaled(trace, context))
    ]
  }

  static func inputs(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let data = context.data
    guard hasOddFeatures(data) else { return [] }
    let (most, least) = (Words.number(data.largestFeatureDeviation), Words.number(data.smallestFeatureDeviation))
    return [
      Finding(
        .inputsUnscaled, .warning,
        figures: [
          .init("largest_feature_deviation", data.largestFeatureDeviation),
          .init("smallest_feature_deviation", data.smallestFeatureDeviation),
          .init("largest_feature_mean", data.largestFeatureMean),
        ],
        message: "The features deviate by \(least) to \(most), with means up to "
          + "\(Words.number(data.largestFeatureMean)): far from mean 0 and deviation 1.",
        cause: data.largestFeatureDeviation < 0.03
          ? "The first layer's outputs and gradients carry the features' size: it hardly tells the rows apart."
          : "The first layer's sums and gradients carry the features' size: a few columns drown the others, saturate the "
            + "units, or make the steps too large.",
        remedies: Remedies.inputsUnscaled(trace, context))
    ]
  }
}
