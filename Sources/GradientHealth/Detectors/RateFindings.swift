/// What a range test says of the recipe's learning rate; the levels stand with `BeforeRun`.
struct RateFindings {
  static func finding(
    _ range: RateRange, rate: Double, _ trace: Trace, _ context: DiagnosisContext
  ) -> Finding? {
    // Rates that are hardly apart are not told apart.
    if let blowUp = range.blowUp, rate > blowUp { return tooLarge(range, rate: rate, .critical, trace, context) }
    if let stable = range.largestStable, range.hasFallen, rate > 1.5 * stable {
      return tooLarge(range, rate: rate, .warning, trace, context)
    }
    guard let suggested = range.suggested else { return range.points.count < 8 ? nil : noRate(range, trace, context) }
    guard rate < suggested / 100 else { return nil }
    return Finding(
      .rateTooSmall, .notice, figures: [.init("rate", rate), .init("suggested_rate", suggested)],
      message: "The recipe's learning rate \(Words.number(rate)) is less than a hundredth of the suggested one, "
        + "\(Words.number(suggested)).",
      cause: "In the range test the loss fell fastest at \(Words.number(range.steepest ?? suggested)).",
      remedies: remedies(range, rate: rate))
  }

  private static func tooLarge(
    _ range: RateRange, rate: Double, _ level: Finding.Level, _ trace: Trace, _ context: DiagnosisContext
  ) -> Finding {
    let stable = range.largestStable
    let bound = stable.map { "the largest stable rate, \(Words.number($0))" }
    let blown = range.blowUp.map { "the rate at which the range test blew up, \(Words.number($0))" }
    return Finding(
      .rateTooLarge, level,
      figures: [
        .init("rate", rate), .init("largest_stable_rate", stable ?? .nan), .init("blow_up_rate", range.blowUp ?? .nan),
      ],
      message: "The recipe's learning rate \(Words.number(rate)) lies above "
        + "\((level == .critical ? blown : bound) ?? bound ?? "every rate that was tested").",
      cause: stable == nil
        ? "Even at the smallest rates the loss rose: the weights, the features or the targets are of another size."
        : "Beyond \(Words.number(stable ?? .nan)) the loss rose again while the rate was raised step by step.",
      remedies: range.suggested == nil ? Remedies.exploding(trace, context) : remedies(range, rate: rate))
  }

  private static func noRate(_ range: RateRange, _ trace: Trace, _ context: DiagnosisContext) -> Finding {
    Finding(
      .noRate, .warning, figures: [.init("first_loss", range.firstLoss), .init("steps", Double(range.points.count))],
      message: "The loss fell at no learning rate: it was \(Words.number(range.firstLoss)), and in "
        + "\(counted(range.points.count, "step")) of rising rates never clearly less.",
      cause:
        "Nothing reaches the weights that matter (see other findings), the batches are so noisy that a few steps do "
        + "not show, or features do not tell the targets.",
      remedies: Remedies.plateau(trace, context))
  }

  private static func remedies(_ range: RateRange, rate: Double) -> [Remedy] {
    guard let suggested = range.suggested else { return [] }
    return [
      Remedy("Use the rate that the range test suggests.", .learningRate(times: suggested / rate))
    ]
  }
}
