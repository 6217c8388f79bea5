public import Datasets
internal import HDF5Storage

/// The samples of a run, ready to be trained on.
public struct TrainingData: Sendable {
  public private(set) var train: any SampleSource
  public private(set) var validation: (any SampleSource)?
  /// What is done to the columns of the features, fitted to the training rows.
  public let pipeline: ColumnPipeline
  /// What was fitted to the columns of a table; nil: samples were read as they are.
  public let table: TableEncoding?
  public let classNames: [String]
  public let featureNames: [String]
  /// What was met while reading that a person should know of.
  public var warnings: [String] {
    splitWarnings + train.warnings + (validation?.warnings ?? []).filter { !train.warnings.contains($0) }
  }
  /// The same of the choice of rows.
  var splitWarnings: [String] = []
  /// What a checkpoint holds of the columns: the pipeline, where the features are measured from, and what a table's became.
  var storedColumns: [StoredValue] { pipeline.stored + train.origins.stored + (table.map { [$0.stored] } ?? []) }

  /// Where a training row stood in its source, and what the source is called: for messages about a row.
  public internal(set) var rowNumbers: [Int32]?
  /// The same of the rows that are held back from it.
  public internal(set) var heldNumbers: [Int32]?
  var sourceName = "the training data"

  public init(
    train: any SampleSource, validation: (any SampleSource)? = nil, pipeline: ColumnPipeline = .none,
    table: TableEncoding? = nil, classNames: [String] = [], featureNames: [String] = []
  ) {
    self.train = train
    self.validation = validation
    self.pipeline = pipeline
    self.table = table
    self.classNames = classNames
    self.featureNames = featureNames
  }

  /// The same samples, whose weighted loss is divided by this.
  ///
  /// - Throws: `TrainingError` where there are no weights that it could matter to.
  func divided(by divisor: LossDivisor) throws -> TrainingData {
    if divisor == .weights { return self }
    guard train.schema.isWeighted || validation?.schema.isWeighted ?? false else {
      throw TrainingError(
        "data.loss_divisor: \(divisor.rawValue) changes nothing, as \(sourceName) has no weights: leave it out")
    }
    var data = self
    data.train = train.divided(by: divisor)
    data.validation = validation?.divided(by: divisor)
    return data
  }
}
