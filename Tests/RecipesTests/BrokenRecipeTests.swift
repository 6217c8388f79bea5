import Foundation
import Recipes
import Testing

/// A recipe that must be refused, and what the error must say.
struct Broken: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String
  let expected: [String]

  init(_ name: String, _ text: String, _ expected: String...) {
    self.name = name
    self.text = text
    self.expected = expected
  }

  var testDescription: String { name }

  static let all = syntax + keys + values + choices + agreement

  static let syntax = [
    Broken("syntax", "name: [1, 2\nseed: 3", "recipe.yaml:2:", "not valid YAML"),
    Broken("tabs", "name: x\n\tseed: 3", "recipe.yaml:2:1", "not valid YAML"),
    Broken("empty", "", "recipe.yaml:1:1: the recipe is empty"),
    Broken("only comments", "# nothing\n", "the recipe is empty"),
    Broken("no map", "- a\n- b", "recipe.yaml:1:1: expected a recipe (a map of keys), found a list"),
    Broken("a word", "hello", "expected a recipe (a map of keys), found \"hello\""),
    Broken("two documents", "name: a\n---\nname: b", "recipe.yaml:2:1", "another document"),
    Broken("deep", String(repeating: "[", count: 100_000), "nested deeper than 100 levels"),
    Broken(
      "deep for us", "a: " + String(repeating: "[", count: 300) + String(repeating: "]", count: 300), "deeper than"),
    Broken("undefined alias", "name: *x", "recipe.yaml:1:7", "undefined alias"),
    Broken("duplicate key", small(more: "seed: 1\nseed: 2"), "recipe.yaml:12:1: duplicate key `seed`"),
    Broken("key is a list", "[a]: 1", "expected a name as key"),
    Broken("large", "# " + String(repeating: "x", count: 11 << 20), "at most 10 MB"),
    Broken("control character", "name: \u{7}", "recipe.yaml:1:7", "not valid YAML"),
  ]

  static let keys = [
    Broken(
      "nothing decays", small("learning_rate: 0.01", "exclude_from_weight_decay: [bias]"),
      "recipe.yaml:11:37: optimizer.adam.exclude_from_weight_decay: leaves weights out of a decay"),
    Broken(
      "misspelt key", small("optimizer:", "optimzer:"),
      "recipe.yaml:10:1: optimzer: unknown key `optimzer`; did you mean `optimizer`?",
      "recipe.yaml:1:1: missing key `optimizer`"),
    Broken(
      "short name", small("learning_rate: 0.01", "lr: 0.01"),
      "recipe.yaml:11:10: optimizer.adam.lr: unknown key `lr`; did you mean `learning_rate`?"),
    Broken(
      "other spelling", small(more: "training: {batchSize: 3}"), "training.batchSize", "did you mean `batch_size`?"),
    Broken("Keras' spelling", small(more: "  clipvalue: 3"), "did you mean `clip_value`?"),
    Broken("nothing near", small(more: "zebra: 3"), "unknown key `zebra`; expected one of `name`, `description`"),
    Broken(
      "level too deep", small("learning_rate: 0.01", "clip_norm: 1"),
      "unknown key `clip_norm`; it belongs to an optimizer"),
    Broken(
      "level too high", small(more: "  weight_decay: 1"), "unknown key `weight_decay`; it belongs into `sgd`"),
    Broken(
      "label smoothing", small("loss: binary_crossentropy", "loss: {binary_crossentropy: {label_smoothing: 1.1}}"),
      "recipe.yaml:9:47: loss.binary_crossentropy.label_smoothing: expected a number >= 0 and <= 1, found 1.1"),
    Broken(
      "argument of another loss", small("loss: binary_crossentropy", "loss: {binary_crossentropy: {gamma: 2}}"),
      "recipe.yaml:9:30: loss.binary_crossentropy.gamma: unknown key"),
    Broken(
      "level of a quantile", small("loss: binary_crossentropy", "loss: {quantile: {levels: [0.1, 1]}}"),
      "loss.quantile.levels.1: expected a number > 0 and < 1, found 1"),
    Broken("missing units", small("units: 4, ", ""), "model.layers.0.dense: missing key `units`"),
    Broken("missing data", "name: x", "recipe.yaml:1:1: missing key `data`", "missing key `loss`"),
    Broken("unknown layer", small("- dense: {units: 4", "- desne: {units: 4"), "did you mean `dense`?"),
    Broken(
      "unknown activation", small("activation: tanh", "activation: tahn"),
      "recipe.yaml:7:37: model.layers.0.dense.activation: unknown name `tahn` of an activation; did you mean `tanh`?"),
    Broken("unknown loss", small("binary_crossentropy", "binary_crossentrpy"), "did you mean `binary_crossentropy`?"),
    Broken(
      "unknown metric", small(more: "metrics: [acuracy]"),
      "recipe.yaml:12:11: metrics.0: unknown value `acuracy`; did you mean `accuracy`?"),
    Broken(
      "unknown initializer", small("activation: tanh", "kernel_initializer: glorot"),
      "did you mean `glorot_uniform` or `glorot_normal`?"),
  ]

  static let values = [
    Broken(
      "text for a number", small("0.01", "fast"),
      "recipe.yaml:11:25: optimizer.adam.learning_rate: expected a number > 0, found \"fast\""),
    Broken("quoted number", small("0.01", "'0.01'"), "expected a number > 0, found \"0.01\""),
    Broken("negative rate", small("0.01", "-0.01"), "expected a number > 0, found -0.01"),
    Broken("infinite rate", small("0.01", ".inf"), "expected a number > 0, found .inf"),
    Broken("no number", small("0.01", ".nan"), "expected a number > 0, found .nan"),
    Broken("beyond single precision", small("0.01", "1e39"), "expected a number > 0, found 1e39"),
    Broken("list for a rate", small("0.01", "[1]"), "expected a number > 0, found a list"),
    Broken(
      "zero epochs", small(more: "training: {epochs: 0}"),
      "recipe.yaml:12:20: training.epochs: expected an integer >= 1, found 0"),
    Broken("fractional epochs", small(more: "training: {epochs: 1.5}"), "expected an integer >= 1, found 1.5"),
    Broken("huge epochs", small(more: "training: {epochs: 99999999999999999999}"), "expected an integer >= 1"),
    Broken("octal", small(more: "training: {epochs: 010}"), "expected an integer >= 1, found 010"),
    Broken(
      "epochs beyond all", small(more: "training: {epochs: 9007199254740992}"), "expected an integer of at most ",
      ", found 9007199254740992"),
    Broken("negative seed", small(more: "seed: -1"), "expected an integer from 0 to 18446744073709551615, found -1"),
    Broken("zero units", small("units: 4", "units: 0"), "expected an integer from 1 to 16777216, found 0"),
    Broken("no boolean", small(more: "training: {shuffle: maybe}"), "expected true or false, found \"maybe\""),
    Broken("workers", small(more: "training: {workers: all}"), "expected `auto` or an integer from 1 to 1024"),
    Broken("name with a path", small("name: small", "name: ../x"), "name: expected a name for a directory"),
    Broken("number as name", small("name: small", "name: 5"), "numbers in quotes"),
    Broken("map as name", small("name: small", "name: {a: 1}"), "expected a name for a directory", "found a map"),
    Broken("tags no list", small(more: "tags: vanishing"), "expected a list of texts, found \"vanishing\""),
    Broken("no layers", "model: {layers: []}", "model.layers: expected a list of 1 or more, found an empty list"),
    Broken("dropout rate", small("activation: tanh}", "}\n    - dropout: {rate: 1}"), "a number >= 0 and < 1, found 1"),
    Broken("layer name", small("units: 4", "units: 4, name: a/b"), "expected a layer's name (no `/`"),
    Broken(
      "fraction", small("    make", "    make").replacing("model:", with: "  validation: {fraction: 1}\nmodel:"),
      "recipe.yaml:5:26: data.validation.fraction: expected a number > 0 and < 1, found 1"),
    Broken("scalar data", small("make_moons: {samples: 100}", "moons"), "expected a data source: one of", "\"moons\""),
    Broken("clipping 0", small(more: "  clip_value: 0"), "optimizer.clip_value: expected a number > 0, found 0"),
    Broken("epochs of nothing", small(more: "training: {epochs: }"), "expected an integer >= 1, found nothing"),
    Broken("mode", small(more: "health: {on_blowup: explode}"), "unknown value `explode`; expected one of `rollback`"),
  ]

  static let choices = [
    Broken(
      "contradictory clipping", small(more: "  clip_value: 1\n  clip_norm: 2"),
      "recipe.yaml:13:3: optimizer: contradictory: expected at most one of", "found `clip_value` and `clip_norm`"),
    Broken(
      "two sources", small("make_moons: {samples: 100}", "make_moons: {}\n    make_regression: {}"),
      "recipe.yaml:5:5: data.train: expected a data source, exactly one, found `make_moons` and `make_regression`"),
    Broken("no source", small("make_moons: {samples: 100}", "{}"), "data.train: expected a data source: one of"),
    Broken("two optimizers", small(more: "  sgd: {}"), "expected an optimizer, exactly one, found `adam` and `sgd`"),
    Broken("no optimizer", small("adam: {learning_rate: 0.01}", "clip_norm: 1"), "optimizer: expected an optimizer"),
    Broken("two layers in one", small("- dense: {units: 4", "- flatten: {}\n      dense: {units: 4"), "exactly one"),
    Broken("npz", small("make_moons: {samples: 100}", "npz: {features: a}"), "data.train.npz: missing key `path`"),
    Broken("idx", small("make_moons: {samples: 100}", "idx: {features: x}"), "data.train.idx: missing key `targets`"),
    Broken(
      "libsvm", small("make_moons: {samples: 100}", "libsvm: {path: x, zero_based: maybe}"),
      "data.train.libsvm.zero_based: expected `auto` or true or false, found \"maybe\""),
    Broken(
      "orthogonal bias", small("activation: tanh", "bias_initializer: orthogonal"),
      "bias_initializer.orthogonal: needs a matrix"),
    Broken(
      "schedule without arguments", small("0.01", "{cosine_decay: {}}"),
      "learning_rate.cosine_decay: missing key `initial_learning_rate`", "missing key `decay_steps`"),
    Broken(
      "unknown schedule", small("0.01", "{cosine: {decay_steps: 3}}"), "unknown key `cosine`", "`cosine_decay`?"),
    Broken(
      "nothing accumulated", small(more: "training: {accumulate_steps: 0}"),
      "training.accumulate_steps: expected an integer from 1 to 65536, found 0"),
    Broken(
      "an average that does not move", small(more: "training: {average_weights: {ema: 1}}"),
      "training.average_weights.ema: expected a number > 0 and < 1, found 1"),
    Broken(
      "an average of what", small(more: "training: {average_weights: {}}"), "missing key `ema`"),
    Broken(
      "no decay steps", small("0.01", "{polynomial_decay: {initial_learning_rate: 1, decay_steps: 0}}"),
      "expected an integer >= 1, found 0"),
  ]

  static let agreement = [
    Broken(
      "pieces", small("0.01", "{piecewise_constant_decay: {boundaries: [5, 9], values: [1, 2]}}"),
      "expected 3 values for 2 boundaries (one more), found 2"),
    Broken(
      "falling boundaries", small("0.01", "{piecewise_constant_decay: {boundaries: [9, 5], values: [1, 2, 3]}}"),
      "expected rising boundaries"),
    Broken(
      "warmup at once",
      small("0.01", "{polynomial_decay: {initial_learning_rate: 1, decay_steps: 9, warmup_target: 2}}"),
      "warmup_target: needs `warmup_steps`"),
    Broken(
      "a rate of 0 for ever",
      small(
        "0.01", "{exponential_decay: {initial_learning_rate: 0, decay_steps: 9, decay_rate: 0.5, warmup_steps: 3}}"),
      "initial_learning_rate: expected a number > 0, found 0"),
    Broken(
      "warmup to 0", small("0.01", "{constant: {initial_learning_rate: 1, warmup_target: 0, warmup_steps: 3}}"),
      "warmup_target: expected a number > 0, found 0"),
    Broken(
      "plateau without validation", small("0.01", "{reduce_on_plateau: {}}"),
      "recipe.yaml:11:45", "reduce_on_plateau: needs validation data"),
    Broken(
      "stopping without validation", small(more: "training: {early_stopping: {patience: 3}}"),
      "recipe.yaml:12:28: training.early_stopping.monitor: monitors `validation_loss`, but"),
    Broken(
      "best without validation", small(more: "checkpoints: {keep_best: {monitor: validation_loss}}"),
      "no `data.validation`"),
    Broken(
      "unknown figure", small(more: "training: {early_stopping: {monitor: val_loss}}"),
      "unknown figure `val_loss`; did you mean `validation_loss`?"),
    Broken(
      "metric that is not computed", small(more: "training: {early_stopping: {monitor: validation_auc}}"),
      "unknown figure `validation_auc`; add `auc` to `metrics`"),
    Broken(
      "Keras' name of a metric that is not computed", small(more: "training: {early_stopping: {monitor: val_auc}}"),
      "unknown figure `val_auc`; add `auc` to `metrics`, and monitor `validation_auc`"),
    Broken("Keras' short name", small(more: "metrics: [acc]"), "did you mean `accuracy`?"),
    Broken(
      "a name too long for a folder", small("name: small", "name: " + String(repeating: "a", count: 201)),
      "at most 200 bytes"),
    Broken(
      "same name twice", small("units: 4", "units: 4, name: a").replacing("units: 1", with: "units: 1, name: a"),
      "recipe.yaml:8:31: model.layers.1.dense.name: layers 1 and 2 are both called `a`"),
    Broken(
      "name of an unnamed layer", small("units: 4", "units: 4, name: dense"), "both called `dense`"),
    Broken(
      "one class", small("binary_crossentropy", "sparse_categorical_crossentropy"), "one unit a class",
      "binary_crossentropy"),
    Broken("softmax of one", small("sigmoid", "softmax"), "softmax over 1 unit is always 1"),
    Broken(
      "binary under softmax", small("units: 1, activation: sigmoid", "units: 2, activation: softmax"),
      "cannot follow softmax"),
    Broken("linear probabilities", small("activation: sigmoid", "activation: linear"), "`from_logits: true`"),
    Broken(
      "logits of sigmoid", small("loss: binary_crossentropy", "loss: {binary_crossentropy: {from_logits: true}}"),
      "`from_logits` contradicts the last activation, sigmoid"),
    Broken("nesterov", small("adam: {learning_rate: 0.01}", "sgd: {nesterov: true}"), "needs a `momentum` > 0"),
    Broken(
      "bounds", small("activation: tanh", "kernel_initializer: {random_uniform: {minval: 1, maxval: 0}}"),
      "expected minval <= maxval"),
    Broken("metric twice", small(more: "metrics: [mae, mean_absolute_error]"), "is given twice"),
    Broken(
      "metric twice with other arguments",
      small(more: "metrics: [{top_k_categorical_accuracy: {k: 2}}, {top_k_categorical_accuracy: {k: 3}}]"),
      "`top_k_categorical_accuracy` is given twice: its figures go by that name, whatever the arguments"),
    Broken(
      "arguments of a metric that takes none", small(more: "metrics: [{acuracy: {}}]"), "unknown key `acuracy`"),
    Broken(
      "arguments of a metric that takes none, by its short name", small(more: "metrics: [{mae: {delta: 1}}]"),
      "`mean_absolute_error` takes no arguments: write its name alone"),
    Broken(
      "unknown argument of a metric", small(more: "metrics: [{top_k_categorical_accuracy: {n: 1}}]"),
      "unknown key `n`"),
    Broken(
      "top 0", small(more: "metrics: [{top_k_categorical_accuracy: {k: 0}}]"), "expected an integer >= 1, found 0"),
    Broken("unknown metric", small(more: "metrics: [log_los]"), "unknown value `log_los`; did you mean `log_loss`?"),
  ]
}

@Suite struct BrokenRecipeTests {
  @Test(arguments: Broken.all)
  func isRefused(_ broken: Broken) {
    let lines = problems(broken.text)
    #expect(!lines.isEmpty)
    for fragment in broken.expected {
      #expect(lines.contains { $0.contains(fragment) }, "\(fragment) in\n\(lines.joined(separator: "\n"))")
    }
  }

  @Test func theSmallRecipeIsAccepted() {
    #expect(problems(smallRecipe) == [])
  }

  @Test func allErrorsComeAtOnceInFileOrder() {
    let text = """
      name: many
      sed: 3
      data:
        train:
          make_moons: {samples: 0, noise: -1}
      model:
        layers:
          - dense: {units: 1, activation: sigmoid}
          - dropout: {rate: 2}
      loss: mean_square_error
      optimizer:
        sgd: {learning_rate: x}
      training: {early_stopping: {monitor: validation_loss}}
      """
    let lines = problems(text, overrides: ["training.epochs=0"])
    #expect(
      lines.map { $0.prefix { $0 != " " } } == [
        "recipe.yaml:2:1:", "recipe.yaml:5:27:", "recipe.yaml:5:37:", "recipe.yaml:9:23:", "recipe.yaml:10:7:",
        "recipe.yaml:12:24:", "recipe.yaml:13:38:", "--set",
      ], "\(lines.joined(separator: "\n"))")
  }

  @Test func missingFilesNameThePlacesTried() throws {
    let text = small("make_moons: {samples: 100}", "hdf5: {path: nothing/here.h5}")
    try withTemporaryFolder { folder in
      let error = #expect(throws: RecipeError.self) {
        try Recipe.parse(text, file: "recipe.yaml", folder: folder)
      }
      #expect(error?.kind == .missingFile)
      let message = error?.description ?? ""
      #expect(message.hasPrefix("recipe.yaml:4:18: data.train.hdf5.path: no such file `nothing/here.h5`"))
      #expect(message.contains("\(folder)/nothing/here.h5"))
      #expect(message.contains("\(FileManager.default.currentDirectoryPath)/nothing/here.h5"))
      let mixed = #expect(throws: RecipeError.self) {
        try Recipe.parse(text + "\nzebra: 1", file: "recipe.yaml", folder: folder)
      }
      #expect(mixed?.kind == .badRecipe)
      #expect(mixed?.issues.count == 2)
      let directory = #expect(throws: RecipeError.self) {
        try Recipe.parse(small("make_moons: {samples: 100}", "hdf5: {path: .}"), file: "r", folder: folder)
      }
      #expect(directory?.description.contains("expected a file, found the directory") == true)
    }
  }

  @Test func missingRecipe() {
    let error = #expect(throws: RecipeError.self) { try Recipe.load(path: "/nowhere/recipe.yaml") }
    #expect(error?.kind == .missingFile)
    #expect(error?.description == "/nowhere/recipe.yaml: no such recipe")
    let folder = #expect(throws: RecipeError.self) { try Recipe.load(path: "/") }
    #expect(folder?.description.contains("Is a directory") == true)
  }

  @Test func bytesThatAreNoText() throws {
    try withTemporaryFolder { folder in
      try Data([0x6E, 0xFF, 0xFE]).write(to: URL(filePath: folder + "/x.yaml"))
      let error = #expect(throws: RecipeError.self) { try Recipe.load(path: folder + "/x.yaml") }
      #expect(error?.description.contains("UTF-8") == true)
    }
  }

  @Test func aliasBombs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...20 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(problems(text).contains { $0.contains("are aliases nested?") })
  }
}
