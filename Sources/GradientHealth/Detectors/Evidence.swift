/// What in a history tells a learning rate that is too large from one that is too small.
struct Evidence {
  enum Rate: Sendable, Hashable {
    /// A kernel was changed by this share of itself in one step.
    case tooLarge(step: Int, layer: String, ratio: Double)
    /// The loss rose to so many times what it had been.
    case thrownOff(step: Int, times: Double)
    /// No kernel is changed by more than this share of itself, at the end as at the beginning.
    case tooSmall(ratio: Double)
    /// As before, since the schedule has brought the rate down to this share of its highest.
    case broughtToNothing(share: Double)

    var isTooLarge: Bool {
      switch self {
      case .tooLarge, .thrownOff: true
      case .tooSmall, .broughtToNothing: false
      }
    }
  }

  static let large = 0.5
  static let small = 1e-5

  /// nil: neither shows.
  static func rate(_ trace: Trace, _ context: DiagnosisContext) -> Rate? {
    if let thrown = thrown(trace) { return thrown }
    let losses = trace.dataLosses
    let settled = Trace.median(Array(losses.prefix(Trace.windowRows)))
    let usual = max(settled, context.data.constantLoss.isFinite ? context.data.constantLoss : settled)
    let highest = zip(trace.values(.lossMax), trace.values(.penalty)).map { $1.isFinite ? $0 - $1 : $0 }
    if let row = highest.indices.first(where: { $0 > 0 && usual > 0 && highest[$0] > 10 * usual }) {
      return .thrownOff(step: Int(trace.places[row].step), times: highest[row] / usual)
    }
    let moves = trace.kernels.map { trace.median(.updateRatio, rows: trace.tail, layer: $0) }.filter(\.isFinite)
    guard let fastest = moves.max(), fastest < small else { return nil }
    let rates = trace.values(.learningRate)
    let (now, most) = (rates.last ?? .nan, rates.filter(\.isFinite).max() ?? .nan)
    if now < 0.1 * most { return .broughtToNothing(share: now / most) }
    let start = 0..<min(Trace.windowRows, trace.places.count)
    let early =
      trace.kernels.map { trace.median(.updateRatio, rows: start, layer: $0) }.filter(\.isFinite).max() ?? .nan
    return early < 10 * small ? .tooSmall(ratio: fastest) : nil
  }

  /// The first update by more than half of a kernel's size. One that starts at zero is changed by all of itself at
  /// first.
  private static func thrown(_ trace: Trace) -> Rate? {
    for row in trace.places.indices {
      for layer in trace.kernels {
        let ratio = trace.value(.updateRatio, row: row, layer: layer)
        guard ratio > large, ratio.isFinite else { continue }
        if row < 3, trace.layers[layer].initializer == "zeros" { continue }
        if trace.median(.weightRms, rows: 0..<1, layer: layer) == 0 { continue }
        return .tooLarge(step: Int(trace.places[row].step), layer: trace.layers[layer].name, ratio: ratio)
      }
    }
    return nil
  }

  /// As a sentence.
  static func words(_ rate: Rate) -> String {
    switch rate {
    case .tooLarge(let step, let layer, let ratio):
      "The learning rate is too large: at step \(step) one update changed the weights of `\(layer)` by "
        + "\(Words.percent(ratio)) of their size."
    case .thrownOff(let step, let times):
      "The learning rate is too large: at step \(step) the loss was \(Words.number(times)) times what it started from."
    case .tooSmall(let ratio):
      "The learning rate is too small: no update changes a layer by more than \(Words.number(ratio)) of its weights."
    case .broughtToNothing(let share):
      "The schedule has brought the learning rate down to \(Words.number(share)) of its highest: nothing moves any more."
    }
  }
}
