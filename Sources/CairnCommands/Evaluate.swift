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

      Example:
        cairn evaluate digits
        cairn evaluate iris --data more.csv
        cairn evaluate digits --data '{hdf5: {path: more.h5, features: /data/x, targets: /data/y}}' --json
      """)

  @Argument(help: ArgumentHelp("A run's directory or name, or a checkpoint file.", valueName: "run|checkpoint"))
  var target: String

  @Option(help: ArgumentHelp("Data to evaluate on: a file, or a source as in a recipe.", valueName: "file|yaml"))
  var data: String?

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "Threads.")
  var workers: Int?

  @Flag(help: "Prints one JSON document.")
  var json = false

  @OptionGroup var peers: PeerOptions

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
  }

  func run() throws {
    let processes = try peers.join()
    let (reference, recipe, source, rows, notes) = try processes.together {
      let reference = try RunReference(target, parent: checkpoints)
      let recipe = try reference.recipe(files: data == nil ? .mustExist : .none)
      let (source, rows, notes) = try self.source(reference.checkpoint, recipe.configuration)
      return (reference, recipe, source, rows, notes)
    }
    if processes.isFirst {
      for line in reference.rejected { printError("rejected: \(line)") }
      for line in notes { printError(line) }
    }
    let predictor = try Predictor(
      recipe.configuration, checkpoint: reference.checkpoint, workers: workers, processes: processes.group)
    try processes.checkSame("checkpoint", "\(reference.checkpoint.path) step \(reference.checkpoint.progress.step)")
    try processes.checkSame("data", source.fingerprint)
    try processes.start()
    let figures = try predictor.evaluate(source, metrics: recipe.configuration.metrics)
    guard processes.isFirst else { return }
    let names = ["loss"] + recipe.configuration.metrics.map(\.name)
    let values = [figures.loss] + figures.metrics
    if json {
      var document: JSONValue = [
        "run": .string(reference.checkpoint.progress.run), "checkpoint": .string(reference.checkpoint.path),
        "step": .integer(reference.checkpoint.progress.step), "data": .string(rows), "rows": .integer(source.count),
      ]
      for (name, value) in zip(names, values) { document = document.adding(name, .number(value)) }
      return try StandardOutput.line(document.text)
    }
    try StandardOutput.line("\(reference.checkpoint.path) on \(source.count) \(rows) rows")
    for (name, value) in zip(names, values) { try StandardOutput.line("\(name)  \(short(value, digits: 6))") }
  }

  private func source(
    _ checkpoint: Checkpoint, _ configuration: TrainingConfiguration
  ) throws -> (source: any SampleSource, rows: String, notes: [String]) {
    if let data {
      let given = try GivenData(data, checkpoint, configuration, featuresAlone: false)
      return (given.source, "given", given.notes)
    }
    try UntrustedFiles(of: configuration, startsAnew: false).screen()
    let loaded = try TrainingData.load(configuration, run: try RunNames(checkpoint))
    let notes = loaded.warnings.map { "warning: \($0)" }
    if let validation = loaded.validation { return (validation, "validation", notes) }
    return (loaded.train, "training", notes)
  }
}
