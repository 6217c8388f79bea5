internal import GradientHealth
internal import Glibc
public import Training

/// A look at a recipe before the run, for a terminal.
public enum PreviewText {
  /// Data and losses, a line each.
  public static func facts(_ preview: RunPreview) -> String {
    let (data, summary, look) = (preview.data, preview.summary, preview.look)
    var lines = [
      "rows            \(summary.trainRows) to train on"
        + (summary.validationRows > 0 ? ", \(summary.validationRows) for validation" : "")
    ]
    if data.largestFeatureDeviation.isFinite {
      lines.append(
        "features        deviations \(short(data.smallestFeatureDeviation)) to \(short(data.largestFeatureDeviation)), "
          + "means up to \(short(data.largestFeatureMean)) from 0")
    }
    if data.targetDeviation.isFinite {
      lines.append("targets         mean \(short(data.targetMean)), deviation \(short(data.targetDeviation))")
    }
    var loss = "first loss      \(figure(look.loss)) over \(look.rows) rows"
    if data.constantLoss.isFinite {
      loss += "; the best constant has \(short(data.constantLoss))"
      if data.constantLoss > 0, look.loss.isFinite {
        loss += " (\(short(look.loss / data.constantLoss, digits: 3)) times)"
      }
    }
    lines.append(loss)
    lines.append("after one step  \(figure(look.lossAfterStep)) at a rate of \(short(look.learningRate))")
    return lines.joined(separator: "\n")
  }

  /// One line a layer of the graph; `-` where a figure has no meaning.
  public static func layers(_ preview: RunPreview) -> String {
    let standings = preview.look.standings
    func cell(_ value: Double?, percent: Bool = false) -> String {
      guard let value, !value.isNaN else { return "-" }
      return percent ? "\(Int((100 * value).rounded())) %" : short(value)
    }
    var rows = [
      [
        "layer", "output mean", "deviation", "rms", "gradient rms", "of output's", "update/weights", "saturated",
        "dead units",
      ]
    ]
    for output in preview.look.outputs {
      // A layer with several kernels has a line for each.
      let own = standings.filter { $0.name == output.layer || $0.name.hasPrefix("\(output.layer)/") }
      let shown = own.isEmpty ? [LayerStanding?.none] : own.map { $0 }
      for standing in shown {
        rows.append([
          standing?.name ?? output.layer, output.nonfinite > 0 ? "not finite" : cell(output.mean),
          cell(output.deviation),
          cell(output.rms), cell(standing?.gradientRms), cell(standing?.ratioToOutput), cell(standing?.updateRatio),
          cell(standing?.saturated, percent: true), cell(standing?.dead, percent: true),
        ])
      }
    }
    return TextTable.render(rows)
  }

  /// What the range test came to, and its curve.
  public static func range(_ preview: RunPreview) -> String {
    let range = preview.range
    let (low, high) = (preview.testRates.lowerBound, preview.testRates.upperBound)
    var lines = [
      "learning rates  \(range.points.count) of \(preview.testSteps) steps, rates from \(short(low)) to \(short(high))"
        + (range.blowUp.map { "; the loss blew up at \(short($0, digits: 2))" } ?? "")
    ]
    lines.append(
      "suggested       "
        + (range.suggested.map {
          "\(short($0, digits: 2)): the lower of the steepest fall (\(short(range.steepest ?? .nan, digits: 2))) and a tenth of the "
            + "largest stable rate (\(short(range.largestStable ?? .nan, digits: 2)))"
        } ?? "none: the loss did not fall"))
    lines.append("the recipe's    \(short(preview.rate)) (\(preview.optimizer))")
    let plot = plot(range, marks: [("s", range.suggested), ("r", preview.rate)])
    return lines.joined(separator: "\n") + (plot.isEmpty ? "" : "\n\n" + plot)
  }

  /// Time, memory, disk.
  public static func estimate(_ preview: RunPreview) -> String {
    let estimate = preview.estimate
    let parts: [(String, Int)] = [
      ("weights", estimate.weights), ("gradient", estimate.gradient), ("optimizer", estimate.slots),
      ("best weights", estimate.best), ("copy for checkpoints", estimate.snapshot),
      ("activations", estimate.activations), ("data", estimate.data),
    ]
    let named = parts.filter { $0.1 > 0 }.map { "\($0.0) \(bytes($0.1))" }.joined(separator: ", ")
    return """
      time            \(duration(estimate.seconds)) for \(estimate.steps) steps of \(duration(estimate.secondsPerStep)) \
      (\(estimate.workers) \(estimate.workers == 1 ? "worker" : "workers")), validation and checkpoints besides
      memory          \(bytes(estimate.memory)) besides the program: \(named)
      disk            about \(bytes(estimate.checkpoint)) a checkpoint, up to \(estimate.checkpointsKept) kept: \
      \(bytes(estimate.checkpoint * estimate.checkpointsKept))
      """
  }

  // MARK: Parts

  private static func figure(_ value: Double) -> String { value.isFinite ? short(value) : "not finite" }

  static func bytes(_ count: Int) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
    guard let unit = units.first(where: { Double(count) >= $0.1 }) else { return "\(count) B" }
    return "\(short(Double(count) / unit.1, digits: 3)) \(unit.0)"
  }

  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "an unknown time" }
    let units = [("days", 86_400.0), ("h", 3600), ("min", 60), ("s", 1), ("ms", 1e-3)]
    guard let unit = units.first(where: { seconds >= ($0.1 >= 60 ? 2 : 1) * $0.1 }) else {
      return "\(short(seconds * 1e6, digits: 2)) us"
    }
    return "\(short(seconds / unit.1, digits: 2)) \(unit.0)"
  }

  private static let (columns, lines) = (64, 10)

  /// The averages over the rates, both ends labelled; empty where there is nothing to draw.
  static func plot(_ range: RateRange, marks: [(letter: Character, rate: Double?)]) -> String {
    guard let first = range.points.first?.rate, let end = range.points.last?.rate, end > first else { return "" }
    // Up to the recipe's rate, wherever the test ended.
    let last = max(end, marks.compactMap(\.rate).max() ?? end)
    let finite = range.averages.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max(), high > low else { return "" }
    func column(_ rate: Double) -> Int {
      Int((log10(rate / first) / log10(last / first) * Double(columns - 1)).rounded())
    }
    var grid = [[Character]](repeating: [Character](repeating: " ", count: columns), count: lines)
    for (point, average) in zip(range.points, range.averages) where average.isFinite {
      let line = Int(((high - average) / (high - low) * Double(lines - 1)).rounded())
      grid[line][column(point.rate)] = "*"
    }
    let labels = [short(high, digits: 3), short(low, digits: 3)]
    let width = labels.map(\.count).max() ?? 0
    func padded(_ text: String) -> String { String(repeating: " ", count: width - text.count) + text }
    var out = grid.enumerated().map { number, line in
      let label = number == 0 ? labels[0] : number == lines - 1 ? labels[1] : ""
      var text = "\(padded(label)) |" + String(line)
      while text.last == " " { text.removeLast() }
      return text
    }
    var axis = [Character](repeating: "-", count: columns)
    for (letter, rate) in marks {
      guard let rate, rate >= first, rate <= last else { continue }
      axis[column(rate)] = axis[column(rate)] == "-" ? letter : "#"
    }
    out.append("\(padded("loss")) +" + String(axis))
    // Powers of ten that lie in between, as many as have room.
    var ticks = [Character](repeating: " ", count: columns + 8)
    var free = 0
    for exponent in Int(ceil(log10(first) - 1e-9))...Int(max(ceil(log10(first) - 1e-9), floor(log10(last) + 1e-9))) {
      let text = Array("1e\(exponent)")
      let at = column(pow(10, Double(exponent)))
      guard at >= free, at + text.count <= ticks.count else { continue }
      for (offset, character) in text.enumerated() { ticks[at + offset] = character }
      free = at + text.count + 2
    }
    var line = padded("rate") + "  " + String(ticks)
    while line.last == " " { line.removeLast() }
    out.append(line)
    out.append(padded("") + "  s: suggested, r: the recipe's, #: both")
    return out.joined(separator: "\n")
  }
}
