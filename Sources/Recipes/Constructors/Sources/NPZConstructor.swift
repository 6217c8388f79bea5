internal import Datasets

extension Constructor<DataSource> {
  static var npz: Constructor {
    Constructor(
      "npz",
      keys: [
        Grammar.path,
        Key(
          "features", .textOrNamed(.notEmpty), "x", "Array of the features; several inputs by name: {name: array, ...}."
        ),
        Key("targets", .text(.notEmpty), "'y'", "Array of the targets."), Grammar.rows, Grammar.windows,
        Grammar.lengths,
        Key("weights", .text(.notEmpty), .absent, "Array of what each row counts for: a number from 0 on."),
      ], summary: "Arrays of a NumPy archive."
    ) {
      var source = NPZSource(
        path: $0.text("path"), inputs: $0.inputArrays, targets: $0.text("targets"), rows: $0.rowRange)
      source.windows = $0.seriesWindows
      source.lengths = $0.lengthArrays
      source.weights = $0["weights"]?.text
      return DataSource(source)
    }
  }
}
