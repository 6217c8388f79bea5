internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import GradientHealth
internal import NeuralNetwork
internal import Recipes
internal import Training

struct Predict: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a network's outputs for the rows of a file.",
    discussion: """
      A file of the format that the run was trained on is read as that was: delimiter, header, names of datasets
      (--features names another). Columns that have names are matched by them, in any order; others are passed over, and
      so are targets.

      The output's ending says what is written. CSV: `prediction`, a class by its name, and `probability_<class>`, or the
      targets as the recipe calls them; `-` is CSV on standard output; --keep copies columns of a CSV in front. HDF5: /predictions, [rows, outputs], and of classes
      /classes, their numbers, with the names as its attribute `classes`. npz: predictions, classes, class_names. A network
      with an output for each of several positions: the same by position, `prediction_<position>` in CSV.

      Of a sweep, the mean over the members of its finished draws (probabilities, or values in the target's unit) and their
      sample standard deviation: columns that end in `_std`, /std, std. --members adds each member's own.

      Example:
        cairn predict digits --data Datasets/digits.h5 --output predictions.h5
        cairn predict letters --data new.csv --output letters-read.csv
        cairn predict prices --data flats.csv --keep id,street --output priced.csv
        cairn predict letter-seeds --data new.csv --top 3 --output letters-read.csv
      """)

  @Argument(
    help: ArgumentHelp("A run's or sweep's directory or name, or a checkpoint file.", valueName: "run|sweep|checkpoint")
  )
  var target: String

  @Option(help: ArgumentHelp("The rows: a file, or a source as in a recipe.", valueName: "file|yaml"))
  var data: String

  @Option(help: "The dataset of the features in an HDF5 file, /data/x by default, or the array in an npz file, x.")
  var features: String?

  @Option(help: ArgumentHelp("The file to write.", valueName: "file.csv|.h5|.npz|-"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Columns of the data, a CSV file, that stand in front of the predictions as they are.", valueName: "name,..."))
  var keep: String?

  @Option(help: ArgumentHelp("Of a sweep: the members of its K best draws alone.", valueName: "K"))
  var top: Int?

  @Flag(help: "Of a sweep: each member's predictions, too.")
  var members = false

  @OptionGroup var overwriting: OverwriteOptions

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "Threads.")
  var workers: Int?

  @OptionGroup var peers: PeerOptions

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
    if let top, top < 1 { throw ValidationError("--top \(top): expected 1 or more") }
  }

  func run() throws {
    let processes = try peers.join()
    if let folder = SweepFolder(naming: target, parent: checkpoints) {
      return try processes.together { try predict(Ensemble(folder, top: top, processes)) }
    }
    for (option, isGiven) in [("--top", top != nil), ("--members", members)] where isGiven {
      throw CommandError(.usage, "\(option): expected a sweep, which \(target) is not")
    }
    let (reference, configuration, given, kind) = try processes.together {
      let kind = try outputKind()
      let reference = try RunReference(target, parent: checkpoints)
      let configuration = try reference.recipe(files: .none).configuration
      let given = try GivenData(
        data, features: features, reference.checkpoint, configuration, featuresAlone: true)
      return (reference, configuration, given, kind)
    }
    if processes.isFirst {
      for line in reference.rejected { printError("rejected: \(line)") }
      for line in given.notes { printError(line) }
    }
    let predictor = try Predictor(
      configuration, checkpoint: reference.checkpoint, workers: workers, processes: processes.group)
    try processes.checkSame("checkpoint", "\(reference.checkpoint.path) step \(reference.checkpoint.progress.step)")
    try processes.checkSame("data", given.source.fingerprint)
    var kept: [TextColumn] = []
    let shape = predictor.model.network.output.extents
    func predictions(_ values: [Float]) -> Predictions {
      Predictions(
        values, shape: shape, loss: configuration.loss, classNames: given.names.classes,
        targetNames: configuration.data.train.targetNames ?? [])
    }
    try processes.together {
      guard processes.isFirst else { return }
      let empty = predictions([])
      kept = try keep.map { try keptColumns($0, of: given, beside: empty.columns) } ?? []
      guard let kind else { return }
      try OutputFile(path: output, kind, heading: empty.heading(kept)).check(
        inputs: given.description.paths + reference.files(configuration), of: reference.directory,
        isForced: overwriting.force)
    }
    try processes.start()
    let values = try predictor.predict(given.source)
    guard processes.isFirst else { return }
    let made = predictions(values)
    if let warning = Predict.warning(values, rows: made.rows) { printError(warning) }
    try write(made, kept, kind, reference.checkpoint)
  }

  /// nil: all outputs are numbers.
  static func warning(_ values: [Float], rows: Int) -> String? {
    let width = values.count / max(1, rows)
    let wrong = (0..<rows).filter { row in values[row * width..<(row + 1) * width].contains { !$0.isFinite } }
    guard let first = wrong.first else { return nil }
    return
      "warning: the predictions of \(counted(wrong.count, "row")) are no finite numbers, the first of row \(first) (from 0): are "
      + "its features far from those of the training rows?"
  }

  /// The columns of `--keep`, a cell for each sample.
  func keptColumns(_ list: String, of given: GivenData, beside own: [String]) throws -> [TextColumn] {
    let names = try CSVSource.names(in: list, at: "--keep \(list)")
    guard !names.isEmpty, !names.contains("") else {
      throw CommandError(.usage, "--keep \(list): expected names of columns with commas between them")
    }
    let kept = try given.description.texts(of: names, rows: nil, count: given.source.count, for: "--keep \(list)")
    var taken = Set(own.map { ExactText($0) })
    for column in kept where !taken.insert(ExactText(column.name)).inserted {
      let isOwn = own.contains { ExactText($0) == ExactText(column.name) }
      throw CommandError(
        .usage,
        "--keep \(list): `\(column.name)` "
          + (isOwn ? "is what a column of the predictions is called: leave it out" : "stands twice"))
    }
    return kept
  }

  /// What the output's ending asks for; nil: CSV on standard output.
  func outputKind() throws -> OutputFile.Kind? {
    if output == "-" { return nil }
    if let kind = OutputFile.Kind(path: output), [.csv, .npz, .hdf5].contains(kind) {
      if let keep, kind != .csv {
        throw CommandError(.usage, "--keep \(keep): columns are kept in CSV, and --output \(output) is none")
      }
      return kind
    }
    throw CommandError(
      .usage,
      "--output \(output): expected a name that ends in .csv, .npz, .h5 or .hdf5, or - for CSV on standard output")
  }

  private func write(
    _ made: Predictions, _ kept: [TextColumn], _ kind: OutputFile.Kind?, _ checkpoint: Checkpoint
  ) throws {
    switch kind {
    case nil:
      var screen = BufferedOutput()
      try made.eachLine(kept) {
        screen.write($0)
        try screen.flushIfLarge()
      }
      return try screen.flush()
    case .csv:
      try made.writeCSV(kept, to: output)
      try StandardOutput.line("\(output): \(made.rows) rows of \(made.heading(kept)), of \(checkpoint.path)")
    case .npz:
      try made.writeNPZ(to: output)
      try StandardOutput.line("\(output): predictions \([made.rows] + made.shape) of \(checkpoint.path)")
    default:
      try made.writeHDF5(to: output, run: checkpoint.progress.run, step: checkpoint.progress.step)
      try StandardOutput.line("\(output): /predictions \([made.rows] + made.shape) of \(checkpoint.path)")
    }
  }
}
