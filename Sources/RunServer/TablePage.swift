package import Reports

/// The page with all runs.
package enum TablePage {
  package static func html(_ runs: [RunRecord], directory: String) -> String {
    let heading = columns.map { Markup("<th scope=col tabindex=0>\($0)</th>") }
    let body: Markup = """
      <header><h1>Runs</h1><p class=soft>\(directory)</p></header>
      <p class=bar><input id=filter type=search placeholder="Show only…" aria-label="Show only runs that hold this text">
      <span id=link class=soft></span></p>
      <div class=wide><table id=runs><thead><tr>\(heading)</tr></thead>
      <tbody>\(runs.map(row))</tbody></table></div>
      <p class=soft id=none\(Markup(trusted: runs.isEmpty ? "" : " hidden"))>No run here yet: <code>cairn train RECIPE.yaml</code> starts one.</p>
      """
    return Page.html(title: "Runs", body: body, script: "table.js")
  }

  private static let columns = [
    "run", "state", "epoch", "step", "loss", "best", "validation", "metrics", "rollbacks", "findings", "time",
    "started", "tags",
  ]

  package static func row(_ run: RunRecord) -> Markup {
    func figure(_ name: String, best: Bool = false) -> Double? {
      run.figures.first { $0.name == name }.map { best ? $0.best : $0.last }
    }
    func number(_ value: Double?) -> Markup {
      guard let value else { return "<td></td>" }
      return "<td class=number data-v=\"\(value)\">\(short(value))</td>"
    }
    func count(_ value: Int?, of total: Int? = nil) -> Markup {
      guard let value else { return "<td></td>" }
      return "<td class=number data-v=\"\(value)\">\(total.map { "\(value)/\($0)" } ?? String(value))</td>"
    }
    func epochs() -> Markup {
      guard let best = run.restoredEpoch, let epoch = run.epoch else { return count(run.epoch, of: run.epochs) }
      let total = run.epochs.map { "/\($0)" } ?? ""
      return "<td class=number data-v=\"\(epoch)\">\(epoch)\(total), best \(best)</td>"
    }
    let metrics = run.figures.filter { !$0.name.hasSuffix("loss") }
      .map { "\($0.name.hasPrefix("validation_") ? String($0.name.dropFirst(11)) : $0.name) \(short($0.last))" }
    let started = run.started.map { "\($0.prefix(10)) \($0.dropFirst(11).prefix(5))" } ?? ""
    let cells: [Markup] = [
      "<th scope=row><a href=\"/runs/\(Page.percentEncoded(run.name))\">\(run.name)</a></th>",
      "<td><span class=\"state \(run.state.rawValue)\">\(run.state.rawValue)</span></td>",
      epochs(), count(run.step), number(figure("loss")), number(figure("loss", best: true)),
      number(figure("validation_loss")), "<td>\(metrics.joined(separator: ", "))</td>",
      "<td class=number data-v=\"\(run.rollbacks)\">\(run.rollbacks == 0 ? "" : String(run.rollbacks))</td>",
      "<td>\(run.findings.joined(separator: ", "))</td>",
      run.duration.map { "<td class=number data-v=\"\($0)\">\(ProgressDisplay.duration($0))</td>" } ?? "<td></td>",
      "<td class=time>\(started)</td>", "<td>\(run.tags.joined(separator: ", "))</td>",
    ]
    return "<tr data-run=\"\(run.name)\">\(cells)</tr>"
  }
}
