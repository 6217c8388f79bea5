internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import HDF5Storage
internal import NeuralNetwork
internal import Recipes
internal import Training

struct Predict: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a network's outputs for the rows of a file.",
    discussion: """
      The file is HDF5 (/data/x, or the dataset that --features names), npz (x, or the array that --features names), IDX,
      LIBSVM, or CSV (all columns are features); targets are not asked for. The output has /predictions, [rows, outputs],
      and for several classes /classes, the number of the largest output.

      Example:
        cairn predict digits --data Datasets/digits.h5 --output predictions.h5
        cairn predict letters --data '{csv: {path: letters.csv, targets: [letter]}}' --output predictions.h5
      """)

  @Argument(help: ArgumentHelp("A run's directory or name, or a checkpoint file.", valueName: "run|checkpoint"))
  var target: String

  @Option(help: ArgumentHelp("The rows: a file, or a source as in a recipe.", valueName: "file|yaml"))
  var data: String

  @Option(help: "The dataset of the features in an HDF5 file, /data/x by default, or the array in an npz file, x.")
  var features: String?

  @Option(help: "The HDF5 file to write.")
  var output: String

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "Threads.")
  var workers: Int?

  @OptionGroup var peers: PeerOptions

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
  }

  func run() throws {
    let processes = try peers.join()
    let (reference, configuration, source) = try processes.together {
      let reference = try RunReference(target, parent: checkpoints)
      let configuration = try reference.recipe(files: .none).configuration
      return (
        reference, configuration,
        try Scaled.open(try dataSource(), reference.checkpoint, configuration, featuresAlone: true)
      )
    }
    if processes.isFirst { for line in reference.rejected { printError("rejected: \(line)") } }
    let predictor = try Predictor(
      configuration, checkpoint: reference.checkpoint, workers: workers, processes: processes.group)
    try processes.checkSame("checkpoint", "\(reference.checkpoint.path) step \(reference.checkpoint.progress.step)")
    try processes.checkSame("data", source.fingerprint)
    try processes.start()
    let predictions = try predictor.predict(source)
    guard processes.isFirst else { return }
    let outputs = predictor.model.network.outputs
    let names = try reference.checkpoint.classNames()
    try HDF5File.publish(at: output) { file in
      try file.root.setAttribute("run", reference.checkpoint.progress.run)
      try file.root.setAttribute("step", Int64(reference.checkpoint.progress.step))
      try file.root.write(predictions, shape: [source.count, outputs], to: "predictions")
      guard outputs > 1, configuration.loss.targets == .classes else { return }
      try file.root.write(largest(predictions, outputs), shape: [source.count], to: "classes")
      if !names.isEmpty { try file.root.dataset("classes").setAttribute("classes", names) }
    }
    try StandardOutput.line("\(output): /predictions [\(source.count), \(outputs)] of \(reference.checkpoint.path)")
  }

  private func dataSource() throws -> DataSource {
    let source: DataSource
    if DataSource.Format(path: data) == nil, !data.contains(":") {
      source = DataSource(path: data, .hdf5)  // whatever it is called
    } else {
      source = try parseDataSource(data, folder: nil)
    }
    guard let features else { return source }
    switch source {
    case .hdf5(let path, _, let targets, let rows):
      return .hdf5(path: path, features: features, targets: targets, rows: rows)
    case .npz(let path, _, let targets, let rows):
      return .npz(path: path, features: features, targets: targets, rows: rows)
    default:
      throw CommandError(.usage, "--features \(features): \(source.name) has no datasets of that kind to choose from")
    }
  }

  private func largest(_ predictions: [Float], _ outputs: Int) -> [Int32] {
    stride(from: 0, to: predictions.count, by: outputs).map { start in
      var best = 0
      for index in 1..<outputs where predictions[start + index] > predictions[start + best] { best = index }
      return Int32(best)
    }
  }
}
