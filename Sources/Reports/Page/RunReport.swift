internal import Checkpointing
internal import GradientHealth

/// A self-contained page about one run or several: what it says can be read without a script, on paper too.
package struct RunReport: Sendable {
  package let runs: [ReportedRun]
  package let differences: [RecipeRow]
  /// Everything with a place on the axis of steps, numbered through all runs, in the order in which it happened.
  let marks: [FigureMark]

  /// Bytes of the values that the script is given, all figures together.
  static let scriptBudget = 1_300_000

  /// - Parameter differences: keys of the recipes that differ; none if there is one run.
  package init(_ runs: [ReportedRun], differences: [RecipeRow] = []) {
    self.runs = runs
    self.differences = differences
    var found: [FigureMark] = []
    // Run by run, in the order in which it happened: a rollback comes after the blow-up, at an earlier step.
    for run in runs { found += RunReport.marks(of: run, named: runs.count > 1) }
    for at in found.indices { found[at].number = at + 1 }
    marks = found
  }

  private static func marks(of run: ReportedRun, named: Bool) -> [FigureMark] {
    let prefix = named ? "\(run.name): " : ""
    var marks = run.events.map { event -> FigureMark in
      let kind: FigureMark.Kind =
        switch event.kind {
        case "blowup", "halted": .blowup
        case "rollback": .rollback
        case "spike", "finding": .finding
        default: .note
        }
      // A checkpoint's event of a rollback bears the step that came next; its sentence tells both ends.
      if kind == .rollback, let ends = RunReport.ends(of: event.message) {
        return FigureMark(
          step: ends.to, kind: kind, number: 0, sentence: prefix + event.message, from: ends.from)
      }
      return FigureMark(step: Double(event.step), kind: kind, number: 0, sentence: prefix + event.message)
    }
    for finding in run.findings {
      guard let step = finding.figures.first(where: { $0.name == "step" })?.value, step.isFinite,
        !marks.contains(where: { $0.step == step && $0.kind == .blowup })
      else { continue }
      marks.append(FigureMark(step: step, kind: .finding, number: 0, sentence: prefix + finding.message))
    }
    return marks
  }

  /// `went back from step 4 to step 0 ...`; nil: it says something else.
  private static func ends(of sentence: String) -> (from: Double, to: Double)? {
    let prefix = "went back from step "
    guard sentence.hasPrefix(prefix) else { return nil }
    let numbers = sentence.dropFirst(prefix.count).split(separator: " ").prefix(4).compactMap { Double($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }

  package var title: String { runs.map(\.name).joined(separator: ", ") }

  package func html() -> String {
    let figures = figures()
    let rows = rows(figures)
    let single = runs.count == 1
    let body: [Markup] = [
      header, summary, single ? .empty : differenceTable, diagnosis, figureSection(figures, rows: rows), happenings,
      layerTables, recipes,
    ]
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="\
      default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
      <title>\(title) - Cairn</title>
      <style>\(Markup(trusted: FigureStyle.css + PageStyle.css))</style>
      </head>
      <body>
      <main>
      \(body)
      </main>
      <script type="application/json" id="steps">\(stepTable(rows: rows))</script>
      <script>\(Markup(trusted: PageScript.text))</script>
      </body>
      </html>

      """
    return page.text
  }

  /// Rows of each series that the script is given, so that all of them stay within the budget.
  private func rows(_ figures: [ReportFigure]) -> Int {
    let series = figures.filter { !$0.isStill }.flatMap(\.series)
    let most = series.map(\.steps.count).max() ?? 0
    // 16 bits in base64; up to three numbers a row once rows are merged.
    let whole = series.reduce(0) { $0 + $1.steps.count * ($1.peaks == nil ? 1 : 2) } * 8 / 3
    if whole <= RunReport.scriptBudget { return max(most, 1) }
    return max(200, RunReport.scriptBudget / (8 * max(series.count, 1)))
  }

  /// Steps of the runs' rows by the series' key.
  private func stepTable(rows: Int) -> Markup {
    var parts: [String] = []
    for number in runs.indices {
      let steps = runs[number].history.places.map { Double($0.step) }
      parts.append("\"run\(number)\":\"\(SeriesData.steps(steps, rows: rows))\"")
    }
    return Markup(trusted: "{\(parts.joined(separator: ","))}")
  }
}
