internal import Datasets

extension Constructor<DataSource> {
  static var npz: Constructor {
    Constructor(
      "npz",
      keys: [
        Grammar.path, Key("features", .text(.notEmpty), "x", "Array of the features."),
        Key("targets", .text(.notEmpty), "'y'", "Array of the targets."), Grammar.rows,
      ], summary: "Arrays of a NumPy archive."
    ) {
      DataSource(
        NPZSource(path: $0.text("path"), features: $0.text("features"), targets: $0.text("targets"), rows: $0.rowRange))
    }
  }
}
