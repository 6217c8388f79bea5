internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import JSON
internal import Recipes
internal import Reports
internal import Training

struct Forecast: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predicts what comes after the last row of a series, by a network that was trained on `windows`.",
    discussion: """
      Of each series in the file (each group, where the recipe's windows have `by`) the last rows go in. Up to the horizon of
      the run's windows every step is predicted from known rows. Beyond it predictions take the place of rows, which needs a
      target for every feature. A file is read as the run's was, and need not have anything after its last row.

      Prints a line for each series and step; --output writes the same as CSV, or as HDF5: /forecast, [series, steps, targets].

      Example:
        cairn forecast weather --data last-week.csv --steps 24 --output tomorrow.csv
      """)

  @Argument(help: ArgumentHelp("A run's directory or name, or a checkpoint file.", valueName: "run|checkpoint"))
  var target: String

  @Option(help: ArgumentHelp("The series: a file, or a source as in a recipe.", valueName: "file|yaml"))
  var data: String

  @Option(help: "Rows to predict.")
  var steps: Int

  @Option(help: ArgumentHelp("A file to write.", valueName: "file.csv|.h5"))
  var output: String?

  @OptionGroup var overwriting: OverwriteOptions

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "Threads.")
  var workers: Int?

  @Flag(help: "Prints one JSON document.")
  var json = false

  func validate() throws {
    if steps < 1 { throw ValidationError("--steps \(steps): expected 1 or more") }
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
    guard let output else { return }
    guard let kind = OutputFile.Kind(path: output), [.csv, .hdf5].contains(kind) else {
      throw ValidationError("--output \(output): expected a name that ends in .csv, .h5 or .hdf5")
    }
  }

  func run() throws {
    let reference = try RunReference(target, parent: checkpoints)
    for line in reference.rejected { printError("rejected: \(line)") }
    let (checkpoint, configuration) = (reference.checkpoint, try reference.recipe(files: .none).configuration)
    let train = configuration.data.train
    let predictor = try Predictor(configuration, checkpoint: checkpoint, workers: workers)
    let source = try parseDataSource(data, folder: nil, like: train)
    // Where columns have no names, numbers tell which targets are features.
    let areNamed = train.targetNames != nil
    let table = try series(source, checkpoint, configuration, featuresAlone: areNamed || steps <= horizon(train))
    let forecaster = try Forecaster(
      configuration, predictor: predictor,
      pipeline: try GivenData.pipeline(of: checkpoint, columns: table.valueColumns),
      at: checkpoint.path)
    let feedback =
      areNamed
      ? Forecast.feedback(table.featureNames, train.targetNames ?? [], columns: table.valueColumns)
      : table.targetsByFeature()
    let written = ForecastTable(group: groupName(source))
    if let output, let kind = OutputFile.Kind(path: output) {
      try OutputFile(path: output, kind, heading: written.heading(forecaster.targets)).check(
        inputs: source.paths + reference.files(configuration), of: reference.directory, isForced: overwriting.force)
    }
    let made = try forecaster.forecast(table, steps: steps, feedback: feedback)
    for warning in made.warnings { printError("warning: \(warning)") }
    if let output { try written.write(made, to: output, run: checkpoint.progress.run, step: checkpoint.progress.step) }
    if json {
      return try StandardOutput.line(
        written.json(made, run: checkpoint.progress.run, checkpoint: checkpoint.path, step: checkpoint.progress.step)
          .text)
    }
    if let output {
      return try StandardOutput.line(
        "\(output): \(made.groups.count) x \(made.steps) rows of \(made.targets.joined(separator: ", ")), of "
          + checkpoint.path)
    }
    try StandardOutput.line(written.text(made))
  }

  private func horizon(_ train: DataSource) -> Int { train.kind.windows?.horizon ?? 0 }

  /// The series that are given, read as the run's, not scaled.
  private func series(
    _ source: DataSource, _ checkpoint: Checkpoint, _ configuration: TrainingConfiguration, featuresAlone: Bool
  ) throws -> SequenceTable {
    guard configuration.data.train.kind.windows != nil else {
      throw TrainingError(
        "\(checkpoint.path): the run was trained on \(configuration.data.train.name) without `windows`: only networks that "
          + "have learned to predict a later row can say what comes")
    }
    try UntrustedFiles([source]).screen()
    let options = try RunNames(checkpoint).options(
      ReadOptions(featuresAlone: featuresAlone, targets: featuresAlone ? nil : .values),
      targets: configuration.data.train.targetNames)
    guard let table = try source.kind.sequences(seed: configuration.seed, options: options) else {
      throw CommandError(.usage, "--data \(data): a series needs `windows`, as the run's recipe has them")
    }
    return table
  }

  /// Of each feature the target of its name.
  private static func feedback(_ features: [String], _ targets: [String], columns: Int) -> [Int?] {
    guard features.count == columns else { return Array(repeating: nil, count: columns) }
    return features.map { name in targets.firstIndex { ExactText($0) == ExactText(name) } }
  }

  /// What the column of the series' names is called; nil: there is one series, which has no name.
  private func groupName(_ source: DataSource) -> String? {
    source.kind.windows?.by.map { by in
      let name = by.split(separator: "/").last.map(String.init) ?? by
      return Int(name) == nil ? name : "group"
    }
  }
}
