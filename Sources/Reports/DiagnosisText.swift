public import GradientHealth

/// A diagnosis for a terminal.
public enum DiagnosisText {
  /// One line a layer; `-` where a figure has no meaning.
  public static func table(_ layers: [LayerStanding]) -> String {
    func cell(_ value: Double, percent: Bool = false) -> String {
      if value.isNaN { return "-" }
      return percent ? "\(Int((100 * value).rounded())) %" : short(value)
    }
    var rows = [["layer", "gradient rms", "of output's", "update/weights", "saturated", "dead units"]]
    for layer in layers {
      rows.append([
        layer.name, cell(layer.gradientRms), cell(layer.ratioToOutput), cell(layer.updateRatio),
        cell(layer.saturated, percent: true), cell(layer.dead, percent: true),
      ])
    }
    return TextTable.render(rows)
  }

  /// What is known along an axis, a line a layer: gradients through time with their course from the first time to the last,
  /// gates, attention. Empty: nothing is.
  public static func sequences(_ standings: [SequenceStanding]) -> String {
    standings.map { standing in
      let values = standing.values
      switch standing.column {
      case .throughTime: return throughTime(standing)
      case .gateSaturation:
        let gates = values.enumerated().map { number, value in
          "\(GateNames.name(number, of: values.count)) \(value.isNaN ? "-" : "\(Int((100 * value).rounded())) %")"
        }
        return "gates of \(standing.layer) that are flat: \(gates.joined(separator: ", "))"
      case .largestLogit:
        return "attention of \(standing.layer): largest score \(short(values.filter { !$0.isNaN }.max() ?? .nan))"
      case .attentionEntropy:
        let known = values.filter { !$0.isNaN }
        let ends = [known.min() ?? .nan, known.max() ?? .nan].map { short($0, digits: 3) }
        return "attention of \(standing.layer): entropy "
          + (ends[0] == ends[1] ? "\(ends[0]) nats" : "\(ends[0]) to \(ends[1]) nats, by head")
      }
    }.joined(separator: "\n")
  }

  private static func throughTime(_ standing: SequenceStanding) -> String {
    guard let profile = standing.throughTime else { return "" }
    let heading = "through time, \(standing.layer): "
    guard profile.isFinite else { return heading + "not finite" }
    guard profile.end > 0 else { return heading + "no gradient reaches the last time" }
    // What lies below does not show in a line of eight heights.
    let most = profile.rms.max() ?? 0
    let points = profile.rms.enumerated().map { (place: Double($0), value: max($1, most * 1e-4)) }
    let line = Sparkline.line(points, width: min(32, points.count)).text
    let words: String
    if standing.hidesReach {
      words = "each time has a loss of its own, which hides how far a gradient goes back"
    } else if let horizon = profile.horizon {
      words = "1 % is left \(Int(horizon.rounded())) of \(profile.times) steps back"
    } else {
      let first = (profile.rms.first ?? 0) / profile.end
      words = "all \(profile.times) steps back are reached, the first with \(short(first, digits: 2)) of the last's"
    }
    return heading + line + " " + words
  }

  /// Each finding with its cause and its remedies, these as what they change in the run's recipe.
  ///
  /// - Parameter remedies: of each finding; a number that was printed before is not spelled again.
  public static func findings(_ findings: [Finding], remedies: [[RemedyText]]) -> String {
    var known: Set<Int> = []
    return zip(findings, remedies).map { finding, remedies in
      let place = finding.layer.map { " in `\($0)`" } ?? ""
      var lines = ["\(finding.level.name.uppercased()) \(finding.name.rawValue)\(place): \(finding.message)"]
      lines.append("  Likely cause: \(finding.cause)")
      let told = remedies.filter { known.contains($0.number) }.map { "\($0.number)" }
      if !told.isEmpty { lines.append("  \(told.joined(separator: ", ")). as above") }
      for remedy in remedies where known.insert(remedy.number).inserted {
        lines.append("  \(remedy.number). \(remedy.text)")
        lines += remedy.diff.split(separator: "\n").map { "       \($0)" }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}

/// A remedy as it is printed.
public struct RemedyText: Sendable, Hashable {
  public let number: Int
  /// What it is good for.
  public let text: String
  /// What it changes in the run's recipe, line by line; empty: the run has none.
  public let diff: String

  public init(number: Int, text: String, diff: String) {
    self.number = number
    self.text = text
    self.diff = diff
  }
}
