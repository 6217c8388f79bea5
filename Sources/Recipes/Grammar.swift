/// The recipe's keys: names, types, ranges, defaults. Names and defaults are Keras' and scikit-learn's where they have
/// one.
enum Grammar {
  /// Bounds keep products of extents within 64 bits.
  static let count = 1...Int(Int32.max)
  static let natural = 0...Int(Int32.max)
  static let extent = 1...(1 << 24)
  /// Also exact in JSON.
  static let steps = 1...(1 << 53)

  static let recipe = MapForm(
    what: "a recipe",
    keys: [
      Key("name", .text(.runName), .absent, "The run's name and its directory's; default: the recipe file's name."),
      Key("description", .text(.any), "''", "What the run is for."),
      Key("tags", .list(.text(.notEmpty), atLeast: 0), "[]", "Words to find the run by."),
      Key("seed", .unsigned, "0", "Every random number of the run follows from it."),
      Key("data", .map(data), .required, "What is trained on."),
      Key("model", .map(model), .required, "The network."),
      Key("loss", .map(losses.form), .required, "What training minimizes."),
      Key(
        "metrics", .list(.word(metrics.names, aliases: metrics.aliases), atLeast: 0), "[]",
        "Figures that are computed beside the loss."),
      Key("optimizer", .map(optimizer), .required, "The update rule."),
      Key("training", .map(training), "{}", "How long and in what portions."),
      Key("checkpoints", .map(checkpoints), "{}", "When checkpoints are written and which ones stay."),
      Key("history", .map(history), "{}", "What is recorded of the gradients."),
      Key("health", .map(health), "{}", "What happens at a non-finite loss or gradient."),
      Key("tensorboard", .boolean, "true", "Whether event files for TensorBoard are written during training."),
      Key(
        "paths_as_written", .texts, .absent,
        "In a run's resolved recipe, by key: the paths that the original said, which are what checkpoints hold."),
    ])

  static let data = MapForm(
    what: "the data",
    keys: [
      Key("train", .map(source), .required, "Samples to train on."),
      Key("validation", .map(validation), .absent, "Samples held back, or a source of their own."),
      Key(
        "scaling", .word(["none", "standard", "min_max"]), "none",
        "What is done to features, fitted on the training rows alone."),
      Key("on_bad_row", .word(["refuse", "skip"]), "refuse", "What happens to rows that hold NaN or Inf."),
      Key(
        "buffer_mb", .wordOr("auto", .number(.positive)), "auto",
        "Memory for samples, in millions of bytes; auto: 2000. HDF5 data that need more are read by chunks."),
    ])

  static let source = MapForm(
    what: "a data source", keys: sourceKeys, choices: sourceKeys.map(\.name))

  static let validation = MapForm(
    what: "validation data",
    keys: [Key("fraction", .number(.inside), .absent, "Share of the training rows to hold back, chosen from the seed.")]
      + sourceKeys, choices: ["fraction"] + sourceKeys.map(\.name))

  private static let rows = Key(
    "rows",
    .map(
      MapForm(
        what: "a range of rows",
        keys: [
          Key("from", .integer(0...(1 << 53)), .absent, "First row, from 0."),
          Key("to", .integer(steps), .absent, "The row after the last."),
        ])), .absent, "A half-open range of the file's rows.")

  private static let randomState = Key(
    "random_state", .integer(0...Int(UInt32.max)), .absent, "Seed of the generator; default: the run's seed.")

  private static let sourceKeys: [Key] = [
    Key(
      "make_moons",
      .map(
        MapForm(
          what: "arguments of `make_moons`",
          keys: [
            Key("samples", .integer(count), "100", "Rows."),
            Key("noise", .number(.notNegative), "0", "Standard deviation of the noise."),
            Key("shuffle", .boolean, "true", "Whether rows are shuffled."),
            randomState,
          ], definition: "make_moons")), .absent, "Two interleaved half circles, scikit-learn's make_moons."),
    Key(
      "make_regression",
      .map(
        MapForm(
          what: "arguments of `make_regression`",
          keys: [
            Key("samples", .integer(count), "100", "Rows."),
            Key("features", .integer(extent), "100", "Columns of the features."),
            Key("informative", .integer(extent), "10", "Features that the targets depend on."),
            Key("targets", .integer(extent), "1", "Columns of the targets."),
            Key("bias", .number(.any), "0", "Constant term."),
            Key("noise", .number(.notNegative), "0", "Standard deviation of the noise."),
            Key("shuffle", .boolean, "true", "Whether rows and features are shuffled."),
            randomState,
          ], definition: "make_regression")), .absent,
      "A random linear regression problem, scikit-learn's make_regression."),
    Key(
      "hdf5",
      .map(
        MapForm(
          what: "arguments of `hdf5`",
          keys: [
            Key("path", .text(.notEmpty), .required, "The file; relative to the recipe's folder."),
            Key("features", .text(.notEmpty), "/data/x", "Dataset of the features."),
            Key("targets", .text(.notEmpty), "/data/y", "Dataset of the targets."),
            rows,
          ], definition: "hdf5")), .absent, "Datasets of an HDF5 file."),
    Key(
      "csv",
      .map(
        MapForm(
          what: "arguments of `csv`",
          keys: [
            Key("path", .text(.notEmpty), .required, "The file; relative to the recipe's folder."),
            Key("targets", .list(.text(.column), atLeast: 1), .required, "Columns that are targets."),
            Key("header", .boolean, "true", "Whether the first line names the columns."),
            Key("delimiter", .text(.delimiter), "','", "What separates columns."),
            rows,
          ], definition: "csv")), .absent, "A text file of separated values."),
    Key(
      "npz",
      .map(
        MapForm(
          what: "arguments of `npz`",
          keys: [
            Key("path", .text(.notEmpty), .required, "The file; relative to the recipe's folder."),
            Key("features", .text(.notEmpty), "x", "Array of the features."),
            Key("targets", .text(.notEmpty), "'y'", "Array of the targets."),
            rows,
          ], definition: "npz")), .absent, "Arrays of a NumPy archive."),
    Key(
      "idx",
      .map(
        MapForm(
          what: "arguments of `idx`",
          keys: [
            Key("features", .text(.notEmpty), .required, "The features' file, in gzip or not."),
            Key("targets", .text(.notEmpty), .required, "The targets' file, in gzip or not."),
            rows,
          ], definition: "idx")), .absent, "A pair of IDX files, the format of MNIST."),
    Key(
      "libsvm",
      .map(
        MapForm(
          what: "arguments of `libsvm`",
          keys: [
            Key("path", .text(.notEmpty), .required, "The file; relative to the recipe's folder."),
            Key(
              "features", .wordOr("auto", .integer(extent)), "auto",
              "Columns; auto: up to the largest index of the file."),
            Key(
              "zero_based", .wordOr("auto", .boolean), "auto",
              "Whether indices count from 0; auto: if index 0 occurs."),
            rows,
          ], definition: "libsvm")), .absent, "A text file of sparse rows, the format of LIBSVM and SVMlight."),
  ]
}
