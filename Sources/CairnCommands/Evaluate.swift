internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import JSON
internal import NeuralNetwork
internal import Recipes
internal import Reports
internal import Training

struct Evaluate: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Computes loss and metrics of a checkpoint.",
    discussion: """
      Without --data these are the figures on the run's validation rows (its training rows if it has none). A file of the
      format that the run was trained on is read as that was: delimiter, header, targets, names of datasets. Columns and
      classes that have names are matched by them, in any order.

      --confusion says how well each class is told apart: precision, recall, F1, support and the confusion matrix, as
      scikit-learn computes them; where targets are values, RMSE, MAE and R2 of each in its unit. --by says the same of the
      rows by what a column of the CSV holds.

      Of a sweep, the figures of the mean of its members' predictions beside theirs. With folds and without --data each
      training row is predicted by the members that held it back, of the best draw or of the --top K: oof.csv and oof.h5.

      Example:
        cairn evaluate digits
        cairn evaluate letter-seeds --top 3
        cairn evaluate iris --confusion
        cairn evaluate prices --data sold.csv --by city
        cairn evaluate iris --data more.csv
        cairn evaluate digits --data '{hdf5: {path: more.h5, features: /data/x, targets: /data/y}}' --json
      """)

  @Argument(
    help: ArgumentHelp("A run's or sweep's directory or name, or a checkpoint file.", valueName: "run|sweep|checkpoint")
  )
  var target: String

  @Option(help: ArgumentHelp("Data to evaluate on: a file, or a source as in a recipe.", valueName: "file|yaml"))
  var data: String?

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "Threads.")
  var workers: Int?

  @Option(help: ArgumentHelp("Of a sweep: the members of its K best draws alone.", valueName: "K"))
  var top: Int?

  @Flag(help: "Figures of each class and the confusion matrix; of values, of each target.")
  var confusion = false

  @Option(help: ArgumentHelp("The same by group: a column of the CSV, one group a text.", valueName: "column"))
  var by: String?

  @Flag(help: "Prints one JSON document.")
  var json = false

  @OptionGroup var peers: PeerOptions

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
    if let top, top < 1 { throw ValidationError("--top \(top): expected 1 or more") }
  }

  func run() throws {
    let processes = try peers.join()
    if let folder = SweepFolder(naming: target, parent: checkpoints) {
      return try processes.together {
        try EnsembleEvaluation(
          data: data, top: top, workers: workers, confusion: confusion, by: by, json: json, folder, processes
        ).run()
      }
    }
    if let top { throw CommandError(.usage, "--top \(top): expected a sweep, which \(target) is not") }
    let (reference, recipe, samples, groups) = try processes.together {
      let reference = try RunReference(target, parent: checkpoints)
      let recipe = try reference.recipe(files: data == nil ? .mustExist : .none)
      let samples = try self.samples(reference.checkpoint, recipe.configuration)
      let groups = try by.map {
        try samples.description.texts(of: [$0], rows: samples.numbers, count: samples.source.count, for: "--by \($0)")[
          0]
      }
      return (reference, recipe, samples, groups)
    }
    let (source, rows) = (samples.source, samples.rows)
    if processes.isFirst {
      for line in reference.rejected { printError("rejected: \(line)") }
      for line in samples.notes { printError(line) }
    }
    let predictor = try Predictor(
      recipe.configuration, checkpoint: reference.checkpoint, workers: workers, processes: processes.group)
    try processes.checkSame("checkpoint", "\(reference.checkpoint.path) step \(reference.checkpoint.progress.step)")
    try processes.checkSame("data", source.fingerprint)
    if confusion || by != nil { try processes.together { try EvaluationReport.check(predictor, recipe.configuration) } }
    try processes.start()
    let figures = try predictor.evaluate(source, metrics: recipe.configuration.metrics)
    let report =
      try confusion || by != nil ? report(predictor, reference.checkpoint, recipe.configuration, source, groups) : nil
    guard processes.isFirst else { return }
    let names = ["loss"] + recipe.configuration.metrics.map(\.name)
    let values = [figures.loss] + figures.metrics
    if json {
      var document: JSONValue = [
        "run": .string(reference.checkpoint.progress.run), "checkpoint": .string(reference.checkpoint.path),
        "step": .integer(reference.checkpoint.progress.step), "data": .string(rows), "rows": .integer(source.count),
      ]
      for (name, value) in zip(names, values) { document = document.adding(name, .number(value)) }
      if let report { document = report.added(to: document) }
      return try StandardOutput.line(document.text)
    }
    try StandardOutput.line("\(reference.checkpoint.path) on \(source.count) \(rows) rows")
    for (name, value) in zip(names, values) { try StandardOutput.line("\(name)  \(short(value, digits: 6))") }
    if let report { try StandardOutput.write("\n" + report.text(inFull: confusion)) }
  }

  /// Every process predicts its part of the rows; the first compares all with what they are.
  private func report(
    _ predictor: Predictor, _ checkpoint: Checkpoint, _ configuration: TrainingConfiguration,
    _ source: any SampleSource, _ groups: TextColumn?
  ) throws -> EvaluationReport {
    let made = Predictions(
      try predictor.predict(source), shape: predictor.model.network.output.extents, loss: configuration.loss,
      classNames: try RunNames(checkpoint).classes, targetNames: configuration.data.train.targetNames ?? [])
    let (targets, weights) = try predictor.targets(of: source)
    return try EvaluationReport(made, targets: targets, weights: weights, by: groups)
  }

  /// What is evaluated on.
  private struct Samples {
    let source: any SampleSource
    /// What their rows are called: given, validation, training.
    let rows: String
    /// What they are read from, and the row of it that each sample is; nil: all, in order.
    let description: DataSource
    let numbers: [Int32]?
    let notes: [String]
  }

  private func samples(_ checkpoint: Checkpoint, _ configuration: TrainingConfiguration) throws -> Samples {
    if let data {
      let given = try GivenData(data, checkpoint, configuration, featuresAlone: false)
      return Samples(
        source: given.source, rows: "given", description: given.description, numbers: nil, notes: given.notes)
    }
    try UntrustedFiles(of: configuration, startsAnew: false).screen()
    let loaded = try TrainingData.load(configuration, run: try RunNames(checkpoint))
    let notes = loaded.warnings.map { "warning: \($0)" }
    let train = configuration.data.train
    guard let validation = loaded.validation else {
      return Samples(
        source: loaded.train, rows: "training", description: train, numbers: loaded.rowNumbers, notes: notes)
    }
    var description = train
    if case .source(let own) = configuration.data.validation { description = own }
    return Samples(
      source: validation, rows: "validation", description: description, numbers: loaded.heldNumbers, notes: notes)
  }
}
