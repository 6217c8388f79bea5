/// What keeps a network from its data though gradients are in order: a penalty, dropout, clipping. Each is a warning
/// where the loss is not useful, above 0.7 of the constant's; where that is not known, has not fallen by three tenths.
struct Dominated {
  /// The share of dropped outputs from which on it is named.
  static let dropout = 0.7

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    guard isJudged(trace, loss) else { return [] }
    return penalty(trace, context, loss) + dropped(trace, context, loss) + clipping(trace, context, loss)
  }

  static func isJudged(_ trace: Trace, _ loss: LossCourse) -> Bool {
    Int(trace.places.last?.step ?? 0) >= NoBetterThanConstant.fewestSteps && !loss.isUseful
  }

  /// The penalty at first and at the end, where it is at least half of the loss at the end, or it was at first and has
  /// since shrunk a layer's weights to less than three tenths; else nil.
  static func largePenalty(_ trace: Trace, _ loss: LossCourse) -> (before: Double, now: Double, collapsed: Bool)? {
    let start = 0..<min(Trace.windowRows, trace.places.count)
    let now = trace.median(.penalty, rows: trace.tail)
    let before = trace.median(.penalty, rows: start)
    let shrunk = trace.kernels.map { layer in
      trace.median(.weightRms, rows: trace.tail, layer: layer) / trace.median(.weightRms, rows: start, layer: layer)
    }
    let collapsed = before > 0 && before >= loss.initial / 2 && (shrunk.filter(\.isFinite).min() ?? 1) < 0.3
    return now >= loss.last / 2 && now > 0 || collapsed ? (before, now, collapsed) : nil
  }

  private static func penalty(_ trace: Trace, _ context: DiagnosisContext, _ loss: LossCourse) -> [Finding] {
    guard let (before, now, collapsed) = largePenalty(trace, loss) else { return [] }
    let share = Words.percent(max(now / (now + loss.last), before / (before + loss.initial)))
    return [
      Finding(
        .penaltyDominates, .warning,
        figures: [.init("penalty", now), .init("first_penalty", before), .init("data_loss", loss.last)],
        message:
          "The penalty on the weights is up to \(share) of the objective\(collapsed ? ", and has shrunk them" : "") "
          + "while the loss of the data stands at \(Words.number(loss.last)).",
        cause:
          "The penalty's factor\(context.largestPenalty > 0 ? " (\(Words.number(context.largestPenalty)))" : "") is "
          + "too large: keeping weights small is worth more than fitting the data.",
        remedies: Remedies.penaltyDominates(trace, context))
    ]
  }

  /// A layer drops at least seven of ten outputs.
  private static func dropped(_ trace: Trace, _ context: DiagnosisContext, _ loss: LossCourse) -> [Finding] {
    guard context.largestDropout >= dropout else { return [] }
    return [
      Finding(
        .dropoutDominates, .warning,
        figures: [.init("dropout", context.largestDropout), .init("data_loss", loss.last)],
        message: "Dropout zeroes \(Words.percent(context.largestDropout)) of a layer's outputs, and the loss stands at "
          + "\(Words.number(loss.last)).",
        cause: "So few units are left in a step that their noise is larger than what the data tells.",
        remedies: Remedies.dropoutDominates(trace, context))
    ]
  }

  /// In what share of the steps at the end the gradient was clipped, and what was left of its norm, where that is nine
  /// of ten steps and less than a tenth in the middle of them; else nil. Adam and its kin divide by the gradient's own
  /// size, so that a tight limit hardly matters to them.
  static func tightClipping(_ trace: Trace, _ context: DiagnosisContext) -> (often: Double, left: Double)? {
    let (norms, clipped) = (trace.values(.gradientNorm), trace.values(.clippedNorm))
    let shares = trace.tail.map { clipped[$0] / norms[$0] }.filter(\.isFinite)
    guard !shares.isEmpty, !["adam", "adamw", "nadam", "rmsprop", "lion"].contains(context.optimizer ?? "") else {
      return nil
    }
    let often = Double(shares.filter { $0 < 0.999 }.count) / Double(shares.count)
    let left = Trace.median(shares)
    return often >= 0.9 && left < 0.1 ? (often, left) : nil
  }

  private static func clipping(_ trace: Trace, _ context: DiagnosisContext, _ loss: LossCourse) -> [Finding] {
    guard let (often, left) = tightClipping(trace, context) else { return [] }
    let rate = trace.values(.learningRate).last ?? .nan
    return [
      Finding(
        .clippingAlways, .warning,
        figures: [
          .init("share_of_steps", often), .init("norm_left", left),
          .init("norm", trace.median(.gradientNorm, rows: trace.tail)),
        ],
        message:
          "\(Words.percent(often)) of the steps are clipped, to \(Words.number(left)) of the gradient's norm, and the "
          + "loss stands at \(Words.number(loss.last)).",
        cause:
          "The limit is far below the gradients' usual norm: the learning rate in effect is \(Words.number(left)) of "
          + "what is written, about \(Words.number(left * rate)).",
        remedies: Remedies.clippingAlways(trace, context))
    ]
  }
}
