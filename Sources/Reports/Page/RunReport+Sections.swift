internal import GradientHealth

/// The page's sections besides its figures.
extension RunReport {
  var header: Markup {
    let titles = runs.map { run -> Markup in
      let tags = run.tags.map { "<li>\($0)</li>" as Markup }
      let description: Markup = run.description.isEmpty ? .empty : "<p>\(run.description)</p>"
      let list: Markup = tags.isEmpty ? .empty : "<ul class=\"tags\">\(tags)</ul>"
      let level =
        run.state == "finished" || run.state == "stopped early" ? "good" : run.state == "not finished" ? "plain" : "bad"
      return """
        <div class="run"><h1>\(run.name) <span class="state \(level)">\(run.state)</span></h1>\
        \(description)\(list)</div>

        """
    }
    return "<header>\(titles)</header>\n"
  }

  // MARK: Diagnosis

  var diagnosis: Markup {
    let parts = runs.map { run -> Markup in
      let name: Markup = runs.count == 1 ? .empty : "<h3>\(run.name)</h3>"
      if run.findings.isEmpty {
        return "\(name)<p>\(run.history.count == 0 ? "No step is recorded yet." : "Nothing found.")</p>"
      }
      let remedies = run.remedies + Array(repeating: [], count: max(0, run.findings.count - run.remedies.count))
      return name + zip(run.findings, remedies).map { RunReport.card($0, $1) }.reduce(.empty, +)
    }
    return "<section id=\"diagnosis\"><h2>Diagnosis</h2>\(parts)</section>\n"
  }

  static func card(_ finding: Finding, _ remedies: [RemedyText]) -> Markup {
    let place: Markup = finding.layer.map { " in <code>\($0)</code>" } ?? .empty
    let items = remedies.map { remedy -> Markup in
      let diff: Markup = remedy.diff.isEmpty ? .empty : "<pre>\(remedy.diff)</pre>"
      return "<li value=\"\(remedy.number)\">\(Markup.prose(remedy.text))\(diff)</li>"
    }
    let list: Markup = items.isEmpty ? .empty : "<ol>\(items)</ol>"
    return """
      <div class="finding-card \(finding.level.name)"><p><b>\(finding.level.name)</b> \
      <b>\(finding.name.rawValue.replacing("_", with: " "))</b>\(place): \(Markup.prose(finding.message))</p>\
      <p>Likely cause: \(Markup.prose(finding.cause))</p>\(list)</div>
      """
  }

  // MARK: Figures

  func figureSection(_ figures: [ReportFigure], rows: Int) -> Markup {
    let cards = figures.map { figure -> Markup in
      let svg = Markup(trusted: figure.svg(figure.isStill ? .page : .script(rows: rows)))
      let picture: Markup = figure.isScrolled ? "<div class=\"scroll\" tabindex=\"0\">\(svg)</div>" : svg
      return """
        <figure id="figure-\(figure.id)"\(figure.isScrolled ? Markup(trusted: " class=\"spread\"") : .empty)>\
        <h3>\(figure.title)</h3><figcaption>\(figure.caption)</figcaption>\(picture)\(figure.legend)</figure>

        """
    }
    var note = "History of \(runs.map { "\($0.history.count)" }.joined(separator: ", ")) rows."
    if runs.contains(where: { $0.history.places.contains { $0.rows > 1 } }) {
      note += " Older rows stand for several steps each."
    }
    let merged = SeriesData.stride(runs.map(\.history.count).max() ?? 0, rows: rows)
    if merged > 1 { note += " Zoomed in, up to \(merged) rows are one point and its band." }
    return """
      <section id="figures"><h2>Figures</h2><p class="note">\(note) Crosses mark NaN, arrows Inf; numbered lines \
      are told below.<span class="script"> Point for values, drag to zoom all figures, double-click to see all again, \
      click a name to hide it.</span></p>
      <div class="figures">
      \(cards)</div></section>

      """
  }

  // MARK: What happened

  /// Of more than `long` marks of one kind in a row the first few are told; no more than `sentenceLimit` in all.
  private static let (long, few, sentenceLimit) = (8, 4, 200)

  var happenings: Markup {
    if marks.isEmpty {
      return "<section id=\"events\"><h2>What happened</h2><p>Nothing out of the ordinary.</p></section>\n"
    }
    var items: [Markup] = []
    var at = 0
    while at < marks.count && items.count < RunReport.sentenceLimit {
      let kind = marks[at].kind
      let end = marks[at...].firstIndex { $0.kind != kind } ?? marks.count
      let told = end - at > RunReport.long ? at + RunReport.few : end
      for mark in marks[at..<told] {
        items.append(
          """
          <li value="\(mark.number)" class="\(mark.kind.rawValue)"><b>\(RunReport.place(mark))</b> \
          <span class="kind">\(RunReport.words(mark.kind))</span> \(Markup.prose(mark.sentence))</li>
          """)
      }
      if told < end {
        items.append(
          """
          <li value="\(marks[end - 1].number)" class="\(kind.rawValue)">\(end - told) more of this kind, up to \
          <b>step \(Int(marks[end - 1].step))</b></li>
          """)
      }
      at = end
    }
    let more: Markup = at < marks.count ? "<p>and \(marks.count - at) more</p>" : .empty
    return "<section id=\"events\"><h2>What happened</h2><ol class=\"events\">\(items)</ol>\(more)</section>\n"
  }

  /// A rollback is between two steps.
  private static func place(_ mark: FigureMark) -> String {
    if let from = mark.from { return "step \(Int(from)) to \(Int(mark.step))" }
    return "step \(Int(mark.step))"
  }

  private static func words(_ kind: FigureMark.Kind) -> String {
    switch kind {
    case .blowup: "blow-up"
    case .rollback: "rollback"
    case .finding: "finding"
    case .note: "note"
    }
  }

  // MARK: Layers and recipe

  var layerTables: Markup {
    let tables = runs.map { run -> Markup in
      let rows = run.layers.map { layer -> Markup in
        let standing = run.standings.first { $0.name == layer.name }
        func cell(_ value: Double?, percent: Bool = false) -> String {
          guard let value, !value.isNaN else { return "–" }
          return percent ? "\(short(100 * value, digits: 3)) %" : short(value)
        }
        let cells = [
          layer.type, "[\(layer.outputShape.map(String.init).joined(separator: ", "))]", String(layer.weights),
          cell(standing?.gradientRms), cell(standing?.ratioToOutput), cell(standing?.updateRatio),
          cell(standing?.saturated, percent: true), cell(standing?.dead, percent: true),
        ].map { "<td>\($0)</td>" as Markup }
        return "<tr><th scope=\"row\">\(layer.name)</th>\(cells)</tr>"
      }
      let head = [
        "layer", "type", "output shape", "weights", "gradient rms", "of output's", "update / weights", "saturated",
        "dead units",
      ].map { "<th scope=\"col\">\($0)</th>" as Markup }
      let name: Markup = runs.count == 1 ? .empty : "<h3>\(run.name)</h3>"
      return """
        \(name)<div class="wide"><table class="layers"><thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>
        """
    }
    return """
      <section id="layers"><h2>Layers</h2><p class="note">Medians over the last fifth of the history.</p>\(tables)</section>

      """
  }

  var recipes: Markup {
    let shown = runs.filter { !$0.recipe.isEmpty }
    if shown.isEmpty { return .empty }
    let parts = shown.map { run -> Markup in
      "\(runs.count == 1 ? .empty : "<h3>\(run.name)</h3>" as Markup)<pre class=\"recipe\">\(run.recipe)</pre>"
    }
    return "<section id=\"recipe\"><h2>Recipe, as resolved</h2>\(parts)</section>\n"
  }
}
