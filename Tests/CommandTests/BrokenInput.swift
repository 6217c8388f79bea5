import Foundation
import HDF5Storage
import Testing

/// A run that cannot start: what is wrong with it, and what the program has to say.
struct BrokenInput: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// A change to the recipe: this piece of `recipe` becomes that one.
  var replacing = ""
  var with = ""
  var arguments: [String] = []
  /// Changes the files that the sound recipe would have found.
  var prepare: @Sendable (Workplace) throws -> Void = { _ in }
  let code: Int32
  /// Pieces of the message: what, where, expected, found, what to do.
  let says: [String]

  init(
    _ description: String, _ replacing: String = "", _ with: String = "", arguments: [String] = [], code: Int32 = 65,
    says: [String], prepare: @escaping @Sendable (Workplace) throws -> Void = { _ in }
  ) {
    testDescription = description
    self.replacing = replacing
    self.with = with
    self.arguments = arguments
    self.code = code
    self.says = says
    self.prepare = prepare
  }

  /// Sound as it stands.
  static let recipe = """
    name: sound
    data:
      train:
        hdf5: {path: data.h5}
    model:
      layers:
        - dense: {units: 4, activation: tanh}
        - dense: {units: 3, activation: softmax}
    loss: sparse_categorical_crossentropy
    optimizer:
      adam: {learning_rate: 0.01}
    training: {epochs: 1, batch_size: 8, workers: 1, shards: 1}
    """

  static let features = (0..<60).map { Float($0 % 7) / 7 }
  static let labels = (0..<20).map { Int32($0 % 3) }

  /// The sound recipe and its data: 20 rows of 3 features, 3 classes.
  static func writeSound(in place: Workplace) throws {
    try place.write(recipe, to: "recipe.yaml")
    try place.writeData("data.h5", x: features, shape: [20, 3], y: labels)
  }

  private static func data<Target: HDF5Element>(
    x: [Float] = features, shape: [Int] = [20, 3], y: [Target], targetShape: [Int]? = nil
  ) -> @Sendable (Workplace) throws -> Void {
    { place in try place.writeData("data.h5", x: x, shape: shape, y: y, targetShape: targetShape) }
  }

  private static func text(_ text: String, _ name: String) -> @Sendable (Workplace) throws -> Void {
    { place in try place.write(text, to: name) }
  }

  private static let csv = (source: "hdf5: {path: data.h5}", table: "csv: {path: data.csv, targets: [kind]}")
  private static let regression = (
    softmax: "sparse_categorical_crossentropy", mean: "mean_squared_error"
  )

  static let recipes: [BrokenInput] = [
    .init(
      "unknown key", "optimizer:", "optimzer:", says: ["recipe.yaml:10:1", "`optimzer`", "did you mean `optimizer`?"]),
    .init("wrong type", "epochs: 1", "epochs: many", says: ["recipe.yaml:12:", "training.epochs", "expected", "many"]),
    .init(
      "wrong type by --set", arguments: ["--set", "training.epochs=many"], says: ["--set", "training.epochs", "many"]),
    .init(
      "contradictory clipping", "adam: {learning_rate: 0.01}", "adam: {}\n  clip_value: 1\n  clip_norm: 1",
      says: ["clip_value", "clip_norm"]),
    .init("negative learning rate", "0.01", "-0.01", says: ["optimizer.adam.learning_rate", "-0.01", "expected"]),
    .init("unknown activation", "tanh", "tahn", says: ["recipe.yaml:7:", "`tahn`", "did you mean `tanh`?"]),
    .init("batch of no rows", "batch_size: 8", "batch_size: 0", says: ["training.batch_size", "expected", "0"]),
    .init(
      "two sources", "hdf5: {path: data.h5}", "hdf5: {path: data.h5}\n    make_moons: {}",
      says: ["data.train", "hdf5", "make_moons"]),
    .init(
      "two layers of one name", "dense: {units: 4,", "dense: {name: dense, units: 4,",
      says: ["recipe.yaml:8:", "layers 1 and 2", "`dense`", "names must differ"]),
    .init(
      "monitor without validation", "epochs: 1,", "epochs: 1, early_stopping: {monitor: validation_loss},",
      says: ["early_stopping.monitor", "validation_loss", "data.validation"]),
    .init(
      "plateau without validation", "0.01", "{reduce_on_plateau: {initial_learning_rate: 0.1}}",
      says: ["reduce_on_plateau", "data.validation"]),
    .init(
      "everything is validation", "hdf5: {path: data.h5}", "hdf5: {path: data.h5}\n  validation: {fraction: 1.5}",
      says: ["data.validation.fraction", "1.5", "expected"]),
    .init("no YAML", "units: 3", "units: ]3", says: ["recipe.yaml:8:"]),
    .init("an empty recipe", says: ["recipe.yaml", "empty"], prepare: text("", "recipe.yaml")),
    .init("no recipe", code: 66, says: ["recipe.yaml", "no such recipe"]) { place in
      try FileManager.default.removeItem(atPath: place.path("recipe.yaml"))
    },
    .init(
      "all errors at once", "epochs: 1, batch_size: 8", "epochs: x, batch_size: y",
      says: ["training.epochs", "training.batch_size"]),
    .init(
      "logits after softmax", "loss: sparse_categorical_crossentropy",
      "loss: {sparse_categorical_crossentropy: {from_logits: true}}", says: ["from_logits", "softmax"]),
  ]

  static let files: [BrokenInput] = [
    .init(
      "missing data file", "data.h5", "dta.h5", code: 66,
      says: ["recipe.yaml:4:", "no such file `dta.h5`", "looked for"]),
    .init("no HDF5 file", says: ["data.h5", "HDF5"], prepare: text("x,y\n", "data.h5")),
    .init(
      "missing dataset", "path: data.h5", "path: data.h5, features: /data/X", says: ["data.h5", "/data/X"]),
    .init(
      "NaN in HDF5", says: ["data.h5: /data/x", "row 1, column 2", "found nan", "remove the row"],
      prepare: data(x: features.enumerated().map { $0.offset == 5 ? .nan : $0.element }, y: labels)),
    .init(
      "infinite target", regression.softmax, regression.mean, says: ["data.h5: /data/y", "row 4", "inf"],
      prepare: data(y: (0..<20).map { $0 == 4 ? Float.infinity : 1 })),
    .init(
      "NaN in CSV", csv.source, csv.table, says: ["data.csv:3:3", "`b` is missing", "missing: median"],
      prepare: text("a,b,kind\n1,2,0\n1,nan,1\n", "data.csv")),
    .init(
      "a hole in CSV", csv.source, csv.table, says: ["data.csv:3:", "found 1 of 2 rows without one"],
      prepare: text("a,b,kind\n1,2,0\n1,,1\n", "data.csv")),
    .init(
      "text in a column of numbers", csv.source, csv.table + "\n  columns: {a: number}",
      says: ["data.csv:2:", "`a` is no number", "`one`"],
      prepare: text("a,b,kind\none,2,0\n1,3,1\n", "data.csv")),
    .init(
      "a short line in CSV", csv.source, csv.table, says: ["data.csv:3", "expected 3 cells", "found 2"],
      prepare: text("a,b,kind\n1,2,0\n1,3\n", "data.csv")),
    .init(
      "no such column", csv.source, csv.table, says: ["data.csv", "`kind`", "did you mean `kinds`?"],
      prepare: text("a,b,kinds\n1,2,0\n1,3,1\n", "data.csv")),
    .init(
      "a table of no rows", csv.source, csv.table, says: ["data.csv", "no rows"],
      prepare: text("a,b,kind\n", "data.csv")),
    .init("zero rows", says: ["data.h5: /data/x", "no rows"], prepare: data(x: [], shape: [0, 3], y: [Int32]())),
    .init(
      "rows beyond the file", "path: data.h5", "path: data.h5, rows: {from: 10, to: 30}",
      says: ["data.h5", "rows 10..<30", "20"]),
    .init(
      "features and targets differ in rows", says: ["data.h5: /data/y", "expected 20 rows", "found 3"],
      prepare: data(y: [0, 1, 2] as [Int32])),
  ]

  static let fits: [BrokenInput] = [
    .init(
      "labels out of range", says: ["labels out of range", "0...6", "3 outputs", "give the last layer 7 units"],
      prepare: data(y: (0..<20).map { Int32($0 % 7) })),
    .init(
      "several columns of labels",
      says: ["takes one class a sample", "2 target columns", "make outputs of shape [2, 3]"],
      prepare: data(y: (0..<40).map { Int32($0 % 3) }, targetShape: [20, 2])),
    .init(
      "negative label", says: ["data.h5: /data/y", "row 2", "-1"],
      prepare: data(y: (0..<20).map { Int32($0 == 2 ? -1 : $0 % 2) })),
    .init(
      "values for classes",
      says: ["sparse_categorical_crossentropy", "integer class labels", "store them as integers"],
      prepare: data(y: features.prefix(20).map { $0 })),
    .init(
      "probabilities beyond 1", "units: 3, activation: softmax}\nloss: sparse_categorical_crossentropy",
      "units: 1, activation: sigmoid}\nloss: binary_crossentropy",
      says: ["binary_crossentropy", "targets in 0...1", "0.0...2.5"],
      prepare: data(y: (0..<20).map { $0 == 3 ? Float(2.5) : 0 })),
    .init(
      "three classes for one sigmoid", "units: 3, activation: softmax}\nloss: sparse_categorical_crossentropy",
      "units: 1, activation: sigmoid}\nloss: binary_crossentropy",
      says: ["binary_crossentropy", "3 integer classes", "sparse_categorical_crossentropy"]),
    .init(
      "outputs and targets differ", regression.softmax, regression.mean,
      says: ["mean_squared_error", "2 target columns", "3 outputs", "give the last layer 2 units"],
      prepare: data(y: (0..<40).map { Float($0) }, targetShape: [20, 2])),
    .init(
      "validation of another shape", "hdf5: {path: data.h5}",
      "hdf5: {path: data.h5}\n  validation:\n    make_moons: {samples: 10}",
      says: ["validation samples have shape [2]", "[3]"]),
    .init(
      "images without flatten", says: ["[3, 3]", "add a flatten layer"],
      prepare: data(x: features, shape: [20, 3, 1], y: labels)),
    .init(
      "missing initial weights", "model:", "model:\n  initial_weights: w.h5", code: 66,
      says: ["`w.h5`", "no such file"]),
    .init(
      "initial weights of another model", "model:", "model:\n  initial_weights: data.h5",
      says: ["data.h5", "model_weights"]),
  ]
}
