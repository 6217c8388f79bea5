/// What the colours of viridis stand for: a bar with an axis below it.
enum ColorBar {
  /// - Parameter id: of the figure that it is part of.
  static func markup(_ axis: Axis, id: String, x: Int, y: Int, length: Int) -> Markup {
    var stops = Markup.empty
    for number in 0...9 {
      let color = FigureStyle.hex(FigureStyle.viridis(Double(number) / 9))
      stops += "<stop offset=\"\(FigureFrame.text(Double(number) * 100 / 9))%\" stop-color=\"\(color)\"/>"
    }
    var out: Markup =
      """
      <linearGradient id="\(id)-bar">\(stops)</linearGradient><rect x="\(x)" y="\(y)" width="\(length)" \
      height="9" fill="url(#\(id)-bar)"/>
      """
    var free = 0.0
    for tick in axis.ticks(about: 5) {
      let place = Double(x) + axis.fraction(tick.value) * Double(length)
      if place - free < 50 { continue }
      free = place
      out += "<text x=\"\(FigureFrame.text(place))\" y=\"\(y + 23)\" text-anchor=\"middle\">\(tick.label)</text>"
    }
    return out
  }
}
