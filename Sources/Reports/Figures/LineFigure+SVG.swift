extension LineFigure {
  package func svg(_ form: FigureForm = .file) -> String {
    let (frame, axis) = (frame, valueAxis)
    var body: Markup = "<title>\(title)</title>"
    var height = size.height
    var top = 0
    if form == .file {
      body += "<style>\(Markup(trusted: FigureStyle.css))</style>"
      top = 24
      height += top + legendHeight
      body += "<rect class=\"ground\" width=\"\(size.width)\" height=\"\(height)\"/>"
      body += "<text class=\"title\" x=\"6\" y=\"18\">\(title)</text>"
    }
    body += "<g transform=\"translate(0 \(top))\">"
    body += valueTicks(axis, frame) + frame.stepAxis(label: stepLabel) + frame.outline
    body += rules(axis, frame) + frame.marks(marks)
    let scale = "translate(\(frame.left) \(frame.top)) scale(.1)"
    body +=
      """
      <clipPath id="\(id)-clip"><rect x="-30" y="-30" width="\(frame.width * 10 + 60)" \
      height="\(frame.height * 10 + 60)"/></clipPath>
      """
    body +=
      "<g transform=\"\(scale)\"><g class=\"plot\(series.count > 3 ? " many" : "")\" clip-path=\"url(#\(id)-clip)\">"
    for series in series { body += curve(series, axis, frame, form) }
    body += "</g></g>"
    if isEmpty {
      body +=
        """
        <text x="\(frame.left + frame.width / 2)" y="\(frame.top + frame.height / 2)" text-anchor="middle">no \
        finite value</text>
        """
    }
    body += "</g>"
    if form == .file { body += fileLegend(top: top + size.height) }

    var attributes: Markup =
      "class=\"figure\" role=\"img\" aria-label=\"\(title)\" viewBox=\"0 0 \(size.width) \(height)\""
    switch form {
    case .file:
      attributes +=
        " xmlns=\"http://www.w3.org/2000/svg\" width=\"\(size.width)\" height=\"\(height)\""
    case .page: break
    case .script:
      attributes +=
        """
         data-plot="\(frame.left) \(frame.top) \(frame.width) \(frame.height)" \
        data-steps="\(frame.steps.lower) \(frame.steps.upper)" data-axis="\(SeriesData.description(axis))"
        """
    }
    let svg: Markup = "<svg \(attributes)>\(body)</svg>"
    return svg.text
  }

  private func valueTicks(_ axis: Axis, _ frame: FigureFrame) -> Markup {
    var grid = ""
    var labels = Markup.empty
    for tick in axis.ticks(about: 5) {
      let y = Double(frame.top) + (1 - axis.fraction(tick.value)) * Double(frame.height)
      grid += "M\(frame.left) \(FigureFrame.text(y))h\(frame.width)"
      labels +=
        "<text x=\"\(frame.left - 5)\" y=\"\(FigureFrame.text(y + 4))\" text-anchor=\"end\">\(tick.label)</text>"
    }
    return
      """
      <path class="grid" d="\(grid)"/><g class="yticks">\(labels)</g><text class="label" x="4" y="12">\(label)\
      </text>
      """
  }

  private func rules(_ axis: Axis, _ frame: FigureFrame) -> Markup {
    var out = Markup.empty
    for rule in rules {
      let fraction = axis.fraction(rule.value)
      guard fraction >= 0, fraction <= 1 else { continue }
      let y = Double(frame.top) + (1 - fraction) * Double(frame.height)
      // Above the line, unless that would stand in the marks' row.
      let text = fraction > 0.9 ? y + 12 : y - 4
      out +=
        """
        <path class="rule" data-value="\(rule.value)" d="M\(frame.left) \
        \(FigureFrame.text(y))h\(frame.width)"/><text class="rulename" x="\(frame.left + frame.width - 4)" \
        y="\(FigureFrame.text(text))" text-anchor="end">\(rule.label)</text>
        """
    }
    return "<g class=\"rules\">\(out)</g>"
  }

  /// The band between smallest and largest, the line of means, and the marks of what is not finite.
  private func curve(_ series: FigureSeries, _ axis: Axis, _ frame: FigureFrame, _ form: FigureForm) -> Markup {
    let envelope = Envelope(series, axis: frame.steps, columns: frame.width + 1)
    let paths = CurvePaths(envelope, axis: axis, height: frame.height)
    var data = Markup.empty
    if case .script(let rows) = form { data = SeriesData(series, axis: axis, rows: rows).attributes }
    let band: Markup = paths.band.isEmpty ? .empty : "<path class=\"e\" d=\"\(paths.band.text)\"/>"
    let gaps: Markup = paths.gaps.isEmpty ? .empty : "<path class=\"g\" d=\"\(paths.gaps.text)\"/>"
    return
      """
      <g class="series \(LineFigure.classes(series))"\(data)><title>\(series.name)</title>\(band)<path \
      class="l" d="\(paths.line.text)"/>\(gaps)</g>
      """
  }

  // MARK: The legend of a file

  private var legendColumns: Int {
    let longest = series.map(\.name.count).max() ?? 0
    return max(1, min(4, (size.width - 12) / (42 + 7 * min(longest, 60))))
  }

  private var legendHeight: Int {
    series.count > 1 ? (series.count + legendColumns - 1) / legendColumns * 17 + 8 : 4
  }

  private func fileLegend(top: Int) -> Markup {
    guard series.count > 1 else { return .empty }
    var out = Markup.empty
    for (number, series) in series.enumerated() {
      let x = 8 + number % legendColumns * ((size.width - 12) / legendColumns)
      let y = top + 8 + number / legendColumns * 17
      let name = series.name.count > 60 ? series.name.prefix(59) + "…" : series.name[...]
      out +=
        """
        <g class="\(LineFigure.classes(series))" transform="translate(\(x) \(y)) scale(.1)"><path class="l" \
        d="M0 0h260"/></g><text x="\(x + 32)" y="\(y + 4)">\(String(name))</text>
        """
    }
    return out
  }
}

/// The paths of one curve, in tenths of a unit within the plot.
struct CurvePaths {
  private(set) var band = PathText()
  private(set) var line = PathText()
  private(set) var gaps = PathText()

  init(_ envelope: Envelope, axis: Axis, height: Int) {
    let tall = height * FigureFrame.fine
    func y(_ value: Double) -> Int {
      Int(((1 - min(max(axis.fraction(value), -0.1), 1.1)) * Double(tall)).rounded())
    }
    for stretch in envelope.stretches {
      let rows = stretch.map { (x: $0.number * FigureFrame.fine, low: y($0.low), mean: y($0.mean), high: y($0.high)) }
      if rows.count == 1 {
        line.dot(rows[0].x, rows[0].mean)
      } else {
        line.move(rows[0].x, rows[0].mean)
        for row in rows.dropFirst() { line.line(row.x, row.mean) }
      }
      // Only where it would be wider than the line.
      var start = 0
      while start < rows.count {
        guard rows[start].low - rows[start].high > 8 else {
          start += 1
          continue
        }
        var end = start
        while end + 1 < rows.count, rows[end + 1].low - rows[end + 1].high > 8 { end += 1 }
        addBand(rows[max(0, start - 1)...min(rows.count - 1, end + 1)].map { ($0.x, $0.low, $0.high) })
        start = end + 1
      }
    }
    addGaps(envelope, tall: tall)
  }

  private mutating func addBand(_ rows: [(x: Int, low: Int, high: Int)]) {
    guard let first = rows.first else { return }
    band.move(first.x, first.high)
    for row in rows.dropFirst() { band.line(row.x, row.high) }
    for row in rows.reversed() { band.line(row.x, row.low) }
    band.close()
  }

  /// NaN: crosses at the upper edge; Inf: arrows at the upper, -Inf at the lower one. Neighbours share a line.
  private mutating func addGaps(_ envelope: Envelope, tall: Int) {
    var index = 0
    while index < envelope.gaps.count {
      let (first, gap) = envelope.gaps[index]
      var last = first
      while index + 1 < envelope.gaps.count, envelope.gaps[index + 1].gap == gap,
        envelope.gaps[index + 1].number <= last + 2
      {
        index += 1
        last = envelope.gaps[index].number
      }
      index += 1
      for number in last - first > 8 ? [first, last] : [first] { addSign(gap, number * FigureFrame.fine, tall: tall) }
      if last > first {
        let y = gap == .below ? tall - 35 : 35
        gaps.move(first * FigureFrame.fine, y)
        gaps.line(last * FigureFrame.fine, y)
      }
    }
  }

  private mutating func addSign(_ gap: Envelope.Gap, _ x: Int, tall: Int) {
    switch gap {
    case .nan:
      gaps.move(x - 30, 5)
      gaps.line(x + 30, 65)
      gaps.move(x + 30, 5)
      gaps.line(x - 30, 65)
    case .above, .below:
      let (tip, base) = gap == .above ? (5, 60) : (tall - 5, tall - 60)
      gaps.move(x - 30, base)
      gaps.line(x, tip)
      gaps.line(x + 30, base)
    }
  }
}
