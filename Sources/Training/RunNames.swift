public import Checkpointing
public import Datasets
public import NeuralNetwork

/// What a run calls its classes and columns: other data are read by these names.
public struct RunNames: Sendable, Equatable {
  /// By number; empty: they have none.
  public let classes: [String]
  /// By column; empty: they have none.
  public let features: [String]
  /// Floats of a sample.
  public let featureCount: Int
  /// Where the features are measured from.
  public let origins: FeatureOrigins
  /// What was fitted to the columns of a table; nil: the run is of none.
  public let table: TableEncoding?

  /// - Throws: `CheckpointError`, `HDF5Error`.
  public init(_ checkpoint: Checkpoint) throws {
    classes = try checkpoint.classNames()
    features = try checkpoint.featureNames()
    let inputs = try checkpoint.inputs()
    let columns = try checkpoint.columns()
    do {
      table = try TableEncoding(restoring: columns)
    } catch let error as ColumnError {
      throw CheckpointError(.damaged, "\(checkpoint.path): \(error)")
    }
    if let table {
      guard features.isExactly(table.names) else {
        throw CheckpointError(.damaged, "\(checkpoint.path): /data/feature_names and /data/columns name other columns")
      }
      (featureCount, origins) = (table.columns.count, .none)
      return
    }
    featureCount = inputs.valueColumns
    // Where samples are windows, names and origins are those of a row.
    let counts = [featureCount, inputs.positionColumns]
    guard features.isEmpty || counts.contains(features.count) else {
      throw CheckpointError(
        .damaged,
        "\(checkpoint.path): /data/feature_names holds \(features.count) names for \(featureCount) columns")
    }
    guard let origins = FeatureOrigins(restoring: columns),
      origins.isEmpty || counts.contains(origins.origin.count)
    else {
      throw CheckpointError(
        .damaged, "\(checkpoint.path): scaling_origin and scaling_unit in /data do not fit together")
    }
    self.origins = origins
  }

  /// - Parameter run: the names that the run began with, where the data have none.
  init(of train: any SampleSource, _ run: RunNames?) {
    var names: [String] = []
    if case .classes(_, let found) = train.targetKind { names = found }
    classes = names.isEmpty ? run?.classes ?? [] : names
    features = train.featureNames.isEmpty ? run?.features ?? [] : train.featureNames
    featureCount = train.schema.networkInputs.valueColumns
    origins = train.origins
    table = nil
  }

  /// Of samples that were made of a table's columns.
  init(of train: InMemorySource, table: TableEncoding, _ run: RunNames?) {
    classes = RunNames(of: train, run).classes
    features = table.names
    featureCount = table.columns.count
    origins = .none
    self.table = table
  }

  /// `options` for data of this run.
  ///
  /// - Parameter targets: names of the run's target columns; nil: they have none.
  public func options(_ options: ReadOptions = ReadOptions(), targets: [String]?) -> ReadOptions {
    var options = options
    options.classNames = classes
    options.featureNames = features
    options.featureCount = featureCount
    options.targetNames = targets
    options.origins = .given(origins)
    options.table = table
    return options
  }
}

extension TargetRole {
  /// What targets are to a loss with this requirement.
  public init(_ requirement: TargetRequirement) {
    switch requirement {
    case .classes: self = .classes
    case .probabilities, .signs: self = .probabilities
    case .values, .counts, .oneValue: self = .values
    }
  }
}
