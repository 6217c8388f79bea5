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
  /// `LayerColumn.allCases` of the first layer with trainable weights, then of the second, ..., merged over the newest of
  /// the steps that are in the history; empty: none is.
  public let layerFigures: [Float]

  /// A column's value of every layer; empty if there are none.
  public func values(_ column: LayerColumn) -> [Float] {
    let width = LayerColumn.allCases.count
    return (0..<layerFigures.count / width).map { layerFigures[$0 * width + column.rawValue] }
  }
}
