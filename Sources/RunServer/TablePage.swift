internal import Reports

/// The page with all runs.
enum TablePage {
  static func html(_ part: TableView.Part, sweeps: Markup, view: TableView, directory: String) -> String {
    let heading = columns.map { Markup("<th scope=col tabindex=0>\($0)</th>") }
    // All rows are here: the browser can look through them itself.
    let isWhole = view == TableView([:]) && part.pages == 1
    let body: Markup = """
      <header><h1>Runs</h1><p class=soft>\(directory)</p></header>
      <p class=bar><input id=filter type=search value="\(view.text)" placeholder="Show only…" \
      aria-label="Show only runs that hold this text"\(Markup(trusted: isWhole ? "" : " data-ask"))>
      <span id=link class=soft></span></p>
      <section id=sweeps>\(sweeps)</section>\(isWhole ? .empty : place(part, view))
      <div class=wide><table id=runs><thead><tr>\(heading)</tr></thead>
      <tbody>\(part.shown.map(row))</tbody></table></div>
      <p class=soft id=none\(Markup(trusted: part.shown.isEmpty ? "" : " hidden"))>\(nothing(part, view))</p>
      """
    return Page.html(title: "Runs", body: body, script: "table.js", feed: "/events" + view.address(page: view.page))
  }

  /// The sweeps of the folder, and the way to their pages.
  static func sweeps(_ sweeps: [(name: String, state: SweepState)]) -> Markup {
    if sweeps.isEmpty { return .empty }
    let rows = sweeps.map { name, state -> Markup in
      let word = SweepParts(state).word
      let best: Markup = state.bestText.map { "<td data-l=\"best\">\($0)</td>" } ?? "<td></td>"
      let running = state.running.isEmpty ? "" : String(state.running.count)
      let style = word == "running" || word == "finished" ? word : word == "ended" ? "diverged" : "interrupted"
      return """
        <tr data-sweep="\(name)"><th scope=row><a href="/sweeps/\(Page.percentEncoded(name))">\(name)</a></th>\
        <td><span class="state \(style)">\(word)</span></td>\
        <td data-l="members done" class=number>\(state.done)/\(state.records.count)</td>\
        <td data-l="running" class=number>\(running)</td>\(best)</tr>
        """
    }
    return """
      <h2>Sweeps</h2><div class=wide><table class=cards><thead><tr><th scope=col>sweep</th><th scope=col>state</th>\
      <th scope=col class=number>members done</th><th scope=col class=number>running</th><th scope=col>best draw</th></tr></thead>\
      <tbody>\(rows)</tbody></table></div><h2>Runs</h2>
      """
  }

  /// Which part of the runs is shown, and the way to the others.
  private static func place(_ part: TableView.Part, _ view: TableView) -> Markup {
    let first = part.shown.isEmpty ? 0 : part.shown.startIndex + 1
    func link(_ page: Int, _ words: String) -> Markup {
      (1...part.pages).contains(page) ? "<a href=\"/\(view.address(page: page))\">\(words)</a> " : .empty
    }
    let held: Markup = view.text.isEmpty ? .empty : " that hold “\(view.text)”, of \(part.all) <a href=\"/\">all</a>"
    return """
      <p class=soft>Runs \(first) to \(part.shown.endIndex) of \(part.found)\(held), the newest first. \
      \(link(view.page - 1, "Newer"))\(link(view.page + 1, "Older"))</p>
      """
  }

  private static func nothing(_ part: TableView.Part, _ view: TableView) -> Markup {
    part.all == 0
      ? "No run here yet: <code>cairn train RECIPE.yaml</code> starts one."
      : "No run here. <a href=\"/\">All runs</a>"
  }

  /// *Loss* is the mean over an epoch's steps.
  private static let columns = [
    "run", "state", "epoch", "step", "epoch loss", "best epoch loss", "validation loss", "metrics", "rollbacks",
    "findings", "time", "started", "tags",
  ]

  static func row(_ run: RunRecord) -> Markup {
    func figure(_ name: String, best: Bool = false) -> Double? {
      run.figures.first { $0.name == name }.map { best ? $0.best : $0.last }
    }
    /// A phone shows a run as a card, each cell with its name.
    func cell(_ name: String, _ text: String, kind: String = "", value: Double? = nil) -> Markup {
      let kind: Markup = kind.isEmpty ? .empty : " class=\(kind)"
      let value: Markup = value.map { " data-v=\"\($0)\"" } ?? .empty
      return text.isEmpty ? "<td></td>" : "<td data-l=\"\(name)\"\(kind)\(value)>\(text)</td>"
    }
    func number(_ name: String, _ value: Double?) -> Markup {
      cell(name, value.map { short($0) } ?? "", kind: "number", value: value)
    }
    let metrics = run.figures.filter { !RunField.isLoss($0.name) }.map { "\(words($0.name)) \(short($0.last))" }
    let started = run.started.map { "\($0.prefix(10)) \($0.dropFirst(11).prefix(5))" } ?? ""
    var epoch = run.epoch.map { epoch in run.epochs.map { "\(epoch)/\($0)" } ?? String(epoch) } ?? ""
    // The figures are those of the epoch that was gone back to at the end.
    if let best = run.restoredEpoch { epoch += ", best \(best)" }
    let cells: [Markup] = [
      "<th scope=row><a href=\"/runs/\(Page.percentEncoded(run.name))\">\(run.name)</a></th>",
      "<td><span class=\"state \(run.state.rawValue)\">\(run.stateText)</span></td>",
      cell("epoch", epoch, kind: "number", value: run.epoch.map(Double.init)),
      cell("step", run.step.map(String.init) ?? "", kind: "number", value: run.step.map(Double.init)),
      number("epoch loss", figure("loss")), number("best", figure("loss", best: true)),
      number("validation loss", figure("validation_loss")),
      cell("metrics", metrics.joined(separator: ", "), kind: "words"),
      cell("rollbacks", run.rollbacks == 0 ? "" : String(run.rollbacks), kind: "number", value: Double(run.rollbacks)),
      cell("findings", run.findings.map(words).joined(separator: ", "), kind: "words"),
      cell("time", run.duration.map(ProgressDisplay.duration) ?? "", kind: "number", value: run.duration),
      cell("started", started, kind: "time"), cell("tags", run.tags.joined(separator: ", "), kind: "words"),
    ]
    return "<tr data-run=\"\(run.name)\">\(cells)</tr>"
  }

  /// A name of the log in words: `validation_accuracy` is the accuracy.
  private static func words(_ name: String) -> String {
    (name.hasPrefix("validation_") ? String(name.dropFirst(11)) : name).replacing("_", with: " ")
  }
}
