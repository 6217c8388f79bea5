public import Datasets
internal import HDF5Storage

/// The samples of a run, ready to be trained on.
public struct TrainingData: Sendable {
  public let train: any SampleSource
  public let validation: (any SampleSource)?
  /// What is done to the columns of the features, fitted to the training rows.
  public let pipeline: ColumnPipeline
  public let classNames: [String]
  public let featureNames: [String]
  /// What was met while reading that a person should know of.
  public var warnings: [String] {
    train.warnings + (validation?.warnings ?? []).filter { !train.warnings.contains($0) }
  }
  /// What a checkpoint holds of the columns: the pipeline, and where the features are measured from.
  var storedColumns: [StoredValue] { pipeline.stored + train.origins.stored }

  /// Where a training row stood in its source, and what the source is called: for messages about a row.
  public internal(set) var rowNumbers: [Int32]?
  /// The same of the rows that are held back from it.
  public internal(set) var heldNumbers: [Int32]?
  var sourceName = "the training data"

  public init(
    train: any SampleSource, validation: (any SampleSource)? = nil, pipeline: ColumnPipeline = .none,
    classNames: [String] = [], featureNames: [String] = []
  ) {
    self.train = train
    self.validation = validation
    self.pipeline = pipeline
    self.classNames = classNames
    self.featureNames = featureNames
  }
}
