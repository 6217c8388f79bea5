/// One row of colours a layer over the steps of a run: a logarithmic figure of all layers at a glance.
package struct HeatMap: Sendable {
  package var id: String
  package var title: String
  package var label: String
  /// From the input to the output; the first is drawn on top.
  package var layers: [String]
  /// Step of each row of the history; a row stands for the steps since the one before.
  package var steps: [Double]
  /// By layer, then by row of the history.
  package var values: [[Double]]
  package var marks: [FigureMark]
  package var range: ClosedRange<Double>?
  /// The colours' axis; nil: as the values want it.
  package var axis: Axis?
  package var width: Int
  package var stepLabel = "step"
  /// The figure of the same page whose series are the same values: the script reads them there.
  package var companion: String?
  /// What a row is a place of (`time`), where it is no layer: the script then is given the values themselves, and shows a
  /// column as a curve.
  package var rowWord: String?

  /// - Precondition: one list of values a layer, each one value a step.
  package init(
    id: String, title: String, label: String, layers: [String], steps: [Double], values: [[Double]],
    marks: [FigureMark] = [], range: ClosedRange<Double>? = nil, axis: Axis? = nil, width: Int = 520,
    companion: String? = nil
  ) {
    precondition(values.count == layers.count && values.allSatisfy { $0.count == steps.count })
    self.id = id
    self.title = title
    self.label = label
    self.layers = layers
    self.steps = steps
    self.values = values
    self.marks = marks
    self.range = range
    self.axis = axis
    self.width = width
    self.companion = companion
  }

  static let (left, right, top, bottom) = (104, 14, 28, 78)
  private static let colors = 128
  /// Number of the colour of what is NaN or Inf, and of what is not known: the ground is seen through it, which is
  /// hatched where the run has steps.
  private static let hole = UInt8(colors)

  /// As high as the figure beside it, where there are few layers.
  var rowHeight: Int {
    let count = max(layers.count, 1)
    return max(4, min(77, 154 / count), min(26, 200 / count))
  }
  package var height: Int { HeatMap.top + max(1, layers.count) * rowHeight + HeatMap.bottom }

  var frame: FigureFrame {
    let range = range ?? (steps.min() ?? 0)...(steps.max() ?? 1)
    return FigureFrame(
      left: HeatMap.left, top: HeatMap.top, width: width - HeatMap.left - HeatMap.right,
      height: max(1, layers.count) * rowHeight, steps: .steps(range.lowerBound, range.upperBound))
  }

  /// The colours' axis.
  package var valueAxis: Axis {
    if let axis { return axis }
    var extent = ValueExtent()
    for values in values { extent.add(values) }
    return extent.axis(.logarithmic)
  }

  /// A layer's values by column of the picture: the largest of the rows that the column has a part in; NaN where one of
  /// them is NaN or Inf; nil where nothing is known.
  func columns(_ layer: Int, _ frame: FigureFrame) -> [Double?] {
    var columns = [Double?](repeating: nil, count: frame.width)
    var previous = steps.first.map { $0 - 1 } ?? 0
    func column(_ step: Double) -> Int {
      Int((frame.steps.fraction(step) * Double(frame.width)).rounded(.down))
    }
    for (row, step) in steps.enumerated() {
      let value = values[layer][row]
      let start = step > previous ? column(previous) : column(step)
      let (first, last) = (max(0, start), min(frame.width - 1, max(column(step), start)))
      previous = step
      guard first <= last else { continue }
      for at in first...last {
        if let known = columns[at] {
          columns[at] = known.isNaN || !value.isFinite ? .nan : max(known, value)
        } else {
          columns[at] = value.isFinite ? value : .nan
        }
      }
    }
    return columns
  }

  /// A pixel a layer and column.
  private func image(_ axis: Axis, _ frame: FigureFrame) -> PNGImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(frame.width * layers.count)
    for layer in layers.indices {
      for value in columns(layer, frame) {
        guard let value, value.isFinite else {
          pixels.append(HeatMap.hole)
          continue
        }
        pixels.append(UInt8(min(max(axis.fraction(value), 0), 1) * Double(HeatMap.colors - 1)))
      }
    }
    let palette = (0..<HeatMap.colors).map { FigureStyle.viridis(Double($0) / Double(HeatMap.colors - 1)) }
    return PNGImage(
      width: frame.width, height: layers.count, pixels: pixels, palette: palette + [(0, 0, 0)],
      transparentFrom: HeatMap.colors)
  }

  package func svg(_ form: FigureForm = .file) -> String {
    let (frame, axis) = (frame, valueAxis)
    let top = form == .file ? 24 : 0
    var body: Markup = "<title>\(title)</title>"
    if form == .file {
      body += "<style>\(Markup(trusted: FigureStyle.css))</style>"
      body += "<rect class=\"ground\" width=\"\(width)\" height=\"\(height + top)\"/>"
      body += "<text class=\"title\" x=\"6\" y=\"18\">\(title)</text>"
    }
    body += "<g transform=\"translate(0 \(top))\"><text class=\"label\" x=\"4\" y=\"12\">\(label)</text>"
    let place: Markup = "x=\"\(frame.left)\" y=\"\(frame.top)\" width=\"\(frame.width)\" height=\"\(frame.height)\""
    body +=
      """
      <defs><pattern id="\(id)-hatch" width="6" height="6" patternUnits="userSpaceOnUse" \
      patternTransform="rotate(45)"><rect class="hatchground" width="6" height="6"/><rect class="hatch" \
      width="2" height="6"/></pattern><clipPath id="\(id)-clip"><rect \(place)/></clipPath></defs>
      """
    if !layers.isEmpty && !steps.isEmpty {
      body +=
        """
        <g clip-path="url(#\(id)-clip)">\(hatching(frame))<image class="cells" \(place) preserveAspectRatio="none" \
        style="image-rendering:pixelated" href="\(image(axis, frame).dataURL)"/></g>
        """
    }
    body += layerNames(frame) + frame.stepAxis(label: stepLabel, gridlines: false) + frame.outline + frame.marks(marks)
    body += colorBar(axis, frame) + "</g>"

    var attributes: Markup =
      "class=\"figure heat\" role=\"img\" aria-label=\"\(title)\" viewBox=\"0 0 \(width) \(height + top)\""
    switch form {
    case .file: attributes += " xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height + top)\""
    case .page: break
    case .script:
      if rowWord != nil { attributes += cells(axis, frame) }
      attributes +=
        """
         data-plot="\(frame.left) \(frame.top) \(frame.width) \(frame.height)" \
        data-steps="\(frame.steps.lower) \(frame.steps.upper)" data-companion="\(companion ?? "")" \
        data-rows="\(max(1, layers.count))"
        """
    }
    let svg: Markup = "<svg \(attributes)>\(body)</svg>"
    return svg.text
  }

  /// The values for the script, a row after the other: of every second column, so that a map takes some 35 KB at most.
  private func cells(_ axis: Axis, _ frame: FigureFrame) -> Markup {
    let rows = layers.indices.map { columns($0, frame) }
    let kept = Array(stride(from: 0, to: frame.width, by: 2))
    let values = rows.flatMap { row in
      kept.map { at -> Double in
        let pair = [row[at], at + 1 < row.count ? row[at + 1] : nil].compactMap { $0 }
        return pair.contains(where: \.isNaN) ? .nan : pair.max() ?? -.infinity
      }
    }
    return """
       data-cells="\(SeriesData.text(values.map { SeriesData.code($0, axis) }))" data-columns="\(kept.count)" \
      data-scale="\(SeriesData.description(axis))" data-row="\(rowWord ?? "")" data-names="\(layers.joined(separator: " "))"
      """
  }

  /// Below the columns that the run has steps in.
  private func hatching(_ frame: FigureFrame) -> Markup {
    let known = columns(0, frame)
    let first = known.firstIndex { $0 != nil } ?? 0
    let count = (known.lastIndex { $0 != nil } ?? -1) + 1 - first
    return """
      <rect class="hatching" x="\(frame.left + first)" y="\(frame.top)" width="\(max(0, count))" \
      height="\(frame.height)" fill="url(#\(id)-hatch)"/>
      """
  }

  /// As many as there is room for, the last one always.
  private func layerNames(_ frame: FigureFrame) -> Markup {
    let every = max(1, (13 + rowHeight - 1) / rowHeight)
    var out = Markup.empty
    for (number, name) in layers.enumerated() {
      guard
        number % every == 0 && (layers.count - 1 - number >= every || number == layers.count - 1)
          || number == layers.count - 1
      else { continue }
      let y = Double(frame.top) + (Double(number) + 0.5) * Double(rowHeight) + 4
      let short = name.count > 14 ? name.prefix(13) + "…" : name[...]
      out +=
        """
        <text x="\(frame.left - 5)" y="\(FigureFrame.text(y))" text-anchor="end">\(String(short))\
        <title>\(name)</title></text>
        """
    }
    return "<g class=\"names\">\(out)</g>"
  }

  /// What the colours mean.
  private func colorBar(_ axis: Axis, _ frame: FigureFrame) -> Markup {
    let (x, y, length) = (frame.left, frame.top + frame.height + 42, frame.width * 2 / 3)
    var out = ColorBar.markup(axis, id: id, x: x, y: y, length: length)
    out +=
      """
      <rect x="\(x + length + 16)" y="\(y)" width="16" height="9" fill="url(#\(id)-hatch)"/><text \
      x="\(x + length + 37)" y="\(y + 9)">NaN, Inf</text>
      """
    return "<g class=\"bar\">\(out)</g>"
  }
}
