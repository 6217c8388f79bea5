internal import ArgumentParser
internal import Datasets
internal import GradientHealth
internal import Recipes

extension DatasetCommand {
  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Converts data of any kind to an HDF5 file.",
      discussion: """
        The input is HDF5, npz, IDX, LIBSVM or CSV, told by its name's ending, a folder of images with a sub-folder a class,
        or a source as in a recipe. The output has /data/x in float32 (in float64 where float32 would lose digits; bytes in
        uint8, whole numbers in int32), its columns' names in /data/x_columns where they have any, and, where there are
        targets, /data/y: classes as integers, their names beside them, values as features are. Inputs with names stand in
        /data/<name>. It appears whole or not at all. Missing values stay as NaN. Images are written while they are decoded.

        Example:
          cairn dataset convert letters.csv letters.h5
          cairn dataset convert '{csv: {path: letters.csv, targets: [letter]}}' letters.h5
          cairn dataset convert pictures pictures.h5
          cairn dataset convert '{images: {path: pictures, size: [64, 64], resize: crop}}' pictures.h5
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
      if let (count, schema) = try source.kind.convert(to: output) {
        return try StandardOutput.line(Convert.summary(output, count, schema))
      }
      let samples = try source.load(seed: 0, options: ReadOptions(nonFinite: .keep, origins: .digits))
      try samples.requireClasses(at: source.name)
      try samples.write(to: output)
      var line = Convert.summary(output, samples.count, samples.schema)
      let bad = samples.count - samples.finiteRows.count
      if !samples.origins.isEmpty { line += "; float64, as float32 would lose digits" }
      for warning in samples.warnings { printError("warning: \(warning)") }
      try StandardOutput.line(line + (bad == 0 ? "" : "; \(bad) rows hold missing or infinite values"))
    }

    private static func summary(_ output: String, _ count: Int, _ schema: SampleSchema) -> String {
      func extents(_ shape: [Int]) -> String { ([count] + shape).map(String.init).joined(separator: ", ") }
      let inputs = schema.inputs.map {
        "/data/\(schema.hasNamedInputs ? $0.name : "x") [\(extents($0.shape))]"
      }
      let line = "\(output): \(inputs.joined(separator: ", "))"
      let targets = extents(schema.targetColumns == 1 ? [] : schema.targetShape)
      switch (schema.targetKind, schema.targetColumns) {
      case (_, 0): return line + ", no targets"
      case (.classes(let classes, _), _): return line + ", /data/y [\(targets)] of \(counted(classes, "class"))"
      case (.values, _): return line + ", /data/y [\(extents(schema.targetShape))]"
      }
    }
  }
}
