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
