internal import Datasets

extension Constructor<DataSource> {
  static var csv: Constructor {
    Constructor(
      "csv",
      keys: [
        Grammar.path, Key("targets", .list(.text(.column), atLeast: 1), .required, "Columns that are targets."),
        Key("header", .boolean, "true", "Whether the first line names the columns."),
        Key("delimiter", .text(.delimiter), "','", "What separates columns."),
        Key("decimal", .word([".", ","]), .absent, "What stands before a number's decimals; default: a point."),
        Key(
          "features", .list(.text(.column), atLeast: 1), .absent,
          "Columns that are features; default: all that are no targets, with `windows` all but that of `by`."),
        Key(
          "missing_values", .list(.text(.cell), atLeast: 0), .absent,
          "Cells that mean that nothing is known; default: empty, NA, N/A, NaN, nan, null, None, ?."),
        Key("weights", .text(.column), .absent, "Column of what each row counts for: a number from 0 on."),
        Grammar.rows, Grammar.windows,
      ], summary: "A text file of separated values."
    ) {
      .csv(
        path: $0.text("path"), targets: $0.list("targets").compactMap(\.text), header: $0.boolean("header"),
        delimiter: $0.text("delimiter"), rows: $0.rowRange,
        features: $0["features"]?.list?.compactMap(\.text) ?? [], windows: $0.seriesWindows,
        weights: $0["weights"]?.text, decimal: $0["decimal"]?.text ?? ".",
        missingValues: $0["missing_values"]?.list?.compactMap(\.text))
    }
  }
}
