public import Checkpointing
public import Datasets

/// The samples of a run, ready to be trained on.
public struct TrainingData: Sendable {
  public let train: any SampleSource
  public let validation: (any SampleSource)?
  public let scaling: TrainingSnapshot.FittedScaling
  public let classNames: [String]
  public let featureNames: [String]
  /// What was met while reading that a person should know of.
  public var warnings: [String] {
    train.warnings + (validation?.warnings ?? []).filter { !train.warnings.contains($0) }
  }
  /// Where a training row stood in its source, and what the source is called: for messages about a row.
  var rowNumbers: [Int32]?
  var sourceName = "the training data"

  public init(
    train: any SampleSource, validation: (any SampleSource)? = nil, scaling: TrainingSnapshot.FittedScaling = .init(),
    classNames: [String] = [], featureNames: [String] = []
  ) {
    self.train = train
    self.validation = validation
    self.scaling = scaling
    self.classNames = classNames
    self.featureNames = featureNames
  }
}
