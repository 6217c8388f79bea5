internal import JSON
internal import Reports

/// A sweep's page: drawn by the server, part by part, and put in place by a script as it changes.
enum SweepPage {
  /// The parts, by the ids of their elements, in the order in which they stand.
  static func parts(_ state: SweepState, name: String) -> [(id: String, html: Markup)] {
    let parts = SweepParts(state)
    let figures = SweepFigures(state, limits: SweepLimits(draws: 150, curves: 80, points: 1500))
    func link(_ member: String) -> String { "/runs/\(Page.percentEncoded(name))/\(Page.percentEncoded(member))" }
    let word = parts.word
    let style = word == "running" || word == "finished" ? word : word == "ended" ? "diverged" : "interrupted"
    let running = parts.running(link: link)
    let cards = figures.all.map(\.card)
    return [
      ("state", "<span class=\"state \(style)\">\(word)</span>"),
      ("summary", parts.facts),
      ("atwork", running == .empty ? .empty : "<h2>Members at work</h2>\(running)"),
      (
        "figures",
        cards.isEmpty
          ? "<p class=soft>No member has an objective yet.</p>" : "<div class=figures>\(cards)</div>"
      ),
      ("draws", parts.table(most: 200, link: link)),
      ("troubles", parts.troubles == .empty ? .empty : "<h2>Members that went wrong</h2>\(parts.troubles)"),
      ("varied", parts.varied),
      ("data", "\(figures.data)"),
    ]
  }

  static func html(_ parts: [(id: String, html: Markup)], name: String, description: String) -> String {
    let found = Dictionary(parts.map { ($0.id, $0.html) }) { first, _ in first }
    func part(_ id: String) -> Markup { found[id] ?? .empty }
    let body: Markup = """
      <header><p class=soft><a href="/">All runs</a></p>
      <h1>\(name) <span id=part-state>\(part("state"))</span></h1><p class=soft>\(description)</p></header>
      <p id=link class=soft></p>
      <section id=part-summary>\(part("summary"))</section>
      <section id=part-atwork>\(part("atwork"))</section>
      <h2>Figures</h2><section id=part-figures>\(part("figures"))</section>
      <h2>Draws, best first</h2><section id=part-draws>\(part("draws"))</section>
      <section id=part-troubles>\(part("troubles"))</section>
      <h2>What varies</h2><section id=part-varied>\(part("varied"))</section>
      <div id=part-data hidden>\(part("data"))</div>
      """
    return Page.html(
      title: name, body: body, script: "sweep.js", style: "sweep.css",
      feed: "/sweeps/\(Page.percentEncoded(name))/events")
  }

  /// The figures' own style, and what the pages of runs do not need.
  static let css =
    FigureStyle.css + SweepFigure.css + SweepScript.css + """

      figure svg.figure { height: auto; cursor: crosshair } figure h3 { font-size: 15px; margin: 0 }
      figcaption { color: var(--soft); font-weight: 400; font-size: 13px; line-height: 1.4; margin: 2px 0 6px }
      .spread { grid-column: 1 / -1 } .scroll { overflow-x: auto }
      .legend.still li::before { content: none } .legend svg { flex: none; width: 26px; height: 8px }
      .state.good { color: var(--good) } .state.bad { color: var(--bad) } .state.plain { color: var(--soft) }
      .draws .state { font-size: 12px; padding: 0 8px } .draws a.failed, .draws a.diverged, .draws a.killed { color: var(--bad) }
      .varied td { white-space: normal }
      #tip { position: fixed; z-index: 3; pointer-events: none; background: var(--card); color: var(--ink);
        border: 1px solid var(--line); border-radius: 6px; box-shadow: 0 3px 14px #0004; padding: 6px 9px; font-size: 12px;
        line-height: 1.35; max-width: min(420px, 94vw) }
      #tip b { display: block } #tip .values { display: grid }
      @media (max-width: 600px) { figure svg.figure { height: auto } figure svg.figure text { font-size: 15px } }

      """

  static let javascript = #"""
    "use strict";
    const link = document.getElementById("link"), part = id => document.getElementById("part-" + id);
    const attach = () => {
      const data = JSON.parse(part("data").textContent);
      sweepFigures.hide();
      part("figures").querySelectorAll("svg.sweep").forEach(svg => sweepFigures.attach(svg, data));
    };
    // A table or figure that is looked at stays where it was scrolled to.
    const put = (element, html) => {
      const before = [...element.querySelectorAll(".wide, .scroll")].map(e => e.scrollLeft);
      element.innerHTML = html;
      element.querySelectorAll(".wide, .scroll").forEach((e, i) => { e.scrollLeft = before[i] || 0; });
    };
    attach();
    const feed = new EventSource(document.body.dataset.feed);
    feed.onopen = () => { link.textContent = ""; };
    feed.onerror = () => { link.textContent = "No connection; trying again…"; };
    feed.addEventListener("parts", event => {
      const parts = JSON.parse(event.data);
      for (const id in parts) put(part(id), parts[id]);
      if (parts.figures !== undefined || parts.data !== undefined) attach();
    });
    """#
}

/// The parts of a sweep's page that have changed.
final class SweepFeedSource: FeedSource {
  private let runs: ServedRuns
  private let path: String
  private let name: String
  private var watch: SweepWatch?
  private var parts: [(id: String, html: Markup)] = []

  /// Reads nothing: `look` does.
  init(_ runs: ServedRuns, path: String, name: String) {
    self.runs = runs
    self.path = path
    self.name = name
  }

  /// nil: the sweep cannot be read.
  func page() -> String? {
    watch.map { SweepPage.html(parts, name: name, description: $0.state.outline.description) }
  }

  func snapshot() -> String { event(parts) }

  func look() -> String {
    guard let watch = watch ?? runs.watch(sweepAt: path) else { return "" }
    self.watch = watch
    if !watch.look(), !parts.isEmpty { return "" }
    let before = Dictionary(parts.map { ($0.id, $0.html) }) { first, _ in first }
    parts = SweepPage.parts(watch.state, name: name)
    let changed = parts.filter { before[$0.id] != $0.html }
    return changed.isEmpty ? "" : event(changed)
  }

  private func event(_ parts: [(id: String, html: Markup)]) -> String {
    serverSentEvent("parts", JSONValue.object(parts.map { ($0.id, .string($0.html.text)) }).text)
  }
}
