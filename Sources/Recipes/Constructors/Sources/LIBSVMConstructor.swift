internal import Datasets

extension Constructor<DataSource> {
  static var libsvm: Constructor {
    Constructor(
      "libsvm",
      keys: [
        Grammar.path,
        Key(
          "features", .wordOr("auto", .integer(Grammar.extent)), "auto",
          "Columns; auto: up to the largest index of the file."),
        Key("zero_based", .wordOr("auto", .boolean), "auto", "Whether indices count from 0; auto: if index 0 occurs."),
        Grammar.rows,
      ], summary: "A text file of sparse rows, the format of LIBSVM and SVMlight."
    ) {
      DataSource(
        LIBSVMSource(
          path: $0.text("path"), features: $0["features"]?.integer, zeroBased: $0["zero_based"]?.boolean,
          rows: $0.rowRange))
    }
  }
}
