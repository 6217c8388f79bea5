/// A self-contained page about a drill: what was done to short runs of a recipe, and what came of it.
package struct DrillPage: Sendable {
  package struct Row: Sendable {
    package var name: String
    package var fault: String
    package var promise: String
    package var happened: String
    package var stepsLost: Int?
    package var secondsLost: Double?
    package var bytes: String
    /// nil: it was not tried.
    package var isHeld: Bool?
    package var problems: [String]

    package init(
      name: String, fault: String, promise: String, happened: String, stepsLost: Int?, secondsLost: Double?,
      bytes: String, isHeld: Bool?, problems: [String]
    ) {
      self.name = name
      self.fault = fault
      self.promise = promise
      self.happened = happened
      self.stepsLost = stepsLost
      self.secondsLost = secondsLost
      self.bytes = bytes
      self.isHeld = isHeld
      self.problems = problems
    }
  }

  /// The loss of a run, step by step.
  package struct Curve: Sendable {
    package var name: String
    package var steps: [Double]
    package var losses: [Double]

    package init(name: String, steps: [Double], losses: [Double]) {
      self.name = name
      self.steps = steps
      self.losses = losses
    }
  }

  package var name: String
  /// One sentence.
  package var summary: String
  package var isHeld: Bool
  package var facts: [(name: String, value: String)] = []
  package var rows: [Row] = []
  /// The undisturbed run's first.
  package var curves: [Curve] = []

  package init(name: String, summary: String, isHeld: Bool) {
    self.name = name
    self.summary = summary
    self.isHeld = isHeld
  }

  /// Long sentences in cells, which the tables of other pages do not have.
  private static let css = """
    .drill td:nth-child(3),.drill td:nth-child(4){white-space:normal;min-width:220px}
    .drill p{margin:0}.drill .promise{color:var(--soft);font-size:13px}.drill .problem{color:var(--bad);font-weight:600}

    """

  package func html() -> String {
    let level = isHeld ? "good" : "bad"
    let facts = facts.map { "<div><dt>\($0.name)</dt><dd>\(Markup.name($0.value))</dd></div>" as Markup }
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <title>Drill of \(name) - Cairn</title>
      <style>\(Markup(trusted: FigureStyle.css + PageStyle.css + DrillPage.css))</style>
      </head>
      <body>
      <main>
      <header><div class="run"><h1>Drill of \(name) <span class="state \(level)">\(isHeld ? "held" : "not held")</span></h1>\
      <p>\(summary)</p></div></header>
      <section id="summary"><h2>Summary</h2><dl class="facts">\(facts)</dl></section>
      \(table)\(figure)</main>
      </body>
      </html>

      """
    return page.text
  }

  private var table: Markup {
    let head = ["case", "held", "what was done", "what happened", "steps lost", "seconds lost", "bytes at the end"].map
    {
      "<th scope=\"col\">\($0)</th>" as Markup
    }
    let body = rows.map { row -> Markup in
      let problems = row.problems.map { "<p class=\"problem\">Not held: \(Markup.prose($0))</p>" as Markup }
      let (word, level) = row.isHeld.map { $0 ? ("yes", "good") : ("no", "bad") } ?? ("not tried", "plain")
      return """
        <tr id="case-\(row.name)"><th scope="row">\(row.name)</th><td><span class="state \(level)">\(word)</span></td>\
        <td><p>\(row.fault)</p><p class="promise">\(row.promise)</p></td>\
        <td><p>\(Markup.prose(row.happened))</p>\(problems)</td>\
        <td>\(row.stepsLost.map(String.init) ?? "–")</td>\
        <td>\(row.secondsLost.map { "\(($0 * 10).rounded() / 10)" } ?? "–")</td>\
        <td>\(row.bytes)</td></tr>

        """
    }
    return """
      <section id="cases"><h2>Cases</h2><p class="note">Steps lost were done again, or given up with an attempt. Seconds \
      lost are those beyond the undisturbed run's, restarts included.</p><div class="wide"><table class="drill">\
      <thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div></section>

      """
  }

  private var figure: Markup {
    if curves.count < 2 { return .empty }
    let series = curves.enumerated().map { number, curve in
      FigureSeries(
        curve.name, color: number == 0 ? .muted : .category(number - 1), dash: (number - 1) / 8, steps: curve.steps,
        values: curve.losses)
    }
    let figure = LineFigure(
      id: "loss", title: "Loss of the runs whose course was changed", label: "loss", series: series,
      choice: .logarithmic, size: FigureSize(width: 1040, height: 300))
    return """
      <section id="figures"><h2>Figures</h2><div class="figures"><figure id="figure-loss"><h3>\(figure.title)</h3>\
      <figcaption>The objective of each step, of the attempt that stayed; the undisturbed run in grey.</figcaption>\
      \(Markup(trusted: figure.svg(.page)))\(figure.legend)</figure></div></section>

      """
  }
}
