internal import Sweeps

/// How many lines a page draws.
package struct SweepLimits: Sendable {
  /// Draws of the parallel coordinates, members of the learning curves, points of each scatter.
  package var draws: Int
  package var curves: Int
  package var points: Int

  package init(draws: Int = 300, curves: Int = 160, points: Int = 6000) {
    (self.draws, self.curves, self.points) = (draws, curves, points)
  }
}

/// Every figure of a sweep.
package struct SweepFigures: Sendable {
  package let parallel: SweepFigure?
  /// The objective against each key.
  package let scatter: [SweepFigure]
  package let curves: SweepFigure?
  /// What the script tells of draws and members, in JSON.
  package let data: String

  package init(_ state: SweepState, limits: SweepLimits = SweepLimits()) {
    let ranked = RankedDraws(state)
    parallel = ranked.rows.isEmpty || ranked.axes.isEmpty ? nil : SweepFigures.parallel(ranked, limits)
    scatter =
      ranked.rows.isEmpty ? [] : ranked.axes.indices.map { SweepFigures.scatter(ranked, axis: $0, limits) }
    let (curves, shown) = SweepFigures.curves(state, limits)
    self.curves = curves
    data = SweepFigures.data(state, ranked, members: shown, limits)
  }

  package var all: [SweepFigure] { [parallel].compactMap(\.self) + [curves].compactMap(\.self) + scatter }

  // MARK: Parallel coordinates

  private static func parallel(_ ranked: RankedDraws, _ limits: SweepLimits) -> SweepFigure {
    let count = ranked.axes.count + 1
    let (width, height) = (max(1100, 120 * count), 380)
    let longest = ranked.axes[0].ticks(about: 8).map(\.label.count).max() ?? 0
    let (left, right, top, bottom) = (max(92, 24 + 8 * longest), 92, 40, 14)
    let tall = height - top - bottom
    let spacing = Double(width - left - right) / Double(count - 1)
    func x(_ axis: Int) -> Double { Double(left) + spacing * Double(axis) }
    func point(_ axis: Int, _ fraction: Double) -> (x: Int, y: Int) {
      (
        Int((spacing * Double(axis) * 10).rounded()),
        Int(((1 - min(max(fraction, 0), 1)) * Double(tall * 10)).rounded())
      )
    }
    func path(_ row: RankedDraws.Row) -> String {
      var path = PathText()
      var isDrawing = false
      for (axis, place) in (row.places + [ranked.values.fraction(row.value)]).enumerated() {
        guard let place else {
          isDrawing = false
          continue
        }
        let at = point(axis, place)
        if isDrawing { path.line(at.x, at.y) } else { path.move(at.x, at.y) }
        isDrawing = true
      }
      return path.text
    }

    var axes = Markup.empty
    var names = Markup.empty
    let room = Int(spacing / 7)
    func axis(_ number: Int, _ name: String, _ whole: String, _ ticks: [(fraction: Double, label: String)]) {
      let place = FigureFrame.text(x(number))
      axes += "<path class=\"ruler\" d=\"M\(place) \(top)v\(tall)\"/>"
      let isLast = number == count - 1
      // Names in the margins have as much room as the others.
      let short = name.count > room ? "…" + name.suffix(max(room - 1, 6)) : name[...]
      let (anchor, at) =
        number == 0 ? ("start", "4") : isLast ? ("end", "\(width - 4)") : ("middle", place)
      names +=
        "<text class=\"axisname\" x=\"\(at)\" y=\"22\" text-anchor=\"\(anchor)\">\(String(short))<title>\(whole)</title></text>"
      for tick in ticks {
        let y = FigureFrame.text(Double(top) + (1 - tick.fraction) * Double(tall) + 4)
        let side = isLast ? x(number) + 8 : x(number) - 8
        axes +=
          "<path class=\"ruler\" d=\"M\(FigureFrame.text(x(number) + (isLast ? 0 : -4))) \(FigureFrame.text(Double(top) + (1 - tick.fraction) * Double(tall)))h4\"/>"
        names +=
          "<text x=\"\(FigureFrame.text(side))\" y=\"\(y)\" text-anchor=\"\(isLast ? "start" : "end")\">\(tick.label)</text>"
      }
    }
    for (number, key) in ranked.axes.enumerated() { axis(number, key.label, key.key, key.ticks(about: 8)) }
    axis(
      count - 1, ranked.monitor, ranked.monitor,
      ranked.values.ticks(about: 6).map { (ranked.values.fraction($0.value), $0.label) })

    let shown = ranked.rows.prefix(limits.draws)
    var lines = Markup.empty
    if ranked.rows.count > shown.count { lines += band(ranked, point) }
    // Worst first; a group of one colour after another.
    var open = ""
    for (number, row) in shown.enumerated().reversed() {
      // By rank: a few that are far off would leave one colour to all others.
      let goodness = 1 - Double(number) / Double(max(shown.count - 1, 1))
      let color = "r\(Int((goodness * Double(FigureStyle.rampColors - 1)).rounded()))"
      if color != open {
        lines += Markup(trusted: (open.isEmpty ? "" : "</g>") + "<g class=\"\(color)\">")
        open = color
      }
      lines += Markup(trusted: "<path class=\"l\" data-i=\"\(number)\" d=\"\(path(row))\"/>")
    }
    if !open.isEmpty { lines += Markup(trusted: "</g>") }
    var legend = [
      SweepFigure.key("r\(FigureStyle.rampColors - 1)", "first ranks"), SweepFigure.key("r0", "last ranks"),
    ]
    if let best = shown.first {
      let line = path(best)
      lines += Markup(
        trusted:
          "<g class=\"best c1\"><path class=\"l under\" d=\"\(line)\"/><path class=\"l\" data-i=\"0\" d=\"\(line)\"/></g>"
      )
      legend.insert(
        SweepFigure.key("best c1", "\(best.row.draw.id), the best: \(SweepState.figure(best.row))"), at: 0)
    }
    let better = ranked.lowerIsBetter ? "lower" : "higher"
    var caption =
      "Each line is a draw: what it set each key to, and what came of it at the right, where \(better) is better."
    if ranked.rows.count > shown.count {
      caption += " Of \(ranked.rows.count) draws the best \(shown.count); the band holds the middle 80 % of all."
    }
    return SweepFigure(
      id: "parallel", title: "Parallel coordinates", caption: caption, width: width, height: height, kind: "lines",
      body: """
        \(axes)<g class="plot lines" transform="translate(\(left) \(top)) scale(.1)">\(lines)</g>\
        <g class="over">\(names)</g>
        """, legend: SweepFigure.legend(legend), isWide: true, isDense: count > 5)
  }

  /// From the 10th to the 90th hundredth of all draws on each axis.
  private static func band(_ ranked: RankedDraws, _ point: (Int, Double) -> (x: Int, y: Int)) -> Markup {
    var ends: [(low: (x: Int, y: Int), high: (x: Int, y: Int))] = []
    for axis in 0...ranked.axes.count {
      let all = ranked.rows.compactMap { row in
        axis < ranked.axes.count ? row.places[axis] : ranked.values.fraction(row.value)
      }.sorted()
      if all.isEmpty { continue }
      ends.append((point(axis, RankedDraws.quantile(all, 0.1)), point(axis, RankedDraws.quantile(all, 0.9))))
    }
    guard let first = ends.first else { return .empty }
    var path = PathText()
    path.move(first.high.x, first.high.y)
    for end in ends.dropFirst() { path.line(end.high.x, end.high.y) }
    for end in ends.reversed() { path.line(end.low.x, end.low.y) }
    path.close()
    return Markup(trusted: "<g class=\"muted\"><path class=\"e\" d=\"\(path.text)\"/></g>")
  }

  // MARK: Scatter

  private static func scatter(_ ranked: RankedDraws, axis number: Int, _ limits: SweepLimits) -> SweepFigure {
    let key = ranked.axes[number]
    let plot = SweepPlot(axis: ranked.wide)
    let shown = ranked.rows.prefix(limits.points)
    var (dots, whiskers, indices) = (PathText(), PathText(), [Double]())
    let hasWhiskers = shown.count <= RankedDraws.mostWhiskers && shown.contains { $0.deviation != nil }
    var best: (x: Int, y: Int)?
    for (index, row) in shown.enumerated() {
      guard var place = row.places[number] else { continue }
      // Draws of one choice side by side, always in the same places.
      if key.numbers == nil {
        let spread = 0.5 / Double(max(key.choices.count, 1))
        place += (Double(index * 7 % 11) / 10 - 0.5) * spread
      }
      let at = (x: plot.x(place), y: plot.y(row.value))
      if index == 0 { best = at }
      dots.dot(at.x, at.y)
      indices.append(Double(index))
      if hasWhiskers, let deviation = row.deviation, deviation > 0 {
        whiskers.move(at.x, plot.y(row.value - deviation))
        whiskers.line(at.x, plot.y(row.value + deviation))
      }
    }
    var content: Markup = """
      <g class="points c0\(shown.count > 1000 ? " many" : "")">\
      \(whiskers.isEmpty ? .empty : Markup(trusted: "<path class=\"w\" d=\"\(whiskers.text)\"/>"))\
      <path class="l" data-draws="\(SeriesData.steps(indices, rows: max(indices.count, 1)))" d="\(dots.text)"/></g>
      """
    if let best { content += "<g class=\"points best c1\"><path class=\"l\" d=\"M\(best.x) \(best.y)h0\"/></g>" }
    let better = ranked.lowerIsBetter ? "lower" : "higher"
    let several = (ranked.rows.first?.row.values.count ?? 1) > 1
    var caption = several ? "A draw a point, the mean of its members" : "A draw a point"
    if hasWhiskers { caption += ", with their standard deviation" }
    caption += "; \(better) is better, the best is large."
    if ranked.rows.count > shown.count { caption += " The best \(shown.count) of \(ranked.rows.count)." }
    let id = "against-\(number + 1)"
    return SweepFigure(
      id: id, title: "\(ranked.monitor) against \(key.label)", caption: caption, width: SweepPlot.width,
      height: SweepPlot.height, kind: "points",
      body: plot.ground(label: ranked.monitor, below: key.key, ticks: key.ticks(about: 6)) + plot.plot(id, content),
      legend: .empty)
  }
}
