/// What the training rows are like, as the network sees them: measured once at the start of a run, kept in its checkpoints.
///
/// NaN where it is not known: a checkpoint of an older program, targets that are classes.
public struct DataFigures: Sendable, Hashable {
  /// The loss of the best predictor that knows no features: what a network must beat to have learnt anything.
  public var constantLoss = Double.nan
  /// The same where a share of it says something: NaN where losses go below 0, as those of `poisson` do.
  public var constantLossAboveZero: Double { constantLoss < 0 ? .nan : constantLoss }
  /// Of all targets that are values.
  public var targetMean = Double.nan
  public var targetDeviation = Double.nan
  /// Over the features that are not constant: standard deviations, and the largest distance of a mean from 0.
  public var largestFeatureDeviation = Double.nan
  public var smallestFeatureDeviation = Double.nan
  public var largestFeatureMean = Double.nan

  public init() {}

  /// The same, each with the name that a checkpoint gives it.
  public static let named: [(name: String, path: any WritableKeyPath<DataFigures, Double> & Sendable)] = [
    ("constant_loss", \.constantLoss), ("target_mean", \.targetMean), ("target_deviation", \.targetDeviation),
    ("largest_feature_deviation", \.largestFeatureDeviation),
    ("smallest_feature_deviation", \.smallestFeatureDeviation), ("largest_feature_mean", \.largestFeatureMean),
  ]
}
