/// Curves over the steps of one or several runs, as a picture in SVG.
package struct LineFigure: Sendable {
  /// Letters and hyphens: names of files and of elements follow from it.
  package var id: String
  package var title: String
  /// What the vertical axis shows, with its unit.
  package var label: String
  package var series: [FigureSeries]
  package var choice: AxisChoice
  package var marks: [FigureMark]
  package var rules: [FigureRule]
  package var size: FigureSize
  /// From the first to the last step of all figures that belong together; nil: those of the series.
  package var steps: ClosedRange<Double>?
  package var stepLabel = "step"
  /// Nil: linear, over whole numbers.
  package var horizontal: Axis?
  /// A logarithmic axis of values need not go below this; nil: it shows all.
  package var floor: Double?

  package init(
    id: String, title: String, label: String, series: [FigureSeries], choice: AxisChoice = .automatic,
    marks: [FigureMark] = [], rules: [FigureRule] = [], steps: ClosedRange<Double>? = nil,
    size: FigureSize = FigureSize()
  ) {
    self.id = id
    self.title = title
    self.label = label
    self.series = series
    self.choice = choice
    self.marks = marks
    self.rules = rules
    self.steps = steps
    self.size = size
  }

  static let (left, right, top, bottom) = (66, 14, 28, 38)

  /// Over all values, peaks and rules.
  package var valueAxis: Axis {
    var extent = ValueExtent()
    for series in series where !series.isOutlying {
      extent.add(series.values)
      if let peaks = series.peaks { extent.add(peaks) }
    }
    // Two powers of ten beyond the others, so that these are not pressed flat.
    let bound = extent.isEmpty ? Double.infinity : 100 * max(abs(extent.largest), abs(extent.smallest))
    for series in series where series.isOutlying { extent.add(series.values.filter { abs($0) <= bound }) }
    // A limit far beyond what the curves do would press them flat.
    if !extent.isEmpty {
      extent.add(rules.map(\.value).filter { abs($0) < 20 * max(abs(extent.largest), abs(extent.smallest)) })
    }
    let axis = extent.axis(choice)
    guard let floor, axis.scale == .logarithmic, axis.lower < floor, floor < axis.upper else { return axis }
    return Axis(scale: .logarithmic, lower: floor, upper: axis.upper)
  }

  package var stepAxis: Axis {
    if let horizontal { return horizontal }
    if let steps { return .steps(steps.lowerBound, steps.upperBound) }
    let ends = series.flatMap { [$0.steps.min(), $0.steps.max()] }.compactMap { $0 }
    return .steps(ends.min() ?? 0, ends.max() ?? 1)
  }

  var frame: FigureFrame {
    FigureFrame(
      left: LineFigure.left, top: LineFigure.top, width: size.width - LineFigure.left - LineFigure.right,
      height: size.height - LineFigure.top - LineFigure.bottom, steps: stepAxis)
  }

  /// Whether no series has a single value to draw.
  package var isEmpty: Bool { !series.contains { $0.values.contains(where: \.isFinite) } }

  /// The swatches and names of the series, for a page. The script makes switches of them.
  package var legend: Markup {
    guard series.count > 1 || series.first?.name.isEmpty == false else { return .empty }
    let items = series.enumerated().map { number, series -> Markup in
      """
      <li data-series="\(number)" class="\(LineFigure.classes(series))">\(LineFigure.swatch)\
      <span>\(series.name)</span></li>
      """
    }
    return "<ul class=\"legend\">\(items)</ul>"
  }

  static let swatch: Markup =
    """
    <svg viewBox="0 0 260 80" width="26" height="8" aria-hidden="true"><path class="l" d="M10 40h240"/></svg>
    """

  static func classes(_ series: FigureSeries) -> String {
    series.color.cssClass + (series.dash == 0 ? "" : " d\((series.dash - 1) % 3 + 1)")
  }
}
