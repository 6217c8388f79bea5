internal import GradientHealth
package import Training

/// A self-contained page about a recipe before its run: the same as the terminal's, with the range test as a figure.
package struct PreviewPage: Sendable {
  private let preview: RunPreview
  private let recipe: String
  private let warnings: [String]
  private let remedies: [[RemedyText]]

  /// - Parameters:
  ///   - recipe: as resolved.
  ///   - warnings: of reading the data.
  ///   - remedies: of each finding.
  package init(
    _ preview: RunPreview, recipe: String, warnings: [String], remedies: [[RemedyText]]
  ) {
    self.preview = preview
    self.recipe = recipe
    self.warnings = warnings
    self.remedies = remedies
  }

  package func html() -> String {
    let figure = figure
    let findings = zip(preview.findings, remedies).map { RunReport.card($0, $1) }
    let marks = figure.marks.map { mark -> Markup in
      "<li value=\"\(mark.number)\" class=\"\(mark.kind.rawValue)\">\(mark.sentence)</li>"
    }
    let said = (preview.notes + (warnings + preview.warnings).map { "warning: \($0)" }).map { "<p>\($0)</p>" as Markup }
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(preview.run), before the run - Cairn</title>
      <style>\(Markup(trusted: FigureStyle.css + PageStyle.css))</style>
      </head>
      <body>
      <main>
      <header><div class="run"><h1>\(preview.run) <span class="state plain">before the run</span></h1>\
      <p>\(preview.summary.description)</p></div></header>
      <section id="facts"><h2>Data and first batch</h2><pre>\(PreviewText.facts(preview))</pre>\(said)</section>
      <section id="diagnosis"><h2>Findings</h2>\(findings.isEmpty ? ["<p>Nothing found.</p>"] : findings)</section>
      <section id="figures"><h2>Learning-rate range test</h2>
      <div class="figures">
      <figure id="figure-\(figure.id)"><h3>\(figure.title)</h3><figcaption>The rate rises from step to step; each loss is that of \
      the next batch. Numbered lines are told below.</figcaption>\
      \(Markup(trusted: figure.svg(.page)))\(figure.legend)</figure></div>
      <ol class="events">\(marks)</ol></section>
      <section id="layers"><h2>Layers, at the first weights</h2><pre>\(PreviewText.layers(preview))</pre></section>
      <section id="cost"><h2>What the run will take</h2><pre>\(PreviewText.estimate(preview))</pre></section>
      <section id="recipe"><h2>Recipe, as resolved</h2><pre class="recipe">\(recipe)</pre></section>
      </main>
      </body>
      </html>

      """
    return page.text
  }

  /// Loss over the rates.
  var figure: LineFigure {
    let range = preview.range
    let rates = range.points.map(\.rate)
    var marks: [FigureMark] = []
    func mark(_ rate: Double?, _ kind: FigureMark.Kind, _ sentence: String) {
      guard let rate, preview.testRates.contains(rate) else { return }
      marks.append(
        FigureMark(step: rate, kind: kind, number: marks.count + 1, sentence: "\(sentence): \(short(rate, digits: 2))"))
    }
    mark(range.suggested, .note, "the suggested rate")
    mark(range.steepest, .note, "the loss falls fastest")
    mark(range.largestStable, .finding, "the largest stable rate")
    mark(range.blowUp, .blowup, "the test blew up")
    mark(preview.rate, .rollback, "the recipe's rate")
    var figure = LineFigure(
      id: "rate-range", title: "Loss while the learning rate rises", label: preview.summary.loss,
      series: [
        FigureSeries("each step", color: .muted, steps: rates, values: range.points.map(\.loss)),
        FigureSeries("average of neighbours", color: .category(0), steps: rates, values: range.averages),
      ], marks: marks, rules: rules, size: FigureSize(width: 720, height: 320))
    figure.stepLabel = "learning rate"
    figure.horizontal = Axis(
      scale: .logarithmic, lower: preview.testRates.lowerBound, upper: preview.testRates.upperBound)
    return figure
  }

  private var rules: [FigureRule] {
    preview.data.constantLoss.isFinite ? [FigureRule(value: preview.data.constantLoss, label: "the best constant")] : []
  }
}
