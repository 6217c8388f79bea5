internal import Glibc

/// Vanishing gradients: what reaches the early layers is orders of magnitude below what the output layer gets.
///
/// The figure is the weakest of the first half of the dense layers against the last one: root mean squares of their
/// kernels' gradients, each times the root of the layer's units. (Under an initializer that keeps signals as they are,
/// a kernel's rms is that of its input times that of the error at its units, and the error of one unit falls with the
/// root of their number: without the factor every wide network with one output would look as if its gradients
/// vanished.) Medians over windows of 50 steps; a gradient that is exactly zero counts as 0.
///
/// Where short cuts go around layers, those that every path passes are compared: an early layer that is weak within a block
/// says nothing of what comes to the layers before it. Where all have paths around them, the strongest of the first half
/// stands for it.
///
/// Not where weights make signals grow (see `signalsGrow`). Where features are unscaled, the first of several hidden
/// layers is left out unless they saturate it; where all are smaller than 0.03, and there is but one, its figure is
/// divided by the largest: gradients of kernels carry the size of their input, and what is missing is scaling (see
/// `inputs_unscaled`).
///
/// Below 0.06 a window is *weak*, if the very first layer stands below 0.18 too: a layer alone among stronger ones is
/// no sign of gradients that shrink from layer to layer. Where the run is cut into weak and other windows so that
/// fewest are misplaced is where the gradients recovered.
/// - Weak to the end, and the loss' second half flat or the figure below 0.001: critical; unless the loss has fallen by
///   30 % (and the figure is above 0.01), or there are fewer than 225 steps to judge by.
/// - Weak for 225 steps in which the loss came less than 40 % of its way, or for a tenth of the run with a figure below
///   0.002, then recovered: warning.
/// - Weak for 100 steps: notice.
///
/// Measured on moons, 30 epochs of 94 steps, 3 to 10 seeds, units of 10 to 64:
/// sick 1e-12 to 3e-3 to the end; 6 and 8 sigmoid layers that recover: weak for 280 to 1,900 steps; the article's
/// baseline, Glorot and 4 sigmoid layers with Adam at 0.003: weak for 0 to 190 steps; healthy ones: never below 0.1.
struct Vanishing {
  static let weak = 0.06
  static let gone = 0.01
  static let costlySteps = 225
  static let noticeableSteps = 100

  private struct Reading {
    /// Compared as said above, and plainly.
    var corrected: Double
    var ratio: Double
    var layer: Int
    /// The first layer's, compared as said above.
    var first: Double
  }

  static func findings(_ trace: Trace, _ context: DiagnosisContext) -> [Finding] {
    let (chain, isParallel) = trace.stream
    guard chain.count >= 2, let output = chain.last, !trace.windows.isEmpty else { return [] }
    if signalsGrow(trace) { return [] }
    var early = chain.prefix(max(1, chain.count / 2))
    // A first layer that unscaled features saturate is weak for a reason of its own.
    let isFlat = trace.median(.saturatedFraction, rows: trace.tail, layer: chain[0]) > 0.5
    if chain.count > 2, !isFlat, Unscaled.hasOddFeatures(context.data) { early = chain[1..<max(2, chain.count / 2)] }
    let loss = LossCourse(trace, context)
    let scale = inputScale(context.data)
    let readings = trace.windows.indices.map { number -> Reading? in
      let rows = trace.windows[number].rows
      // A loss that is zero to the last digit has no gradient, and needs none.
      if abs(loss.windows[number]) <= 1e-6 * abs(loss.first) { return nil }
      let all = early.compactMap { reading(trace, layer: $0, output: output, rows: rows, scale: scale) }
      guard let first = all.first, let weakest = all.min(by: { $0.corrected < $1.corrected }),
        let strongest = all.max(by: { $0.corrected < $1.corrected })
      else { return nil }
      var judged = isParallel ? strongest : weakest
      judged.first = isParallel ? strongest.corrected : first.corrected
      return judged
    }
    let isWeak = readings.map { reading in reading.map { $0.corrected < weak && $0.first < 3 * weak } ?? false }
    let recovery = change(isWeak)
    let weakSteps = (0..<recovery).reduce(0) { $0 + (isWeak[$1] ? trace.windows[$1].steps : 0) }
    // Not before the third window: at first the loss may fall only because the output's bias settles.
    let start = loss.windows[min(2, loss.windows.count - 1)]
    let learning = start - 0.4 * (start - loss.best)
    let stalledSteps = (0..<recovery).reduce(0) {
      $0 + (isWeak[$1] && !(loss.windows[$1] < learning) ? trace.windows[$1].steps : 0)
    }
    let tail = readings.suffix(trace.tailWindows).compactMap { $0 }.sorted { $0.corrected < $1.corrected }
    let end = tail.isEmpty ? nil : tail[tail.count / 2]
    let first = readings.prefix(recovery).compactMap { $0 }.min { $0.corrected < $1.corrected }

    if let end, end.corrected < weak, end.first < 3 * weak || end.corrected < gone {
      let level = levelOfUnrecovered(end.corrected, steps: trace.steps, loss: loss)
      return [unrecovered(trace, end, level, loss: loss, context)]
    }
    guard weakSteps >= noticeableSteps, let first else { return [] }
    let isTenth = 10 * weakSteps >= trace.steps && isGone(readings.prefix(recovery).compactMap { $0?.corrected })
    let level: Finding.Level = stalledSteps >= costlySteps || isTenth ? .warning : .notice
    let epoch = trace.windows[min(recovery, trace.windows.count - 1)].epoch + 1
    return [recovered(trace, first, level, steps: weakSteps, epoch: epoch, context)]
  }

  /// Whether hidden layers without a ceiling have weights that more than double their input: then what reaches the
  /// output layer is large, and its gradient with it, and others look small beside it. Errors do not shrink on such a
  /// way back, but where most units are dead.
  private static func signalsGrow(_ trace: Trace) -> Bool {
    let hidden = trace.chain.dropLast()
    guard
      hidden.allSatisfy({
        trace.layers[$0].units != nil && trace.layers[$0].activation != nil && !trace.layers[$0].saturates
      })
    else { return false }
    let gains = hidden.map { gain(trace, layer: $0, rows: trace.tail) }
    let dead = hidden.map { trace.median(.deadFraction, rows: trace.tail, layer: $0) }.filter(\.isFinite).max() ?? 0
    // Weights below zero on the whole hold units down whatever their size.
    let holdDown = hidden.contains { layer in
      trace.median(.weightMean, rows: trace.tail, layer: layer) < -0.3
        * trace.median(.weightRms, rows: trace.tail, layer: layer)
    }
    return Trace.median(gains) > 2 && dead < 0.5 && !holdDown
  }

  /// By how much a layer's weights make a signal larger, or smaller, if it is as wide as its input.
  private static func gain(_ trace: Trace, layer: Int, rows: Range<Int>) -> Double {
    trace.median(.weightRms, rows: rows, layer: layer) * Double(trace.layers[layer].units ?? 1).squareRoot()
  }

  /// What to divide by where features are small: a kernel's gradient carries the size of its input.
  private static func inputScale(_ data: DataFigures) -> Double {
    let size = max(data.largestFeatureDeviation, data.largestFeatureMean)
    return size > 0 && size < 0.03 ? size : 1
  }

  private static func reading(_ trace: Trace, layer: Int, output: Int, rows: Range<Int>, scale: Double) -> Reading? {
    let early = trace.median(.gradientRms, rows: rows, layer: layer)
    let last = trace.median(.gradientRms, rows: rows, layer: output)
    guard early.isFinite, last.isFinite else { return nil }
    let ratio = early == 0 ? 0 : early / last
    var width = 1.0
    if let units = trace.layers[layer].units, let outputs = trace.layers[output].units, outputs > 0 {
      width = (Double(units) / Double(outputs)).squareRoot()
    }
    return Reading(corrected: ratio * width / scale, ratio: ratio, layer: layer, first: ratio * width / scale)
  }

  /// Whether half of these figures are below 0.002.
  private static func isGone(_ figures: [Double]) -> Bool { Trace.median(figures) < gone / 5 }

  /// The number of windows after which the state changes: fewest weak ones after it and others before it.
  private static func change(_ isWeak: [Bool]) -> Int {
    var misplaced = isWeak.filter { $0 }.count
    var best = (at: 0, misplaced: misplaced)
    for (number, weak) in isWeak.enumerated() {
      misplaced += weak ? -1 : 1
      if misplaced < best.misplaced { best = (number + 1, misplaced) }
    }
    return best.at
  }

  private static func levelOfUnrecovered(_ figure: Double, steps: Int, loss: LossCourse) -> Finding.Level {
    guard steps >= costlySteps else { return figure < gone / 10 ? .warning : .notice }
    if figure < gone / 10 && loss.fall < 0.3 { return .critical }
    if loss.isFlat && (figure < gone || loss.fall < 0.3) { return .critical }
    return figure < gone / 10 || loss.fall < 0.3 ? .warning : .notice
  }

  // MARK: Words

  private static func unrecovered(
    _ trace: Trace, _ reading: Reading, _ level: Finding.Level, loss: LossCourse, _ context: DiagnosisContext
  ) -> Finding {
    let name = trace.layers[reading.layer].name
    let output = trace.chain.last.map { trace.layers[$0].name } ?? ""
    let gradient =
      reading.ratio == 0
      ? "The gradient of `\(name)` is exactly zero"
      : "The gradient of `\(name)` is \(Words.number(reading.ratio)) of that of the output layer `\(output)`"
    let learns =
      level == .critical
      ? "and the loss stands at \(Words.number(loss.last)): the network does not train"
      : level == .warning ? "so the early layers hardly learn" : "so the early layers learn slowly"
    let weights = weightsNote(trace, layer: reading.layer)
    return Finding(
      .vanishing, level, layer: name, figures: figures(reading, trace) + [.init("loss", loss.last)],
      message: "\(gradient), \(learns)\(weights).", cause: Vanishing.cause(trace, context),
      remedies: Remedies.vanishing(trace, context))
  }

  private static func recovered(
    _ trace: Trace, _ reading: Reading, _ level: Finding.Level, steps: Int, epoch: Int, _ context: DiagnosisContext
  ) -> Finding {
    let name = trace.layers[reading.layer].name
    let cost = level == .warning ? " in which the network hardly learnt" : ""
    return Finding(
      .vanishing, level, layer: name,
      figures: figures(reading, trace) + [.init("steps", Double(steps)), .init("recovery_epoch", Double(epoch))],
      message: "The gradient of `\(name)` was down to \(Words.number(reading.ratio)) of the output layer's at first "
        + "and recovered in epoch \(epoch), after about \(steps) steps\(cost).",
      cause: Vanishing.cause(trace, context), remedies: Remedies.vanishing(trace, context))
  }

  private static func figures(_ reading: Reading, _ trace: Trace) -> [Finding.Figure] {
    var figures = [
      Finding.Figure("ratio_to_output", reading.ratio), .init("ratio_corrected_for_width", reading.corrected),
    ]
    if let first = trace.chain.first, let output = trace.chain.last {
      figures.append(.init("update_ratio_first", trace.median(.updateRatio, rows: trace.tail, layer: first)))
      figures.append(.init("update_ratio_output", trace.median(.updateRatio, rows: trace.tail, layer: output)))
    }
    return figures
  }

  /// Weights that shrink towards zero take the gradient with them.
  private static func weightsNote(_ trace: Trace, layer: Int) -> String {
    guard let first = trace.windows.first else { return "" }
    let before = trace.median(.weightRms, rows: first.rows, layer: layer)
    let now = trace.median(.weightRms, rows: trace.tail, layer: layer)
    return now < 0.1 * before || now == 0 ? "; its weights are going to zero" : ""
  }

  private static func cause(_ trace: Trace, _ context: DiagnosisContext) -> String {
    let hidden = trace.chain.dropLast().map { trace.layers[$0] }
    let rows = trace.windows.first?.rows ?? 0..<0
    let gains = trace.chain.dropLast().map { gain(trace, layer: $0, rows: rows) }
    if gains.allSatisfy({ $0 == 0 }) {
      return "The weights are zero: nothing passes through them in either direction."
    }
    if hidden.allSatisfy({ $0.units != nil }), Trace.median(gains) < 0.3 {
      return "The initial weights are so small that every layer shrinks the signal, and the gradient on its way back."
    }
    switch Evidence.rate(trace, context) {
    case .some(let rate) where rate.isTooLarge: return Evidence.words(rate) + " Since then hardly a gradient passes."
    default: break
    }
    let dead = trace.chain.map { trace.median(.deadFraction, rows: trace.tail, layer: $0) }.filter(\.isFinite).max()
    if let dead, dead > 0.9 {
      return "In one layer \(Words.percent(dead)) of the ReLU units are 0 for every row of a batch: no gradient passes."
    }
    if context.largestDropout >= Dominated.dropout {
      return "Dropout zeroes \(Words.percent(context.largestDropout)) of a layer's outputs, and with them the gradient."
    }
    let sigmoids = hidden.filter { $0.activation == "sigmoid" }.count
    if 2 * sigmoids > hidden.count {
      return "Each of \(sigmoids) sigmoid layers passes back at most a quarter of the gradient."
    }
    let saturated = trace.chain.map { trace.median(.saturatedFraction, rows: trace.tail, layer: $0) }
    if let flat = saturated.filter(\.isFinite).max(), flat > 0.5 {
      return "Units are saturated (\(Words.percent(flat)) in the worst layer): their derivative is nearly zero."
    }
    return "Each of \(hidden.count) hidden layers makes the gradient a little smaller on its way back."
  }
}
