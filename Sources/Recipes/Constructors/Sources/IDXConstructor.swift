internal import Datasets

extension Constructor<DataSource> {
  static var idx: Constructor {
    Constructor(
      "idx",
      keys: [
        Key("features", .text(.path), .required, "The features' file, in gzip or not."),
        Key("targets", .text(.path), .required, "The targets' file, in gzip or not."), Grammar.rows,
      ], summary: "A pair of IDX files, the format of MNIST."
    ) {
      DataSource(IDXSource(features: $0.text("features"), targets: $0.text("targets"), rows: $0.rowRange))
    }
  }
}
