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
      The file is HDF5 (/data/x, or the dataset that --features names) or CSV (all columns are features). The output has
      /predictions, [rows, outputs], and for several classes /classes, the number of the largest output.

      Example:
        cairn predict digits --data Datasets/digits.h5 --output predictions.h5
      """)

  @Argument(help: ArgumentHelp("A run's directory or name, or a checkpoint file.", valueName: "run|checkpoint"))
  var target: String

  @Option(help: "The rows: an HDF5 or CSV file.")
  var data: String

  @Option(help: "The dataset of the features in an HDF5 file.")
  var features: String = "/data/x"

  @Option(help: "The HDF5 file to write.")
  var output: String

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "Threads.")
  var workers: Int?

  @OptionGroup var peers: PeerOptions

  func run() throws {
    let processes = try peers.join()
    let (reference, configuration, source) = try processes.together {
      let reference = try RunReference(target, parent: checkpoints)
      let configuration = try reference.recipe(files: .none).configuration
      return (reference, configuration, try Scaled.apply(reference.checkpoint, to: try rows()))
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
    print("\(output): /predictions [\(source.count), \(outputs)] of \(reference.checkpoint.path)")
  }

  private func rows() throws -> InMemorySource {
    if data.hasSuffix(".csv") || data.hasSuffix(".tsv") {
      return try CSVSource(path: data, targets: [], header: true, delimiter: data.hasSuffix(".tsv") ? "\t" : ",").load()
    }
    return try HDF5Source(path: data, features: features, targets: nil).load()
  }

  private func largest(_ predictions: [Float], _ outputs: Int) -> [Int32] {
    stride(from: 0, to: predictions.count, by: outputs).map { start in
      var best = 0
      for index in 1..<outputs where predictions[start + index] > predictions[start + best] { best = index }
      return Int32(best)
    }
  }
}
