internal import Checkpointing
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

  // MARK: Summary

  var summary: Markup {
    let facts = runs.map(RunReport.facts)
    var names: [String] = []
    for fact in facts.flatMap({ $0 }) where !names.contains(fact.name) { names.append(fact.name) }
    if runs.count == 1 {
      let items = facts[0].map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>" as Markup }
      return "<section id=\"summary\"><h2>Summary</h2><dl class=\"facts\">\(items)</dl></section>\n"
    }
    let head = runs.map { "<th scope=\"col\">\($0.name)</th>" as Markup }
    let rows = names.map { name -> Markup in
      let cells = facts.map { facts -> Markup in
        "<td>\(facts.first { $0.name == name }?.value ?? "–")</td>"
      }
      return "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>"
    }
    return """
      <section id="summary"><h2>Summary</h2><div class="wide"><table><thead><tr><th></th>\(head)</tr></thead>\
      <tbody>\(rows)</tbody></table></div></section>

      """
  }

  private struct Fact {
    let name: String
    let value: String
  }

  /// 1,000,000.
  private static func grouped(_ number: Int) -> String {
    var text = String(number.magnitude)
    var at = text.count - 3
    while at > 0 {
      text.insert(",", at: text.index(text.startIndex, offsetBy: at))
      at -= 3
    }
    return number < 0 ? "-" + text : text
  }

  private static func facts(_ run: ReportedRun) -> [Fact] {
    let progress = run.progress
    var facts: [Fact] = []
    func add(_ name: String, _ value: String?) { if let value { facts.append(Fact(name: name, value: value)) } }
    add("steps", grouped(progress.step))
    add("epochs", "\(progress.epoch)" + (run.log.epochs.map { " of \($0)" } ?? ""))
    if let epoch = run.restoredEpoch {
      add("model", "best, epoch \(epoch)")
      let row = run.validation.last { $0.epoch == epoch }
      add("loss, model", run.epochs.last { $0.epoch == epoch }.map { short($0.loss) })
      add("validation loss, model", row.map { short($0.loss) })
      for (name, value) in zip(run.metricNames, row?.metrics ?? []) { add("\(name), model", short(value)) }
    }
    if let last = run.epochs.last { add("loss, last epoch", short(last.loss)) }
    if run.epochs.isEmpty, progress.step > 0 { add("loss, last step", short(progress.loss)) }
    if let best = run.epochs.filter({ $0.loss.isFinite }).min(by: { $0.loss < $1.loss }) {
      add("loss, best epoch", "\(short(best.loss)) (epoch \(best.epoch))")
    }
    if let last = run.validation.last {
      add("validation loss, last", short(last.loss))
      if let best = run.validation.filter({ $0.loss.isFinite }).min(by: { $0.loss < $1.loss }) {
        add("validation loss, best", "\(short(best.loss)) (epoch \(best.epoch))")
        for (name, value) in zip(run.metricNames, best.metrics) { add("\(name) there", short(value)) }
      }
      for (name, value) in zip(run.metricNames, last.metrics) { add("\(name), last", short(value)) }
    }
    add("rollbacks", String(progress.remedies.rollbacks))
    add("findings", String(run.findings.count))
    add("weights", "\(grouped(run.weights)) in \(run.layers.count) layers")
    add("loss function", run.lossName.isEmpty ? nil : run.lossName)
    add("optimizer", progress.optimizer)
    add("learning rate", short(progress.learningRate))
    add("batch", "\(progress.batchSize) rows in \(progress.shards) \(progress.shards == 1 ? "shard" : "shards")")
    if let rows = run.log.trainRows {
      add(
        "training rows",
        grouped(rows) + (run.log.validationRows.map { $0 > 0 ? ", \(grouped($0)) held back" : "" } ?? ""))
    }
    add("seed", String(progress.seed))
    add("started", run.log.firstTime.map { $0.replacing("T", with: " ").replacing("Z", with: " UTC") })
    if let seconds = run.log.seconds {
      add(run.log.starts > 1 ? "from first start to last entry" : "duration", ProgressDisplay.duration(seconds))
    }
    if run.log.starts > 1 { add("starts", String(run.log.starts)) }
    add("host", run.log.host)
    add("version", run.log.version.map { "Cairn \($0)" })
    add("read from", run.checkpoint)
    return facts
  }

  var differenceTable: Markup {
    guard !differences.isEmpty else {
      return "<section id=\"differences\"><h2>Recipes</h2><p>The recipes say the same.</p></section>\n"
    }
    let head = runs.map { "<th scope=\"col\">\($0.name)</th>" as Markup }
    let rows = differences.map { row -> Markup in
      let cells = row.values.enumerated().map { number, value -> Markup in
        let isChanged = number > 0 && value != row.values[0]
        return "<td\(isChanged ? Markup(trusted: " class=\"changed\"") : .empty)>\(value ?? "–")</td>"
      }
      return "<tr><th scope=\"row\">\(row.keyPath)</th>\(cells)</tr>"
    }
    return """
      <section id="differences"><h2>What the recipes say differently</h2><div class="wide"><table>\
      <thead><tr><th></th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div></section>

      """
  }

  // MARK: Diagnosis

  var diagnosis: Markup {
    let parts = runs.map { run -> Markup in
      let name: Markup = runs.count == 1 ? .empty : "<h3>\(run.name)</h3>"
      if run.findings.isEmpty {
        return "\(name)<p>\(run.history.count == 0 ? "No step is recorded yet." : "Nothing found.")</p>"
      }
      return name + run.findings.map(RunReport.finding).reduce(.empty, +)
    }
    return "<section id=\"diagnosis\"><h2>Diagnosis</h2>\(parts)</section>\n"
  }

  private static func finding(_ finding: Finding) -> Markup {
    let place: Markup = finding.layer.map { " in <code>\($0)</code>" } ?? .empty
    let remedies = finding.remedies.map { remedy in
      "<li>\(remedy.text)<pre>\(remedy.snippet)</pre></li>" as Markup
    }
    let list: Markup = remedies.isEmpty ? .empty : "<ol>\(remedies)</ol>"
    return """
      <div class="finding-card \(finding.level.name)"><p><b>\(finding.level.name)</b> \
      <b>\(finding.name.rawValue.replacing("_", with: " "))</b>\(place): \(finding.message)</p>\
      <p>Likely cause: \(finding.cause)</p>\(list)</div>
      """
  }

  // MARK: Figures

  func figureSection(_ figures: [ReportFigure], rows: Int) -> Markup {
    let cards = figures.map { figure -> Markup in
      """
      <figure id="figure-\(figure.id)"><h3>\(figure.title)</h3><figcaption>\(figure.caption)</figcaption>\
      \(Markup(trusted: figure.svg(.script(rows: rows))))\(figure.legend)</figure>

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
          <li value="\(mark.number)" class="\(mark.kind.rawValue)"><b>step \(Int(mark.step))</b> \
          <span class="kind">\(RunReport.words(mark.kind))</span> \(mark.sentence)</li>
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
