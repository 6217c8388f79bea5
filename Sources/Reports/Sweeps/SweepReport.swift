internal import Sweeps

/// A self-contained page about a sweep: what it says can be read without a script, on paper too.
package struct SweepReport: Sendable {
  private let state: SweepState
  private let figures: SweepFigures

  /// Rows of the table of draws.
  private static let rows = 100

  package init(_ state: SweepState) {
    self.state = state
    figures = SweepFigures(state)
  }

  /// Each figure as a file: its name without an ending, and the SVG.
  package func figureFiles() -> [(name: String, svg: String)] { figures.all.map { ($0.id, $0.svg(.file)) } }

  private static let css = """
    .draws .number,.atwork .number{text-align:right}.varied td{white-space:normal}.wide+.note{margin-top:6px}
    ul.events{list-style:none;padding-left:14px}
    """

  package func html() -> String {
    let parts = SweepParts(state)
    let word = parts.word
    let level = word == "finished" || word == "running" ? "good" : "plain"
    let description: Markup = state.outline.description.isEmpty ? .empty : "<p>\(state.outline.description)</p>"
    let troubles: Markup =
      parts.troubles == .empty
      ? .empty : "<section id=\"troubles\"><h2>Members that went wrong</h2>\(parts.troubles)</section>"
    let cards = figures.all.map(\.card)
    let pictures: Markup =
      cards.isEmpty
      ? "<p>No member has an objective yet.</p>"
      : """
      <p class="note">\(ranked)<span class="script"> Point at a line or a dot to see its draw.</span></p>\
      <div class="figures">\(cards)</div>
      """
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="\
      default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
      <title>\(state.outline.name) - Cairn</title>
      <style>\(Markup(trusted: FigureStyle.css + PageStyle.css + SweepFigure.css + SweepScript.css + SweepReport.css))</style>
      </head>
      <body>
      <main>
      <header><div class="run"><h1>\(state.outline.name) <span class="state \(level)">\(word)</span></h1>\(description)</div>\
      </header>
      <section id="summary"><h2>Summary</h2>\(parts.facts)</section>
      <section id="varied"><h2>What varied</h2>\(parts.varied)</section>
      <section id="figures"><h2>Figures</h2>\(pictures)</section>
      <section id="draws"><h2>Draws, best first</h2>\(parts.table(most: SweepReport.rows))</section>
      \(troubles)</main>
      <script type="application/json" id="sweep">\(Markup(trusted: figures.data))</script>
      <script>\(Markup(trusted: SweepScript.javascript + SweepScript.start))</script>
      </body>
      </html>

      """
    return page.text
  }

  private var ranked: String {
    let all = state.standings.rows.count
    let count = state.standings.rows.count { $0.rank != nil && $0.mean.isFinite }
    return count == all
      ? "All \(all) draws have an objective."
      : "\(count) of \(all) draws have an objective; those that were pruned or are not finished are in the curves alone."
  }
}
