internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import NeuralNetwork
internal import Recipes
internal import Reports
internal import Training

struct Evaluate: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Computes loss and metrics of a checkpoint.",
    discussion: """
      Without --data these are the figures on the run's validation rows (its training rows if it has none).

      Example:
        cairn evaluate digits
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
    let (reference, recipe, source, rows) = try processes.together {
      let reference = try RunReference(target, parent: checkpoints)
      let recipe = try reference.recipe(files: data == nil ? .mustExist : .none)
      let (source, rows) = try self.source(reference.checkpoint, recipe.configuration)
      return (reference, recipe, source, rows)
    }
    if processes.isFirst { for line in reference.rejected { printError("rejected: \(line)") } }
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
  ) throws -> (source: any SampleSource, rows: String) {
    if let data {
      let source = try Scaled.open(try parseDataSource(data, folder: nil), checkpoint, configuration)
      return (source, "given")
    }
    try UntrustedFiles(of: configuration, startsAnew: false).screen()
    let loaded = try TrainingData.load(configuration)
    if let validation = loaded.validation { return (validation, "validation") }
    return (loaded.train, "training")
  }
}

/// Samples for a checkpoint's network: scaled as its training rows were.
enum Scaled {
  /// - Throws: `DatasetError`; `CheckpointError` where the scaling does not fit the features.
  static func open(
    _ source: DataSource, _ checkpoint: Checkpoint, _ configuration: TrainingConfiguration, featuresAlone: Bool = false
  ) throws -> any SampleSource {
    try UntrustedFiles([source]).screen()
    return try source.open(
      seed: configuration.seed, options: ReadOptions(featuresAlone: featuresAlone), buffer: configuration.data.buffer
    ) {
      try scaling(of: checkpoint, columns: $0)
    }
  }

  private static func scaling(of checkpoint: Checkpoint, columns: Int) throws -> Scaling {
    let stored = try checkpoint.scaling()
    guard let scaling = stored.scaling else {
      throw CheckpointError(.damaged, "\(checkpoint.path): the scaling in /data does not fit together")
    }
    guard scaling.offset.isEmpty || scaling.offset.count == columns else {
      throw CheckpointError(
        .unsuitable,
        "\(checkpoint.path): its scaling was fitted to \(scaling.offset.count) features; the data have \(columns)")
    }
    return scaling
  }
}
