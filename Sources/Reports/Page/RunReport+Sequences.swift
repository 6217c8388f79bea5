internal import GradientHealth

/// Figures of layers that read sequences: gradients through time, gates, attention.
extension RunReport {
  func sequences(_ all: [RunSeries], steps: ClosedRange<Double>) -> [ReportFigure] {
    all.flatMap { throughTime($0, steps: steps) }
      + [
        along(
          all, .gateSaturation, "gates", "Saturated gates", "fraction", .fraction, steps,
          caption: "The share of each gate's values that lie where its activation is flat: near 1 it no longer learns."),
        along(
          all, .largestLogit, "attention-scores", "Largest attention score of each head", "score", .automatic, steps,
          caption:
            "Scaled, before the softmax. Scores that go on growing make it flat, and come before runs that diverge."),
        along(
          all, .attentionEntropy, "attention-entropy", "Entropy of attention", "nats", .linear, steps,
          caption: "Mean over rows and queries, of each head. Near 0 a head looks at one position, whatever comes."),
      ].compactMap(\.self)
  }

  // MARK: Through time

  /// Of each recurrent layer the map of all its profiles, and some of them as curves.
  private func throughTime(_ run: RunSeries, steps: ClosedRange<Double>) -> [ReportFigure] {
    let numbers = run.run.history.series.indices.filter { run.run.history.series[$0].column == .throughTime }
    guard !numbers.isEmpty, run.run.history.count > 0 else { return [] }
    var extent = ValueExtent()
    let values = numbers.map { run.values(series: $0) }
    for figures in values { for place in figures { extent.add(place) } }
    let axis = RunReport.bounded(extent.axis(.logarithmic))
    return zip(numbers, values).flatMap { number, values -> [ReportFigure] in
      let series = run.run.history.series[number]
      let suffix = runs.count == 1 ? "" : " of \(run.run.name)"
      let id = "through-time-\(run.number + 1)-\(number + 1)"
      var map = HeatMap(
        id: id, title: "Gradient through time in \(series.layer)\(suffix)",
        label: "rms of ∂loss/∂h(t); rows: time t, the first on top", layers: series.positions.map { "\($0)" },
        steps: run.rowSteps, values: values, marks: marks, range: steps, axis: axis)
      map.rowWord = "time"
      return [
        ReportFigure(
          picture: .heat(map),
          caption:
            "What reaches the state after each time. Bright at the bottom and dark above: only the end of a sequence "
            + "is learnt from. Brighter towards the top: it explodes. Down to 1e-8 of the largest."),
        profiles(run, series, values, id: "\(id)-profiles", suffix: suffix),
      ]
    }
  }

  /// Colours for eight powers of ten at most: beyond, nothing would be told apart.
  private static func bounded(_ axis: Axis) -> Axis {
    guard axis.scale == .logarithmic else { return axis }
    return Axis(scale: .logarithmic, lower: max(axis.lower, axis.upper * 1e-8), upper: axis.upper)
  }

  /// The first rows, those of the run's half, and the last ones.
  private func profiles(
    _ run: RunSeries, _ series: HistorySeries, _ values: [[Double]], id: String, suffix: String
  ) -> ReportFigure {
    let places = run.run.history.places
    let width = min(ThroughTime.newestRows, places.count)
    let starts = [0, (places.count - width) / 2, places.count - width]
    let times = series.positions.map(Double.init)
    var curves: [FigureSeries] = []
    for (number, start) in starts.enumerated() where number == 0 || start > starts[number - 1] {
      let rows = start..<start + width
      let rms = values.map { place in
        (rows.reduce(0.0) { $0 + place[$1] * place[$1] } / Double(width)).squareRoot()
      }
      let name = "\(["first", "middle", "last"][number]) steps, up to \(places[rows.upperBound - 1].step)"
      curves.append(FigureSeries(name, color: .category(number), steps: times, values: rms))
    }
    let end = curves.last?.values.last ?? .nan
    var figure = LineFigure(
      id: id, title: "Profiles through time in \(series.layer)\(suffix)", label: "rms of ∂loss/∂h(t)", series: curves,
      choice: .logarithmic,
      rules: end > 0 && end.isFinite ? [.init(value: ThroughTime.share * end, label: "1 % of the end")] : [])
    figure.stepLabel = "time"
    figure.floor = RunReport.floor(curves)
    figure.horizontal = Axis.steps(times.first ?? 0, times.last ?? 1)
    return ReportFigure(
      picture: .lines(figure),
      caption:
        "A straight line is a gradient that changes by one factor a step. Where it crosses the rule is how far back "
        + "the layer learns from now.", isStill: true)
  }

  /// What underflows would press the rest flat.
  private static func floor(_ curves: [FigureSeries]) -> Double? {
    let largest = curves.flatMap(\.values).filter(\.isFinite).max() ?? 0
    return largest > 0 ? largest * 1e-8 : nil
  }

  // MARK: By gate and head

  /// Beyond so many curves of a run each layer has one: that of its largest, or smallest, number.
  private static let most = 16

  private func along(
    _ all: [RunSeries], _ column: SeriesColumn, _ id: String, _ title: String, _ label: String, _ choice: AxisChoice,
    _ steps: ClosedRange<Double>, caption: String
  ) -> ReportFigure? {
    var said = caption
    let curves = all.flatMap { run -> [FigureSeries] in
      let numbers = run.run.history.series.indices.filter { run.run.history.series[$0].column == column }
      let count = numbers.reduce(0) { $0 + run.run.history.series[$1].positions.count }
      if count > RunReport.most { said = caption + RunReport.merging(column) }
      return numbers.flatMap { number -> [FigureSeries] in
        let (series, values) = (run.run.history.series[number], run.values(series: number))
        if count > RunReport.most {
          let at = numbers.firstIndex(of: number) ?? 0
          let merged = run.rowSteps.indices.map { row in RunReport.merged(values.map { $0[row] }, column) }
          return [run.curve(series.layer, at, of: numbers.count, merged)]
        }
        let before = numbers.prefix { $0 != number }.reduce(0) { $0 + run.run.history.series[$1].positions.count }
        return values.indices.map { place in
          let part = RunReport.part(column, place, of: series.positions.count)
          return run.curve("\(series.layer): \(part)", before + place, of: count, values[place])
        }
      }
    }
    guard !curves.isEmpty else { return nil }
    return ReportFigure(
      picture: .lines(
        LineFigure(
          id: id, title: title, label: label, series: curves, choice: choice, marks: marks, steps: steps)),
      caption: said)
  }

  private static func part(_ column: SeriesColumn, _ place: Int, of count: Int) -> String {
    column == .gateSaturation ? GateNames.name(place, of: count) + " gate" : "head \(place + 1)"
  }

  private static func merging(_ column: SeriesColumn) -> String {
    column == .attentionEntropy ? " A curve a layer: its lowest head." : " A curve a layer: its largest."
  }

  private static func merged(_ values: [Double], _ column: SeriesColumn) -> Double {
    if let bad = values.first(where: { !$0.isFinite }) { return bad }
    return (column == .attentionEntropy ? values.min() : values.max()) ?? .nan
  }
}
