internal import Datasets
internal import Training

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
        "metrics", .list(metric, atLeast: 0), "[]",
        "Figures that are computed beside the loss."),
      Key("optimizer", .map(optimizer), .required, "The update rule."),
      Key("training", .map(training), "{}", "How long and in what portions."),
      Key("checkpoints", .map(checkpoints), "{}", "When checkpoints are written and which ones stay."),
      Key("history", .map(history), "{}", "What is recorded of the gradients."),
      Key("health", .map(health), "{}", "What happens at a non-finite loss or gradient."),
      Key(
        "kernels", .word(["exact"]), .absent,
        "exact: convolutions by direct sums, also where minimal filtering (Winograd) is faster. Default: by their shapes."
      ),
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
        "columns", .named(.map(columns.form)), .absent,
        "What columns of a csv are, by name, or by number from 1; default: number where all cells are, else category or class."
      ),
      Key(
        "scaling", .word(of: ScalingMethod.self), "none",
        "What is done to features, fitted on the training rows alone."),
      Key(
        "on_bad_row", .word(of: DataConfiguration.OnBadRow.self), "refuse", "What happens to rows that hold NaN or Inf."
      ),
      Key(
        "skip_rows", .list(.integer(natural), atLeast: 1), .absent,
        "Rows of `train` that are left out, by number from 0, as messages name them."),
      Key(
        "class_weights", .wordOr("balanced", .numbers(.notNegative)), .absent,
        "What rows of each class count for in training: {class: number, ...}, others 1; balanced: every class for as much."
      ),
      Key(
        "loss_divisor", .word(of: LossDivisor.self), .absent,
        "What the weighted loss of a batch is divided by: weights, their sum (default); rows, their number, as Keras does."
      ),
      Key(
        "buffer_mb", .wordOr("auto", .number(.positive)), "auto",
        "Memory for samples, in millions of bytes; auto: 2000. HDF5 data that need more are read by chunks."),
    ])

  static let source = MapForm(
    what: "a data source", keys: sources.keys, choices: sources.names)

  static let validation = MapForm(
    what: "validation data",
    keys: [
      Key(
        "fraction", .number(.inside), .absent,
        "Share of the training rows to hold back, chosen from the seed; of texts and series the last part."),
      Key(
        "fold", .integer(count), .absent,
        "The fold to hold back, from 1, of those that the training rows are dealt into from the seed; stratified for classes."
      ),
      Key("of", .integer(2...Int(Int32.max)), .absent, "With `fold`: how many folds there are."),
      Key(
        "stratify", .boolean, .absent, "With `fraction` or `fold`: as many rows of each class, in proportion."),
      Key(
        "group", .text(.column), .absent,
        "With `fraction` or `fold`: the column (dataset, array) whose equal values stay on one side; no feature."),
    ]
      + sources.keys, choices: ["fraction", "fold"] + sources.names)
}
