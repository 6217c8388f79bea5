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

  /// Each finding with its cause and its remedies, these as YAML to paste into a recipe.
  ///
  /// - Parameter snippet: how a recipe spells a remedy.
  public static func findings(_ findings: [Finding], snippet: (Remedy) -> String) -> String {
    findings.map { finding in
      let place = finding.layer.map { " in `\($0)`" } ?? ""
      var lines = ["\(finding.level.name.uppercased()) \(finding.name.rawValue)\(place): \(finding.message)"]
      lines.append("  Likely cause: \(finding.cause)")
      for (number, remedy) in finding.remedies.enumerated() {
        lines.append("  \(number + 1). \(remedy.text)")
        lines += snippet(remedy).split(separator: "\n").map { "       \($0)" }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}
