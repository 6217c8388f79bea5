public import GradientHealth

/// What the steps since the last report came to: the running series of a run, a few values a second however fast its
/// steps are. `/history` of a checkpoint has every step.
public struct SeriesReport: Sendable, Hashable {
  /// The last step summed up; epoch at hand, from 1.
  public let step: Int
  public let epoch: Int
  public let attempt: Int
  /// Steps summed up, one that was not applied because it was not healthy included.
  public let steps: Int
  /// Mean of the objective, and its extremes; NaN if one of the steps' was.
  public let loss: Double
  public let lossMin: Double
  public let lossMax: Double
  /// Mean of the penalties in it.
  public let penalty: Double
  /// The last step's.
  public let learningRate: Double
  /// Mean and maximum of the whole gradient's L2 norm before clipping; mean of the norm after it.
  public let gradientNorm: Double
  public let gradientNormMax: Double
  public let clippedNorm: Double
  /// Steps by wall clock: checkpoints and validations in between count.
  public let stepsPerSecond: Double
  /// The first of `LayerColumn.allCases` of every layer with trainable weights, then the second, ..., merged over the
  /// newest of the steps that are in the history; empty: none is.
  public let layerFigures: [Float]

  /// A column's value of every layer; empty if there are none.
  public func values(_ column: LayerColumn) -> [Float] {
    let layers = layerFigures.count / LayerColumn.allCases.count
    return Array(layerFigures[column.rawValue * layers..<(column.rawValue + 1) * layers])
  }
}

extension SeriesReport {
  /// One report on the steps of this one and of the one that follows it.
  public func merged(with next: SeriesReport) -> SeriesReport {
    let (count, nextCount) = (Int64(steps), Int64(next.steps))
    func merge(_ rule: MergeRule, _ value: KeyPath<SeriesReport, Double>) -> Double {
      rule.merge(self[keyPath: value], count, next[keyPath: value], nextCount)
    }
    var figures = next.layerFigures
    if figures.isEmpty {
      figures = layerFigures
    } else if layerFigures.count == figures.count {
      let layers = figures.count / LayerColumn.allCases.count
      for place in figures.indices {
        figures[place] = Float(
          LayerColumn.allCases[place / layers].merge.merge(
            Double(layerFigures[place]), count, Double(figures[place]), nextCount))
      }
    }
    let seconds = Double(steps) / stepsPerSecond + Double(next.steps) / next.stepsPerSecond
    return SeriesReport(
      step: next.step, epoch: next.epoch, attempt: next.attempt, steps: steps + next.steps, loss: merge(.mean, \.loss),
      lossMin: merge(.minimum, \.lossMin), lossMax: merge(.maximum, \.lossMax), penalty: merge(.mean, \.penalty),
      learningRate: next.learningRate, gradientNorm: merge(.mean, \.gradientNorm),
      gradientNormMax: merge(.maximum, \.gradientNormMax), clippedNorm: merge(.mean, \.clippedNorm),
      stepsPerSecond: Double(steps + next.steps) / seconds, layerFigures: figures)
  }
}
