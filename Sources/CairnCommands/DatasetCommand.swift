internal import ArgumentParser
internal import Datasets
internal import GradientHealth
internal import HDF5Storage
internal import JSON
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
    subcommands: [MakeMoons.self, MakeRegression.self, MakeAdding.self, Convert.self, Describe.self])

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

    @OptionGroup var overwriting: OverwriteOptions

    func run() throws {
      try OutputFile(path: output, .hdf5).check(isForced: overwriting.force)
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

    @OptionGroup var overwriting: OverwriteOptions

    func run() throws {
      try OutputFile(path: output, .hdf5).check(isForced: overwriting.force)
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

        Of a CSV file the block `columns:` follows that a recipe would get from `cairn recipe new`; its delimiter, decimal
        comma and header are found out.

        Example:
          cairn dataset describe Datasets/digits.h5
          cairn dataset describe '{npz: {path: mnist.npz, features: x_train, targets: y_train}}' --json
        """)

    @Argument(help: ArgumentHelp("A data file, or a source as in a recipe.", valueName: "file|yaml"))
    var data: String
    @Flag(help: "Prints one JSON document.")
    var json = false

    func run() throws {
      let isPath = DataSource.Format(path: data) != nil
      var data = try parseDataSource(data, folder: nil)
      try UntrustedFiles([data]).screen()
      let table = try TableDescription(of: data, isPath: isPath)
      if let table {
        data = table.source
        if table.hasTexts { return try json ? table.printJSON() : table.printText() }
      }
      let source = try data.open(seed: 0, options: ReadOptions(nonFinite: .keep, origins: .fitted))
      for warning in source.warnings { printError("warning: \(warning)") }
      let description = try DatasetDescription(of: source)
      try json ? printJSON(description, table) : printText(description)
      if !json { try table?.printColumns() }
    }

    /// Lines of columns, and of classes.
    private static let most = 20

    private func printText(_ data: DatasetDescription) throws {
      try StandardOutput.line(
        "\(counted(data.rows, "row")) of shape [\(data.sampleShape.map(String.init).joined(separator: ", "))]")
      var table = [["column", "min", "max", "mean", "deviation", "missing", ""]]
      for (kind, columns) in [("x", data.features), ("y", data.targets)] {
        for (number, column) in columns.prefix(Describe.most).enumerated() {
          table.append([
            column.name.isEmpty ? "\(kind)[\(number)]" : column.name, digits(column.minimum, column),
            digits(column.maximum, column), digits(column.mean, column), short(column.standardDeviation),
            String(column.missing),
            column.isConstant ? "constant" : "",
          ])
        }
        if columns.count > Describe.most {
          let constant = columns.dropFirst(Describe.most).count { $0.isConstant }
          table.append([
            "... \(columns.count - Describe.most) more", "", "", "", "",
            String(columns.dropFirst(Describe.most).reduce(0) { $0 + $1.missing }),
            constant == 0 ? "" : "\(constant) constant",
          ])
        }
      }
      try StandardOutput.line(TextTable.render(table))
      try printClasses(data)
    }

    /// With more digits where values differ little for their size.
    private func digits(_ value: Double, _ column: DatasetDescription.Column) -> String {
      let size = max(abs(column.minimum), abs(column.maximum))
      let isClose = column.standardDeviation > 0 && size > 1000 * column.standardDeviation
      return isClose ? short(value, digits: 12) : short(value)
    }

    private func printClasses(_ data: DatasetDescription) throws {
      let shown = data.classCounts.indices.filter { data.classCounts[$0] > 0 || !data.classNames.isEmpty }
      for number in shown.prefix(Describe.most) {
        let name = data.classNames.isEmpty ? "" : " (\(data.classNames[number].printable()))"
        try StandardOutput.line("class \(number)\(name): \(counted(data.classCounts[number], "row"))")
      }
      if shown.count > Describe.most {
        try StandardOutput.line("... \(counted(shown.count - Describe.most, "more class")): --json lists them")
      }
      let empty = data.classCounts.count - shown.count
      if empty > 0 {
        try StandardOutput.line(
          "\(empty) of the numbers below \(data.classCounts.count) are no row's: under a loss for values the targets are values"
        )
      }
      for group in data.lookAlikes.prefix(Describe.most) {
        let names = group.map { "\($0) (\(data.classNames[$0].printable()))" }.joined(separator: ", ")
        try StandardOutput.line(
          "classes \(names) look alike and differ in their bytes: spelling in Unicode, case, or blanks")
      }
    }

    private func printJSON(_ data: DatasetDescription, _ table: TableDescription?) throws {
      func columns(_ columns: [DatasetDescription.Column]) -> JSONValue {
        .array(
          columns.map { column in
            [
              "name": .string(column.name), "min": .number(column.minimum), "max": .number(column.maximum),
              "mean": .number(column.mean),
              "std": .number(column.standardDeviation), "missing": .integer(column.missing),
              "constant": .bool(column.isConstant),
            ]
          })
      }
      let listsAll = !data.classNames.isEmpty || data.classCounts.count <= 1000 + data.rows
      let document: JSONValue = [
        "rows": .integer(data.rows), "sample_shape": .array(data.sampleShape.map { .integer($0) }),
        "features": columns(data.features), "targets": columns(data.targets),
        // Prices that are whole numbers are no 400,000 classes.
        "class_counts": .array(listsAll ? data.classCounts.map { .integer($0) } : []),
        "class_rows": .object(
          data.classCounts.indices.filter { data.classCounts[$0] > 0 }.map {
            JSONValue.Member(key: String($0), value: .integer(data.classCounts[$0]))
          }),
        "class_names": .array(data.classNames.map { .string($0) }),
      ]
      try StandardOutput.line(table.map { document.adding("columns", $0.columns) }?.text ?? document.text)
    }
  }
}
