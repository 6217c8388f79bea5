internal import Sweeps

/// A picture of a sweep with the sentence below its title.
package struct SweepFigure: Sendable {
  /// Letters and hyphens: names of files and of elements follow from it.
  package let id: String
  package let title: String
  package let caption: String
  let width: Int
  let height: Int
  /// What the script is to do: `lines`, `points`.
  let kind: String
  /// Elements within the picture.
  let body: Markup
  /// Names and swatches.
  let legend: Markup
  /// Whether it takes the whole width of a page.
  var isWide = false
  /// Whether there is too much in it for a narrow screen.
  var isDense = false

  /// The picture as SVG; in a page, titles and the style sheet are the page's.
  package func svg(_ form: FigureForm) -> String {
    var content: Markup = "<title>\(title)</title>"
    var (top, attributes) = (0, Markup.empty)
    if form == .file {
      top = 24
      attributes =
        " xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height + top)\""
      content +=
        """
        <style>\(Markup(trusted: FigureStyle.css + SweepFigure.css))</style><rect class="ground" width="\(width)" \
        height="\(height + top)"/><text class="title" x="6" y="18">\(title)</text>
        """
    }
    let svg: Markup = """
      <svg class="figure sweep\(isWide ? Markup(trusted: isDense ? " parallel dense" : " parallel") : .empty)" role="img" aria-label="\(title)" \
      viewBox="0 0 \(width) \(height + top)" data-kind="\(kind)"\(attributes)>\(content)\
      <g transform="translate(0 \(top))">\(body)</g></svg>
      """
    return svg.text
  }

  /// The picture in a page, with its title and caption.
  package var card: Markup {
    let picture = Markup(trusted: svg(.page))
    return """
      <figure id="figure-\(id)"\(isWide ? Markup(trusted: " class=\"spread\"") : .empty)><h3>\(title)</h3>\
      <figcaption>\(caption)</figcaption>\(isWide ? "<div class=\"scroll\" tabindex=\"0\">\(picture)</div>" : picture)\
      \(legend)</figure>

      """
  }

  /// A line of the legend.
  static func key(_ cssClass: String, _ words: String, isPoint: Bool = false) -> Markup {
    let path = isPoint ? "M130 40h0" : "M10 40h240"
    return """
      <li class="\(cssClass)"><svg viewBox="0 0 260 80" width="26" height="8" aria-hidden="true"><path class="l" \
      d="\(path)"/></svg><span>\(words)</span></li>
      """
  }

  static func legend(_ items: [Markup]) -> Markup { "<ul class=\"legend still\">\(items)</ul>" }

  /// What these figures need beyond `FigureStyle.css`.
  package static let css = """
    .sweep .lines .l{stroke-width:11;stroke-opacity:.6}.sweep .all .l{stroke-width:9;stroke-opacity:.4}\
    .sweep .best .l,.legend .best .l{stroke-width:32;stroke-opacity:1}.sweep .best .under{stroke:#fff;stroke-width:58}\
    .sweep .points .l{stroke-width:50;stroke-opacity:.55}.sweep .points.many .l{stroke-width:30;stroke-opacity:.4}\
    .sweep .points .w{fill:none;stroke-width:10;stroke-opacity:.45;stroke:#0072b2}.sweep .points.best .l{stroke-width:110}\
    .legend .points .l{stroke-width:60}.legend .points.best .l{stroke-width:100}\
    .sweep .live .l,.legend .live .l{stroke-width:18;stroke-opacity:1}\
    .sweep .ruler{fill:none;stroke:#777;stroke-width:1.3}.sweep .axisname{font-weight:600}\
    .sweep .over text{paint-order:stroke;stroke:#fff;stroke-width:3.5px;stroke-linejoin:round}\
    .sweep .picked{fill:none;stroke:#111;stroke-width:26;stroke-linejoin:round;stroke-linecap:round;pointer-events:none}\
    .sweep .spot{fill:none;stroke:#111;stroke-width:14;pointer-events:none}.legend.still li{cursor:default}\
    @media screen and (prefers-color-scheme:dark){.sweep .best .under{stroke:#16181d}.sweep .points .w{stroke:#56b4e9}\
    .sweep .over text{stroke:#16181d}.sweep .picked,.sweep .spot{stroke:#f2f2f2}.sweep .ruler{stroke:#999}}

    """
}

/// The plot of a small figure: its frame, and the axis of the objective at its left.
struct SweepPlot {
  static let (width, height) = (520, 260)
  static let (left, right, top, bottom) = (66, 14, 28, 38)
  let wide = SweepPlot.width - SweepPlot.left - SweepPlot.right
  let tall = SweepPlot.height - SweepPlot.top - SweepPlot.bottom
  let axis: Axis

  /// Tenths of a unit within the plot.
  func x(_ fraction: Double) -> Int { Int((min(max(fraction, -0.1), 1.1) * Double(wide * FigureFrame.fine)).rounded()) }
  func y(_ value: Double) -> Int {
    Int(((1 - min(max(axis.fraction(value), -0.1), 1.1)) * Double(tall * FigureFrame.fine)).rounded())
  }

  /// Frame, grid and names.
  func ground(label: String, below: String, ticks: [(fraction: Double, label: String)]) -> Markup {
    var grid = ""
    var (rows, columns) = (Markup.empty, Markup.empty)
    for tick in axis.ticks(about: 5) {
      let place = FigureFrame.text(Double(SweepPlot.top) + (1 - axis.fraction(tick.value)) * Double(tall))
      grid += "M\(SweepPlot.left) \(place)h\(wide)"
      rows +=
        "<text x=\"\(SweepPlot.left - 5)\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(tick.label)</text>"
    }
    let bottom = SweepPlot.top + tall
    for tick in ticks {
      let place = FigureFrame.text(Double(SweepPlot.left) + tick.fraction * Double(wide))
      grid += "M\(place) \(SweepPlot.top)v\(tall)"
      let anchor = tick.fraction > 0.97 ? "end" : tick.fraction < 0.02 ? "start" : "middle"
      columns += "<text x=\"\(place)\" y=\"\(bottom + 15)\" text-anchor=\"\(anchor)\">\(tick.label)</text>"
    }
    return """
      <path class="grid" d="\(grid)"/>\(rows)\(columns)<text class="label" x="4" y="12">\(label)</text>\
      <text x="\(SweepPlot.left + wide)" y="\(bottom + 31)" text-anchor="end">\(below)</text>\
      <rect class="frame" x="\(SweepPlot.left)" y="\(SweepPlot.top)" width="\(wide)" height="\(tall)"/>
      """
  }

  /// What is drawn in the plot, in tenths of a unit.
  func plot(_ id: String, _ content: Markup) -> Markup {
    """
    <clipPath id="\(id)-clip"><rect x="-40" y="-40" width="\(wide * 10 + 80)" height="\(tall * 10 + 80)"/></clipPath>\
    <g class="plot" transform="translate(\(SweepPlot.left) \(SweepPlot.top)) scale(.1)" \
    clip-path="url(#\(id)-clip)">\(content)</g>
    """
  }
}
