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
        Key("targets", .text(.notEmpty), "/data/y", "Dataset of the targets."), Grammar.rows,
      ], summary: "Datasets of an HDF5 file."
    ) {
      DataSource(
        HDF5Source(
          path: $0.text("path"), inputs: $0.inputArrays, targets: $0.text("targets"), rows: $0.rowRange))
    }
  }
}
