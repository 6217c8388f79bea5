internal import ArgumentParser
internal import Datasets
internal import GradientHealth
internal import Recipes

extension DatasetCommand {
  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Converts data of any kind to an HDF5 file.",
      discussion: """
        The input is HDF5, npz, IDX, LIBSVM or CSV, told by its name's ending, or a source as in a recipe. The output has
        /data/x in float32 (in float64 where float32 would lose digits), its columns' names in /data/x_columns where they
        have any, and, where there are targets, /data/y: classes as integers, their names beside them, values in float32. It appears whole or not at all. Missing values stay as NaN.

        Example:
          cairn dataset convert letters.csv letters.h5
          cairn dataset convert '{csv: {path: letters.csv, targets: [letter]}}' letters.h5
          cairn dataset convert '{idx: {features: train-images-idx3-ubyte.gz, targets: train-labels-idx1-ubyte.gz}}' mnist.h5
        """)

    @Argument(help: ArgumentHelp("A data file, or a source as in a recipe.", valueName: "file|yaml"))
    var data: String
    @Argument(help: "The HDF5 file to write.")
    var output: String

    @OptionGroup var overwriting: OverwriteOptions

    func run() throws {
      let source = try parseDataSource(data, folder: nil)
      try OutputFile(path: output, .hdf5).check(inputs: source.paths, isForced: overwriting.force)
      try UntrustedFiles([source]).screen()
      let samples = try source.load(seed: 0, options: ReadOptions(nonFinite: .keep, origins: .digits))
      try samples.requireClasses(at: source.name)
      try samples.write(to: output)
      let shape = ([samples.count] + samples.sampleShape).map(String.init).joined(separator: ", ")
      var line = "\(output): /data/x [\(shape)]"
      switch (samples.targetKind, samples.targetColumns) {
      case (_, 0): line += ", no targets"
      case (.classes(let count, _), _): line += ", /data/y [\(samples.count)] of \(counted(count, "class"))"
      case (.values, let columns): line += ", /data/y [\(samples.count), \(columns)]"
      }
      let bad = samples.count - samples.finiteRows.count
      if !samples.origins.isEmpty { line += "; float64, as float32 would lose digits" }
      for warning in samples.warnings { printError("warning: \(warning)") }
      try StandardOutput.line(line + (bad == 0 ? "" : "; \(bad) rows hold missing or infinite values"))
    }
  }
}
