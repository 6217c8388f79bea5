internal import Checkpointing
internal import Datasets
internal import NeuralNetwork
internal import Recipes
internal import Training

/// Samples that a command is given for a run: named, numbered and scaled as its training rows were.
struct GivenData {
  let source: any SampleSource
  let names: RunNames
  /// What it is read from.
  let description: DataSource
  /// What a person should know of how it was read.
  let notes: [String]

  /// - Parameters:
  ///   - text: a file, or a source as in a recipe.
  ///   - features: the dataset or array of the features, where another than the run's.
  ///   - featuresAlone: whether targets need not be there.
  /// - Throws: `DatasetError`; `CheckpointError` where the scaling does not fit the features; `RecipeError`;
  ///   `CommandError`.
  init(
    _ text: String, features: String? = nil, _ checkpoint: Checkpoint, _ configuration: TrainingConfiguration,
    featuresAlone: Bool
  ) throws {
    let train = configuration.data.train
    var data = try GivenData.choosing(features, of: try parseDataSource(text, folder: nil, like: train))
    if !configuration.data.columns.isEmpty { data = data.kind.declaring(configuration.data.columns) ?? data }
    try UntrustedFiles([data]).screen()
    let names = try RunNames(checkpoint)
    let options = names.options(
      ReadOptions(featuresAlone: featuresAlone, targets: featuresAlone ? nil : TargetRole(configuration.loss.targets)),
      targets: train.targetNames)
    source = try data.open(seed: configuration.seed, options: options, buffer: configuration.data.buffer) {
      try GivenData.pipeline(of: checkpoint, columns: $0)
    }.divided(by: configuration.data.lossDivisor)
    self.names = names
    description = data
    var notes: [String] = []
    if names.table == nil, !names.features.isEmpty, source.featureNames.isEmpty {
      notes.append(
        "\(data.name) has no column names: its columns are taken in the run's order, \(short(list: names.features))")
    }
    if !names.classes.isEmpty, !featuresAlone, case .classes(_, let found) = source.targetKind, found.isEmpty {
      notes.append(
        "\(data.name) has no class names: its numbers are taken as the run's, 0 for \(names.classes[0]), ...")
    }
    self.notes = notes + source.warnings.map { "warning: \($0)" }
  }

  private static func choosing(_ features: String?, of source: DataSource) throws -> DataSource {
    guard let features else { return source }
    guard let chosen = source.kind.choosing(features: features) else {
      throw CommandError(.usage, "--features \(features): \(source.name) has no datasets of that kind to choose from")
    }
    return chosen
  }

  /// What is done to the columns of data that are given, as the checkpoint holds it.
  static func pipeline(of checkpoint: Checkpoint, columns: Int) throws -> ColumnPipeline {
    let pipeline: ColumnPipeline
    do {
      pipeline = try ColumnPipeline(restoring: checkpoint.columns())
    } catch let error as ColumnError {
      throw CheckpointError(.damaged, "\(checkpoint.path): /data: \(error)")
    }
    guard (pipeline.columns ?? columns) == columns else {
      throw CheckpointError(
        .unsuitable,
        "\(checkpoint.path): its scaling was fitted to \(pipeline.columns ?? 0) features; the data have \(columns)")
    }
    return pipeline
  }
}

private func short(list names: [String]) -> String {
  names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ... (\(names.count))" : "")
}
