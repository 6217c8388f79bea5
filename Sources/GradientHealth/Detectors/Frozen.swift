/// Frozen layers: weights that no longer change.
///
/// Means over the last fifth of the run. A layer whose updates are below 1e-7 of its weights (the last bit of a float32
/// is 6e-8 of it), while another layer's are a thousand times larger: warning. A layer whose updates are below 7e-7
/// where the loss is not useful (above 0.7 of the constant's): warning; a thousand such steps change it by less than a
/// thousandth. Weights that are and stay 0 count as frozen.
struct Frozen {
  static let still = 1e-7
  static let creeping = 7e-7

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    guard trace.steps >= 2 * Trace.windowSteps else { return [] }
    let layers = trace.kernels.map { ($0, speed(trace, layer: $0)) }.filter { !$0.1.isNaN }
    guard let fastest = layers.map(\.1).max(), let slowest = layers.min(by: { $0.1 < $1.1 }) else { return [] }
    let stands = !LossCourse(trace, context).isUseful
    let isLeftBehind = slowest.1 < still && fastest >= 1000 * slowest.1 && fastest >= 1e-5
    guard isLeftBehind || stands && slowest.1 < creeping else { return [] }
    let limit = stands ? creeping : still
    let name = trace.layers[slowest.0].name
    let isAll = fastest < limit
    let count = layers.filter { $0.1 < limit }.count
    let others = count <= 1 ? "" : " (and of \(count - 1) more layers)"
    let rate = trace.values(.learningRate).last ?? .nan
    let figures = [
      Finding.Figure("update_ratio", slowest.1), .init("largest_update_ratio", fastest), .init("learning_rate", rate),
    ]
    let message =
      isAll
      ? "No layer's weights move: the largest update is \(Words.number(fastest)) of their size."
      : "The weights of `\(name)`\(others) no longer move: an update is \(Words.number(slowest.1)) of their "
        + "size, that of the fastest layer \(Words.number(fastest))."
    return [
      Finding(
        .frozen, .warning, layer: isAll ? nil : name, figures: figures, message: message,
        cause: cause(trace, context), remedies: Remedies.frozen(trace, context))
    ]
  }

  /// Mean share of itself by which an update changes a kernel.
  private static func speed(_ trace: Trace, layer: Int) -> Double {
    let moves = trace.tail.compactMap { row -> Double? in
      let ratio = trace.value(.updateRatio, row: row, layer: layer)
      if ratio.isFinite { return ratio }
      return trace.value(.updateRms, row: row, layer: layer) == 0 ? 0 : nil
    }
    return moves.isEmpty ? .nan : moves.reduce(0, +) / Double(moves.count)
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext) -> String {
    let gradients = trace.kernels.map { trace.median(.gradientRms, rows: trace.tail, layer: $0) }
    let evidence = Evidence.rate(trace, context)
    if let evidence, evidence.isTooLarge { return Evidence.words(evidence) + " Since then hardly a gradient passes." }
    if let evidence, case .broughtToNothing = evidence { return Evidence.words(evidence) }
    guard evidence != nil, gradients.contains(where: { $0 > 0 }) else {
      return "Hardly a gradient reaches it, and the optimizer does not make up for it."
    }
    let rate = trace.values(.learningRate).last ?? .nan
    return "The learning rate (\(Words.number(rate))) is too small for these gradients."
  }
}
