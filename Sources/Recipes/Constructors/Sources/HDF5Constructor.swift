internal import Datasets

extension Constructor<DataSource> {
  static var hdf5: Constructor {
    Constructor(
      "hdf5",
      keys: [
        Grammar.path,
        Key(
          "features", .textOrNamed(.notEmpty), "/data/x",
          "Dataset of the features; several inputs by name: {name: dataset, ...}."),
        Key("targets", .text(.notEmpty), "/data/y", "Dataset of the targets."), Grammar.rows, Grammar.windows,
        Grammar.lengths,
        Key("weights", .text(.notEmpty), .absent, "Dataset of what each row counts for: a number from 0 on."),
      ], summary: "Datasets of an HDF5 file."
    ) {
      var source = HDF5Source(
        path: $0.text("path"), inputs: $0.inputArrays, targets: $0.text("targets"), rows: $0.rowRange)
      source.windows = $0.seriesWindows
      source.lengths = $0.lengthArrays
      source.weights = $0["weights"]?.text
      return DataSource(source)
    }
  }
}
