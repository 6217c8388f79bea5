internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import GradientHealth
internal import Recipes
internal import Reports

struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Makes, converts and describes data files.",
    discussion: """
      Example:
        cairn dataset make-moons --samples 3000 --noise 0.25 --random-state 1234 --output moons.h5
        cairn dataset convert mnist.npz mnist.h5
        cairn dataset describe moons.h5
      """,
    subcommands: [MakeMoons.self, MakeRegression.self, Convert.self, Describe.self])

  struct MakeMoons: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Two interleaving half circles, as scikit-learn's make_moons draws them.",
      discussion: """
        Example:
          cairn dataset make-moons --samples 3000 --noise 0.25 --random-state 1234 --output moons.h5
        """)

    @Option(help: "Rows.")
    var samples: Int
    @Option(help: "Standard deviation of the noise.")
    var noise: Double = 0
    @Option(name: .customLong("random-state"), help: "NumPy's seed.")
    var randomState: UInt32 = 0
    @Flag(name: .customLong("no-shuffle"), help: "Leaves the rows in order.")
    var noShuffle = false
    @Option(help: "The HDF5 file to write.")
    var output: String

    func run() throws {
      let data = try makeMoons(
        samples: samples, noise: noise == 0 ? nil : noise, shuffle: !noShuffle, randomState: randomState)
      try data.write(to: output)
      try StandardOutput.line("\(output): /data/x [\(samples), 2], /data/y [\(samples)]")
    }
  }

  struct MakeRegression: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A random linear regression, as scikit-learn's make_regression draws it.",
      discussion: """
        Example:
          cairn dataset make-regression --samples 1500 --features 15 --noise 0.2 --random-state 42 --output regression.h5
        """)

    @Option(help: "Rows.")
    var samples: Int
    @Option(help: "Columns.")
    var features: Int
    @Option(help: "Columns that the targets depend on.")
    var informative: Int = 10
    @Option(help: "Target columns.")
    var targets: Int = 1
    @Option(help: "Added to every target.")
    var bias: Double = 0
    @Option(help: "Standard deviation of the noise.")
    var noise: Double = 0
    @Option(name: .customLong("random-state"), help: "NumPy's seed.")
    var randomState: UInt32 = 0
    @Flag(name: .customLong("no-shuffle"), help: "Leaves rows and columns in order.")
    var noShuffle = false
    @Option(help: "The HDF5 file to write.")
    var output: String

    func run() throws {
      let data = try makeRegression(
        samples: samples, features: features, informative: informative, targets: targets, bias: bias, noise: noise,
        shuffle: !noShuffle, randomState: randomState)
      try data.write(to: output)
      try StandardOutput.line("\(output): /data/x [\(samples), \(features)], /data/y, /data/coef")
    }
  }

  struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Rows, ranges, missing values and classes of a data file.",
      discussion: """
        The file is HDF5, npz, IDX, LIBSVM or CSV, told by its name's ending. Where names or options differ from what a
        recipe takes for granted, give a source as in a recipe. HDF5 files of any size are read by chunks.

        Example:
          cairn dataset describe Datasets/digits.h5
          cairn dataset describe '{npz: {path: mnist.npz, features: x_train, targets: y_train}}' --json
        """)

    @Argument(help: ArgumentHelp("A data file, or a source as in a recipe.", valueName: "file|yaml"))
    var data: String
    @Flag(help: "Prints one JSON document.")
    var json = false

    func run() throws {
      let source = try parseDataSource(data, folder: nil)
      try UntrustedFiles([source]).screen()
      let description = try DatasetDescription(of: try source.open(seed: 0, options: ReadOptions(nonFinite: .keep)))
      try json ? printJSON(description) : printText(description)
    }

    private func printText(_ data: DatasetDescription) throws {
      try StandardOutput.line(
        "\(counted(data.rows, "row")) of shape [\(data.sampleShape.map(String.init).joined(separator: ", "))]")
      var table = [["column", "min", "max", "mean", "deviation", "missing", ""]]
      for (kind, columns) in [("x", data.features), ("y", data.targets)] {
        for (number, column) in columns.enumerated() {
          table.append([
            column.name.isEmpty ? "\(kind)[\(number)]" : column.name, short(Double(column.minimum)),
            short(Double(column.maximum)), short(column.mean), short(column.standardDeviation), String(column.missing),
            column.isConstant ? "constant" : "",
          ])
        }
      }
      try StandardOutput.line(TextTable.render(table))
      for (number, count) in data.classCounts.enumerated() {
        let name = data.classNames.isEmpty ? "" : " (\(data.classNames[number]))"
        try StandardOutput.line("class \(number)\(name): \(counted(count, "row"))")
      }
    }

    private func printJSON(_ data: DatasetDescription) throws {
      func columns(_ columns: [DatasetDescription.Column]) -> JSONValue {
        .array(
          columns.map { column in
            [
              "name": .string(column.name), "min": .number(Double(column.minimum)),
              "max": .number(Double(column.maximum)), "mean": .number(column.mean),
              "std": .number(column.standardDeviation), "missing": .integer(column.missing),
              "constant": .bool(column.isConstant),
            ]
          })
      }
      let document: JSONValue = [
        "rows": .integer(data.rows), "sample_shape": .array(data.sampleShape.map { .integer($0) }),
        "features": columns(data.features), "targets": columns(data.targets),
        "class_counts": .array(data.classCounts.map { .integer($0) }),
        "class_names": .array(data.classNames.map { .string($0) }),
      ]
      try StandardOutput.line(document.text)
    }
  }
}
