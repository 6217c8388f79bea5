/// Gradients that vanish on their way back through time: of what reaches a recurrent layer's state at the last time, less
/// than a hundredth comes further back than a part of the sequence. See `ThroughTime`.
///
/// It is judged by what comes of it. A task may need no more than what is reached, so a run whose loss is useful has no such
/// finding, nor has one of fewer than 225 steps. Else, where the windows of the run's end reach less than half of the times
/// (or of those to which backpropagation is truncated), in their median: warning; critical where the loss is flat and no
/// better than that of a constant.
///
/// Gates learn to keep the state, and their gradients look the worse until they have: an LSTM on the adding problem of 100
/// times reaches 7 to 24 steps for its first 500 to 1,500 steps of training, then solves it within 200. So of layers with
/// gates only one whose gate starts half shut is named, from 1,000 steps on, and any from 10,000 steps on.
///
/// Where each time has a loss of its own its gradient drowns what comes from later ones, and the profile does not fall:
/// nothing is said.
///
/// Measured on the adding problem (64 units, Adam, batches of 50), steps until 1 % is left, in a plateau: simple_rnn 14 to 30
/// of 100, 14 to 18 of 200; at the first weights 59 and more, as orthogonal matrices keep lengths.
struct VanishingThroughTime {
  static let reached = 0.5
  static let fewestTimes = 8
  static let gatedSteps = 10_000
  static let halfShutSteps = 1_000

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let loss = LossCourse(trace, context)
    guard !trace.windows.isEmpty, trace.steps >= Vanishing.costlySteps, !loss.isUseful else { return [] }
    let judged = trace.series.indices.filter { trace.series[$0].column == .throughTime }
      .compactMap { reading(trace, series: $0) }
    // The one that reaches least of its sequence speaks for all.
    guard let worst = judged.min(by: { $0.share < $1.share }) else { return [] }
    let level: Finding.Level = loss.isUseless && loss.isFlat ? .critical : .warning
    return [finding(trace, worst, level, layers: judged.count, context)]
  }

  private struct Reading {
    var layer: String
    var profile: LayerProfile?
    var now: ThroughTime
    var horizon: Double
    var span: Int
    var share: Double { horizon / Double(span) }
  }

  /// nil: it reaches far enough, or is not judged.
  private static func reading(_ trace: Trace, series number: Int) -> Reading? {
    let layer = trace.series[number].layer
    let profile = trace.profile(of: layer)
    let recurrence = profile?.recurrence
    guard recurrence?.answersAtEnd != false else { return nil }
    let needed = recurrence?.isGated == false ? 0 : recurrence?.startsOpen == false ? halfShutSteps : gatedSteps
    guard trace.steps >= needed else { return nil }
    let now = trace.throughTime(number, rows: trace.newest)
    // Cut before each multiple: from the end it goes back to the last one.
    let span = recurrence?.truncation.map { (now.times - 1) % max(1, $0) + 1 } ?? now.times
    guard span >= fewestTimes, let horizon = now.horizon, horizon < reached * Double(span) else { return nil }
    let tail = trace.stretches.suffix(trace.tailWindows).map { trace.throughTime(number, rows: $0) }.filter {
      $0.end > 0
    }
    let reaches = tail.map { $0.horizon ?? Double(span) }
    guard Trace.median(reaches) < reached * Double(span) else { return nil }
    return Reading(layer: layer, profile: profile, now: now, horizon: horizon, span: span)
  }

  /// Of a run that has learnt nothing yet, a sentence on a layer with gates whose gradient reaches less than half of its
  /// times, but which is given more steps to open them; nil: there is none.
  static func waiting(_ trace: Trace) -> String? {
    for number in trace.series.indices where trace.series[number].column == .throughTime {
      let layer = trace.series[number].layer
      guard let recurrence = trace.profile(of: layer)?.recurrence, recurrence.isGated, recurrence.answersAtEnd != false
      else { continue }
      let now = trace.throughTime(number, rows: trace.newest)
      guard let horizon = now.horizon, horizon < reached * Double(now.times) else { continue }
      return
        "The gradient of `\(layer)` reaches back some \(max(1, Int(horizon.rounded()))) of \(now.times) steps as yet: "
        + "where answers lie further back nothing is to be seen until its gates have learnt to keep the state, which takes "
        + "some hundred to some thousand steps."
    }
    return nil
  }

  // MARK: Words

  private static func finding(
    _ trace: Trace, _ reading: Reading, _ level: Finding.Level, layers: Int, _ context: DiagnosisContext
  ) -> Finding {
    let steps = max(1, Int(reading.horizon.rounded()))
    let others = layers == 1 ? "" : " (\(layers - 1) more layers reach little further)"
    let first = (reading.now.rms.first ?? 0) / reading.now.end
    let truncated = reading.span < reading.now.times ? ", the last \(reading.span) of which truncation leaves it" : ""
    return Finding(
      .vanishingThroughTime, level, layer: reading.layer,
      figures: [
        .init("horizon", reading.horizon), .init("times", Double(reading.now.times)),
        .init("factor_per_step", reading.now.factor ?? .nan), .init("first_to_last", first),
      ],
      message: "On its way back through time the gradient falls to 1 % after \(steps) of \(reading.now.times) "
        + "steps\(truncated)\(others): what stands further back in a sequence hardly moves the weights. How far back the "
        + "answers lie in these data is not known.",
      cause: cause(reading), remedies: Remedies.vanishingThroughTime(trace, reading.profile, context))
  }

  private static func cause(_ reading: Reading) -> String {
    let factor = Words.number(reading.now.factor ?? .nan)
    guard let recurrence = reading.profile?.recurrence else {
      return "Each step back multiplies the gradient by about \(factor)."
    }
    if !recurrence.isGated {
      return "Each step back multiplies the gradient by the recurrent kernel and the slope of the activation, here by "
        + "about \(factor), and no gate leads around them."
    }
    if !recurrence.startsOpen {
      return
        "The forget gate starts half shut (`unit_forget_bias` is false): each step back keeps about \(factor) of the "
        + "gradient, and the gates have not learnt to keep more."
    }
    return
      "Each step back keeps about \(factor) of the gradient: the gates have not learnt to keep the state for longer."
  }
}
