public import GradientHealth

/// The sums of the steps since the last report: the running series of a run, a few values a second however fast its
/// steps are. `/history` of a checkpoint has every step.
public struct SeriesReport: Sendable, Hashable {
  /// The last step summed up; current epoch, from 1.
  public let step: Int
  public let epoch: Int
  public let attempt: Int
  /// Steps summed up, one that was not applied because it was not healthy included.
  public let steps: Int
  /// One a `StepColumn`, by its rule for running series; NaN if one of the steps' was.
  public let stepFigures: [Double]
  /// The least objective; NaN if one of the steps' was.
  public let lossMin: Double
  /// Steps by wall clock: checkpoints and validations in between count.
  public let stepsPerSecond: Double
  /// The first of `KernelColumn.allCases` of every kernel, then the second, ..., merged over the newest of the steps that
  /// are in the history; empty: none is.
  public let layerFigures: [Float]
  /// Columns along an axis, and their numbers of the same steps, one after the other; empty: there are none.
  public var series: [HistorySeries] = []
  public var seriesFigures: [Float] = []

  public func value(_ column: StepColumn) -> Double { stepFigures[column.rawValue] }

  /// A column's value of every kernel; empty if there are none.
  public func values(_ column: KernelColumn) -> [Float] {
    let layers = layerFigures.count / KernelColumn.allCases.count
    return Array(layerFigures[column.rawValue * layers..<(column.rawValue + 1) * layers])
  }
}

extension SeriesReport {
  /// One report on the steps of this one and of the one that follows it.
  public func merged(with next: SeriesReport) -> SeriesReport {
    let (count, nextCount) = (Double(steps), Double(next.steps))
    let stepFigures = StepColumn.allCases.map { column in
      column.facts.running.merge(value(column), count, next.value(column), nextCount)
    }
    var figures = next.layerFigures
    if figures.isEmpty {
      figures = layerFigures
    } else if layerFigures.count == figures.count {
      let layers = figures.count / KernelColumn.allCases.count
      for place in figures.indices {
        figures[place] = Float(
          KernelColumn.allCases[place / layers].facts.running.merge(
            Double(layerFigures[place]), count, Double(figures[place]), nextCount))
      }
    }
    var along = next.seriesFigures
    if along.isEmpty {
      along = seriesFigures
    } else if seriesFigures.count == along.count {
      let rules = next.series.flatMap { Array(repeating: $0.column.facts.running, count: $0.positions.count) }
      for place in along.indices {
        along[place] = Float(
          rules[place].merge(Double(seriesFigures[place]), count, Double(along[place]), nextCount))
      }
    }
    let seconds = Double(steps) / stepsPerSecond + Double(next.steps) / next.stepsPerSecond
    return SeriesReport(
      step: next.step, epoch: next.epoch, attempt: next.attempt, steps: steps + next.steps, stepFigures: stepFigures,
      lossMin: MergeRule.minimum.merge(lossMin, count, next.lossMin, nextCount),
      stepsPerSecond: Double(steps + next.steps) / seconds, layerFigures: figures, series: next.series,
      seriesFigures: along)
  }
}
