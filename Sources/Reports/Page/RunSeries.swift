internal import Checkpointing
internal import GradientHealth

/// The series of one run, in the colours that the report gives it.
struct RunSeries {
  let run: ReportedRun
  /// Place among the runs of the page, and how many these are.
  let number: Int
  let count: Int
  private let steps: [Double]
  private let columns: [StepColumn: [Double]]
  private let kernelColumns: [KernelColumn: [Float]]

  init(_ run: ReportedRun, number: Int, count: Int) {
    self.run = run
    self.number = number
    self.count = count
    let history = run.history
    steps = history.places.map { Double($0.step) }
    columns = Dictionary(uniqueKeysWithValues: StepColumn.allCases.map { ($0, history.column($0)) })
    kernelColumns = Dictionary(uniqueKeysWithValues: KernelColumn.running.map { ($0, history.column($0)) })
  }

  var key: String { "run\(number)" }
  var rowSteps: [Double] { steps }

  private func name(_ what: String) -> String { count == 1 ? what : what.isEmpty ? run.name : "\(run.name): \(what)" }

  /// One run: each thing a colour. Several: each run a colour, and each thing a dash.
  private func look(_ thing: Int) -> (color: FigureColor, dash: Int) {
    count == 1 ? (.category(thing), 0) : (.category(number), thing)
  }

  func values(_ column: StepColumn) -> [Double] { columns[column] ?? [] }

  /// - Parameter isDashed: where it may lie on another series for long.
  func series(
    _ column: StepColumn, _ what: String, thing: Int, peaks: StepColumn? = nil, isDashed: Bool = false
  ) -> FigureSeries {
    let look = look(thing)
    return FigureSeries(
      name(what), color: look.color, dash: isDashed ? 1 : look.dash, steps: steps, values: values(column),
      peaks: peaks.map(values),
      key: key)
  }

  /// Whether the gradient was ever made smaller.
  var clips: Bool {
    zip(values(.gradientNorm), values(.clippedNorm)).contains {
      $0.isFinite && $1.isFinite && abs($0 - $1) > 1e-6 * abs($0)
    }
  }

  var validationLoss: FigureSeries? {
    guard !run.validation.isEmpty else { return nil }
    let look = look(1)
    return FigureSeries(
      name("validation"), color: look.color, dash: look.dash, steps: run.validation.map { Double($0.step) },
      values: run.validation.map(\.loss))
  }

  /// Rows, an epoch a point; nil: not measured.
  var noiseScale: FigureSeries? {
    let epochs = run.epochs.filter { $0.gradientNoiseScale.isFinite }
    guard !epochs.isEmpty else { return nil }
    let look = look(0)
    return FigureSeries(
      name("noise scale"), color: look.color, dash: look.dash, steps: epochs.map { Double($0.step) },
      values: epochs.map(\.gradientNoiseScale))
  }

  var metrics: [FigureSeries] {
    guard !run.validation.isEmpty else { return [] }
    return run.metricNames.enumerated().map { at, metric in
      let look = look(at)
      return FigureSeries(
        name(metric), color: look.color, dash: look.dash, steps: run.validation.map { Double($0.step) },
        values: run.validation.map { $0.metrics[at] })
    }
  }

  /// The series of discarded attempts.
  func lost(_ values: (ReportedRun.LostAttempt) -> [Double]) -> [FigureSeries] {
    run.lostAttempts.map { attempt in
      var series = FigureSeries(
        name("attempt \(attempt.number), given up"), color: .muted, steps: attempt.steps, values: values(attempt))
      series.isOutlying = true
      return series
    }
  }

  /// A layer's values, row by row; of a merged row as its rule says.
  func values(_ column: KernelColumn, layer: Int) -> [Double] {
    guard let all = kernelColumns[column] else { return [] }
    let width = run.history.layers.count
    return steps.indices.map { Double(all[$0 * width + layer]) }
  }

  /// Of a number of the history's series: place by place along its axis, each row by row.
  func values(series number: Int) -> [[Double]] {
    let width = run.history.series[number].positions.count
    let all = run.history.column(series: number)
    return (0..<width).map { place in steps.indices.map { Double(all[$0 * width + place]) } }
  }

  /// One of `count` curves of things in an order.
  func curve(_ what: String, _ at: Int, of count: Int, _ values: [Double]) -> FigureSeries {
    FigureSeries(
      name(what), color: .depth(at, of: count), dash: number, steps: steps, values: values, key: key)
  }

  /// - Parameters:
  ///   - scale: what a layer's values are multiplied with.
  ///   - skipsEmpty: leaves out layers whose values are all NaN, that is, who do not have the quantity.
  func layers(
    _ column: KernelColumn, suffix: String = "", dash: Int? = nil, skipsEmpty: Bool = false,
    scale: ((Int) -> Double)? = nil
  ) -> [FigureSeries] {
    let names = run.history.layers
    return names.indices.compactMap { layer in
      var values = values(column, layer: layer)
      if skipsEmpty && values.allSatisfy(\.isNaN) { return nil }
      if let factor = scale?(layer) { for at in values.indices { values[at] *= factor } }
      return FigureSeries(
        name(names[layer] + suffix), color: .depth(layer, of: names.count), dash: dash ?? number, steps: steps,
        values: values, key: key)
    }
  }

  /// Root of a layer's number of elements: the norm is that times the root mean square. 1 if it is not known.
  func normFactor(_ layer: Int) -> Double {
    let name = run.history.layers[layer]
    let layer = run.layers.first { $0.name == name || name.hasPrefix($0.name + "/") }
    let size = layer.flatMap { $0.name == name ? $0.kernelSize : $0.sizes[String(name.dropFirst($0.name.count + 1))] }
    return size.map { Double($0).squareRoot() } ?? 1
  }
}
