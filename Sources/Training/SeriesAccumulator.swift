internal import GradientHealth

/// Sums steps up between two series reports, and knows when the next one is due.
///
/// A step costs it a dozen additions and comparisons. The clock is read when a twentieth of a second should have passed
/// at the pace so far, not at every step.
struct SeriesAccumulator {
  /// Steps since the last report.
  private(set) var steps = 0
  /// Rows of the history among them.
  private(set) var historyRows = 0
  private var step = 0
  private var epoch = 0
  private var attempt = 0
  /// One a `StepColumn`: the sum, the extreme or the last value, as its rule wants.
  private var figures: [Double]
  private let rules: [MergeRule]
  private var lossMin = Double.infinity

  /// Steps at which the clock is read next.
  private var nextLook = 1
  private var began = ContinuousClock.now
  private var lastReport = ContinuousClock.now
  private var lastBadStep: ContinuousClock.Instant?
  private var reports = 0

  /// The first steps have a report each: a short run has all of its curve.
  private let singleSteps: Int
  static let singleSteps = 1000
  /// Reports after those that the ends of epochs make however short the epochs are.
  private var unhurriedReports: Int { singleSteps + min(singleSteps, 256) }

  init(singleSteps: Int = SeriesAccumulator.singleSteps) {
    self.singleSteps = singleSteps
    rules = StepColumn.allCases.map(\.facts.running)
    figures = rules.map(\.start)
  }

  /// Starts again at a start of the run.
  mutating func start() { self = SeriesAccumulator(singleSteps: singleSteps) }

  mutating func add(_ outcome: StepOutcome, step: Int, epoch: Int, attempt: Int, isRecorded: Bool) {
    steps += 1
    if isRecorded { historyRows += 1 }
    (self.step, self.epoch, self.attempt) = (step, epoch, attempt)
    if outcome.objective < lossMin || outcome.objective.isNaN { lossMin = outcome.objective }
    let rules = rules
    figures.withUnsafeMutableBufferPointer { figures in
      outcome.visit { column, value in
        let at = column.rawValue
        switch rules[at] {
        case .mean, .sum: figures[at] += value
        case .rootMeanSquare: figures[at] += value * value
        // NaN stays NaN: no comparison with it holds.
        case .minimum: if value < figures[at] || value.isNaN { figures[at] = value }
        case .maximum: if value > figures[at] || value.isNaN { figures[at] = value }
        case .last: figures[at] = value
        }
      }
    }
  }

  // MARK: When

  /// Seconds between reports; they grow with the age of the process, so that a week has some hundred thousand at most.
  private func interval(atLeast shortest: Double, _ now: ContinuousClock.Instant) -> Double {
    max(shortest, began.duration(to: now) / .seconds(1) / 20_000)
  }

  /// Whether half a second has passed, or the run is young. Cheap enough to ask after every step.
  mutating func isDue() -> Bool {
    if reports < singleSteps { return steps > 0 }
    guard steps >= nextLook else { return false }
    let now = ContinuousClock.now
    let waited = lastReport.duration(to: now) / .seconds(1)
    let left = interval(atLeast: 0.5, now) - waited
    let pace = max(waited / Double(steps), 1e-7)
    let more = max(1, Int(min(0.05, max(left, 0)) / pace))
    nextLook = left > 0 ? steps + more : max(1, Int(0.05 / pace))
    return left <= 0
  }

  /// Whether an epoch that ends is to be reported at its end.
  func isDueAtEpoch() -> Bool {
    guard steps > 0 else { return false }
    if reports < unhurriedReports { return true }
    let now = ContinuousClock.now
    return lastReport.duration(to: now) / .seconds(1) >= interval(atLeast: 0.1, now)
  }

  /// Whether a step that is not healthy gets a report of its own. In a run that leaves out thousands of steps, most do
  /// not.
  mutating func isDueAtBadStep() -> Bool {
    let now = ContinuousClock.now
    if let last = lastBadStep, last.duration(to: now) / .seconds(1) < interval(atLeast: 0.1, now) { return false }
    lastBadStep = now
    return true
  }

  // MARK: What

  /// The report on the steps since the last one; a new sum begins.
  ///
  /// - Precondition: `steps > 0`.
  mutating func take(_ history: GradientHistory) -> SeriesReport {
    precondition(steps > 0)
    let now = ContinuousClock.now
    let count = Double(steps)
    let report = SeriesReport(
      step: step, epoch: epoch, attempt: attempt, steps: steps,
      stepFigures: zip(rules, figures).map { $0.result($1, count: count) }, lossMin: lossMin,
      stepsPerSecond: count / max(lastReport.duration(to: now) / .seconds(1), 1e-9),
      layerFigures: history.newest(historyRows), series: history.series,
      seriesFigures: history.newestSeries(historyRows))
    var next = SeriesAccumulator(singleSteps: singleSteps)
    next.nextLook = nextLook
    (next.began, next.lastReport, next.lastBadStep, next.reports) = (began, now, lastBadStep, reports + 1)
    self = next
    return report
  }
}

extension MergeRule {
  /// What accumulating begins with.
  fileprivate var start: Double {
    switch self {
    case .mean, .rootMeanSquare, .sum, .last: 0
    case .minimum: .infinity
    case .maximum: -.infinity
    }
  }

  /// What has been accumulated over `count` steps as one figure.
  fileprivate func result(_ figure: Double, count: Double) -> Double {
    switch self {
    case .mean: figure / count
    case .rootMeanSquare: (figure / count).squareRoot()
    case .minimum, .maximum, .sum, .last: figure
    }
  }
}
