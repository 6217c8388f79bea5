import Datasets
import Foundation
import NeuralNetwork
import Optimizers
import Recipes
import Testing
import Training

@Suite struct ConfigurationTests {
  @Test func everyKeyArrives() throws {
    let recipe = try parse(
      """
      name: full
      description: "Everything: at once"
      tags: [a, b]
      seed: 18446744073709551615
      data:
        train: {make_regression: {samples: 9, features: 4, informative: 2, targets: 3, bias: -1, noise: 0.5, shuffle: no, random_state: 7}}
        validation: {csv: {path: x.csv, targets: [y, 3], header: false, delimiter: ";", rows: {from: 2, to: 9}}}
        scaling: min_max
      model:
        layers:
          - dense:
              units: 3
              activation: {leaky_relu: {negative_slope: 0.5}}
              use_bias: false
              kernel_initializer: {truncated_normal: {mean: 1, stddev: 2}}
              bias_initializer: ones
              kernel_regularizer: {l1: 0.25}
              bias_regularizer: {l2: 0.5}
              activity_regularizer: {l1: 1, l2: 2}
              name: first
          - activation: {function: gelu, name: g}
          - batch_normalization: {momentum: 0.5, epsilon: 1e-2}
          - layer_normalization
          - dropout: {rate: .5}
          - flatten:
          - dense: {units: 3}
        initial_weights: w.h5
      loss: {huber: {delta: 0.5}}
      metrics: [mae, rmse, r2_score]
      optimizer:
        rmsprop:
          learning_rate: {reduce_on_plateau: {factor: 0.5, patience: 2, min_lr: 1e-6, monitor: loss}}
          rho: 0.8
          momentum: 0.7
          centered: true
          weight_decay: 0.1
        global_clip_norm: 2
      training:
        epochs: 5
        batch_size: 8
        shuffle: false
        workers: 2
        shards: 4
        accumulate_steps: 6
        average_weights: {ema: 0.75}
        early_stopping: {monitor: validation_r2_score, patience: 3, min_delta: 0.5, mode: max, restore_best: true}
      checkpoints: {every_steps: 10, every_epochs: null, every_seconds: 1.5, keep_last: 2, keep_best: {count: 4}, keep_every: 100, on_disk_full: wait}
      history: {every_steps: 2, rows: 100, full_gradients_every_steps: 50}
      health: {on_blowup: skip, max_rollbacks: 0}
      """, files: .none)
    let configuration = recipe.configuration
    #expect(configuration.name == "full")
    #expect(configuration.description == "Everything: at once")
    #expect(configuration.tags == ["a", "b"])
    #expect(configuration.seed == UInt64.max)
    #expect(
      configuration.data.train
        == .makeRegression(
          samples: 9, features: 4, informative: 2, targets: 3, bias: -1, noise: 0.5, shuffle: false, randomState: 7))
    #expect(
      configuration.data.validation
        == .source(
          .csv(path: "x.csv", targets: ["y", "3"], header: false, delimiter: ";", rows: RowRange(from: 2, to: 9))))
    #expect(configuration.data.scaling == .minMax)
    #expect(configuration.layers.count == 7)
    let first = try #require(configuration.layers[0].layer as? Dense)
    #expect(first.units == 3)
    #expect(first.activation == .leakyRelu(negativeSlope: 0.5))
    #expect(!first.useBias)
    #expect(first.kernelInitializer == .truncatedNormal(mean: 1, stddev: 2))
    #expect(first.biasInitializer == .ones)
    #expect(first.kernelRegularizer == Regularizer(l1: 0.25))
    #expect(first.biasRegularizer == Regularizer(l2: 0.5))
    #expect(first.activityRegularizer == Regularizer(l1: 1, l2: 2))
    #expect(first.name == "first")
    let activation = try #require(configuration.layers[1].layer as? Activation)
    #expect(activation.function == .gelu)
    #expect(activation.name == "g")
    let normalization = try #require(configuration.layers[2].layer as? BatchNormalization)
    #expect(normalization.momentum == 0.5)
    #expect(normalization.epsilon == 0.01)
    #expect((configuration.layers[3].layer as? LayerNormalization)?.epsilon == 0.001)
    #expect((configuration.layers[4].layer as? Dropout)?.rate == 0.5)
    #expect(configuration.layers[5].layer is Flatten)
    let last = try #require(configuration.layers[6].layer as? Dense)
    #expect(last.activation == .linear)
    #expect(last.useBias)
    #expect(last.kernelInitializer == .glorotUniform)
    #expect(last.biasInitializer == .zeros)
    #expect(last.kernelRegularizer == nil)
    #expect(configuration.initialWeights == "w.h5")
    #expect((configuration.loss as? Huber)?.delta == 0.5)
    #expect(configuration.metrics.map(\.name) == ["mean_absolute_error", "root_mean_squared_error", "r2_score"])
    #expect(configuration.optimizer.name == "rmsprop")
    #expect(
      configuration.optimizer.learningRate
        == .reduceOnPlateau(
          PlateauReduction(initial: 0.001, monitor: "loss", factor: 0.5, patience: 2, minLearningRate: 1e-6)))
    #expect(configuration.optimizer.clipping == .globalNorm(2))
    #expect(configuration.optimizer.transforms.count == 4)
    #expect(configuration.epochs == 5)
    #expect(configuration.batchSize == 8)
    #expect(configuration.accumulateSteps == 6 && configuration.updateRows == 48)
    #expect(configuration.averageWeights == .ema(0.75))
    #expect(!configuration.shuffle)
    #expect(configuration.workers == 2)
    #expect(configuration.shards == 4)
    #expect(
      configuration.earlyStopping
        == EarlyStopping(monitor: "validation_r2_score", patience: 3, minDelta: 0.5, mode: .max, restoreBest: true))
    #expect(configuration.checkpoints.everySteps == 10)
    #expect(configuration.checkpoints.everyEpochs == nil)
    #expect(configuration.checkpoints.everySeconds == 1.5)
    #expect(configuration.checkpoints.keepLast == 2)
    #expect(configuration.checkpoints.keepBest == .init(monitor: "validation_loss", count: 4))
    #expect(configuration.checkpoints.keepEvery == 100)
    #expect(configuration.checkpoints.onDiskFull == .wait)
    #expect(configuration.history.everySteps == 2)
    #expect(configuration.history.rows == 100)
    #expect(configuration.history.fullGradientsEverySteps == 50)
    #expect(configuration.health.onBlowup == .skip)
    #expect(configuration.health.maxRollbacks == 0)
  }

  /// What a recipe leaves out is what a Swift program leaves out.
  @Test func defaultsAreTheConfigurations() throws {
    let made = try parse("name: x\n" + small("name: small\n")).configuration
    let plain = TrainingConfiguration(
      name: "x", data: made.data, layers: made.layers, loss: made.loss, optimizer: made.optimizer)
    #expect(made.description == plain.description)
    #expect(made.tags == plain.tags)
    #expect(made.seed == plain.seed)
    #expect(made.epochs == plain.epochs)
    #expect(made.batchSize == plain.batchSize)
    #expect(made.accumulateSteps == plain.accumulateSteps && made.averageWeights == plain.averageWeights)
    #expect(made.shuffle == plain.shuffle)
    #expect(made.workers == plain.workers)
    #expect(made.shards == plain.shards)
    #expect(made.earlyStopping == plain.earlyStopping)
    #expect(made.checkpoints == plain.checkpoints)
    #expect(made.history == plain.history)
    #expect("\(made.health)" == "\(plain.health)")
    #expect(made.data == DataConfiguration(train: .makeMoons(samples: 100, noise: 0, shuffle: true, randomState: nil)))
    let stopping = try parse(
      small(more: "training: {early_stopping: {}}").replacing("model:", with: "  validation: {fraction: 0.5}\nmodel:"))
    #expect(stopping.configuration.earlyStopping == EarlyStopping())
  }

  @Test(arguments: [
    ("sgd", Optimizer.sgd()), ("rmsprop", .rmsprop()), ("adagrad", .adagrad()), ("adam", .adam()),
    ("adamw", .adamW()), ("nadam", .nadam()), ("lion", .lion()),
  ])
  func optimizersHaveTheirDefaults(_ name: String, _ expected: Optimizer) throws {
    for text in [name, "{\(name): {}}", "{\(name): }"] {
      let optimizer = try parse(small("\n  adam: {learning_rate: 0.01}", " \(text)")).configuration.optimizer
      #expect(optimizer.name == expected.name)
      #expect(optimizer.learningRate == expected.learningRate)
      #expect(optimizer.clipping == expected.clipping)
      #expect("\(optimizer.transforms)" == "\(expected.transforms)")
    }
  }

  @Test(arguments: [
    ("0.5", LearningRateSchedule.constant(0.5)), ("1e-3", .constant(0.001)), ("1.0e-3", .constant(0.001)),
    (".5", .constant(0.5)), ("1.", .constant(1)), ("+2", .constant(2)), ("1_0", .constant(10)),
    (
      "{exponential_decay: {initial_learning_rate: 1, decay_steps: 2, decay_rate: 0.5, staircase: true}}",
      .exponentialDecay(initial: 1, decaySteps: 2, decayRate: 0.5, staircase: true)
    ),
    (
      "{cosine_decay: {initial_learning_rate: 0, decay_steps: 2, alpha: 0.1, warmup_target: 1, warmup_steps: 3}}",
      .warmup(steps: 3, from: 0, to: 1, then: .cosineDecay(initial: 1, decaySteps: 2, alpha: 0.1))
    ),
    (
      "{cosine_decay: {initial_learning_rate: 0.5, decay_steps: 2, warmup_steps: 3}}",
      .warmup(steps: 3, from: 0, to: 0.5, then: .cosineDecay(initial: 0.5, decaySteps: 2))
    ),
    (
      "{cosine_decay: {initial_learning_rate: 0, decay_steps: 2, warmup_target: 1}}",
      .cosineDecay(initial: 1, decaySteps: 2)
    ),
    (
      "{exponential_decay: {initial_learning_rate: 0, decay_steps: 2, decay_rate: 0.5, warmup_target: 1, warmup_steps: 3}}",
      .warmup(steps: 3, from: 0, to: 1, then: .exponentialDecay(initial: 1, decaySteps: 2, decayRate: 0.5))
    ),
    (
      "{piecewise_constant_decay: {boundaries: [5, 9], values: [3, 2, 1], warmup_steps: 7}}",
      .warmup(steps: 7, from: 0, to: 3, then: .piecewiseConstantDecay(boundaries: [5, 9], values: [3, 2, 1]))
    ),
    (
      "{piecewise_constant_decay: {boundaries: [5], values: [3, 2], warmup_steps: 7, warmup_target: 2.5}}",
      .warmup(steps: 7, from: 0, to: 2.5, then: .piecewiseConstantDecay(boundaries: [5], values: [3, 2]))
    ),
    (
      "{polynomial_decay: {initial_learning_rate: 0.25, decay_steps: 2, warmup_target: 1, warmup_steps: 3}}",
      .warmup(steps: 3, from: 0.25, to: 1, then: .polynomialDecay(initial: 1, decaySteps: 2))
    ),
    (
      "{constant: {warmup_steps: 100}}",
      .warmup(steps: 100, from: 0, to: 0.001, then: .constant(0.001))
    ),
    ("{constant: {initial_learning_rate: 2}}", .constant(2)),
    ("{cosine_decay: {initial_learning_rate: 1, decay_steps: 2}}", .cosineDecay(initial: 1, decaySteps: 2)),
    (
      "{piecewise_constant_decay: {boundaries: [5, 9], values: [3, 2, 1]}}",
      .piecewiseConstantDecay(boundaries: [5, 9], values: [3, 2, 1])
    ),
    ("{polynomial_decay: {initial_learning_rate: 1, decay_steps: 2}}", .polynomialDecay(initial: 1, decaySteps: 2)),
  ])
  func schedules(_ text: String, _ expected: LearningRateSchedule) throws {
    #expect(try parse(small("0.01", text)).configuration.optimizer.learningRate == expected)
  }

  @Test func plateauStartsAtTheOptimizersRate() throws {
    let text = small("adam: {learning_rate: 0.01}", "sgd: {learning_rate: {reduce_on_plateau: {}}}")
      .replacing("model:", with: "  validation: {fraction: 0.5}\nmodel:")
    let rate = try parse(text).configuration.optimizer.learningRate
    #expect(rate == .reduceOnPlateau(PlateauReduction(initial: 0.01)))
    let warm = text.replacing("reduce_on_plateau: {}", with: "reduce_on_plateau: {warmup_target: 0.1, warmup_steps: 4}")
    #expect(
      try parse(warm).configuration.optimizer.learningRate
        == .warmup(steps: 4, from: 0.01, to: 0.1, then: .reduceOnPlateau(PlateauReduction(initial: 0.1))))
  }

  @Test func anchorsAndMergeKeys() throws {
    let text = """
      data: {train: {make_moons: &moons {samples: 9, noise: 0.5}}, validation: {make_moons: {<<: *moons, samples: 5}}}
      model: {layers: [{dense: &d {units: 2, activation: tanh}}, {dense: *d}, {dense: {<<: [*d], units: 1, activation: sigmoid}}]}
      loss: binary_crossentropy
      optimizer: {sgd: {}}
      """
    let configuration = try parse(text).configuration
    #expect(
      configuration.data.validation
        == .source(.makeMoons(samples: 5, noise: 0.5, shuffle: true, randomState: nil)))
    #expect(configuration.layers.compactMap { $0.layer.traits.units } == [2, 2, 1])
    #expect(configuration.name == "recipe")
  }

  @Test(arguments: [
    ("recipe.yaml", "recipe"), ("a/b c.yml", "b c"), ("deep/run.v2.yaml", "run.v2"), ("plain", "plain"),
  ])
  func theFileNamesTheRun(_ file: String, _ name: String) throws {
    let recipe = try Recipe.parse(small("name: small\n"), file: file, folder: nil)
    #expect(recipe.configuration.name == name)
  }

  @Test func overrides() throws {
    let recipe = try parse(
      smallRecipe,
      overrides: [
        "name=other", "training.epochs=7", "model.layers.0.dense.units=20", "optimizer={sgd: {learning_rate: 1e-2}}",
        "loss.binary_crossentropy.from_logits=true", "model.layers.1.dense.activation=linear", "metrics=[accuracy]",
        "training.epochs=8",
      ])
    #expect(recipe.configuration.name == "other")
    #expect(recipe.configuration.epochs == 8)
    #expect((recipe.configuration.layers[0].layer as? Dense)?.units == 20)
    #expect(recipe.configuration.optimizer.name == "sgd")
    #expect((recipe.configuration.loss as? BinaryCrossentropy)?.fromLogits == true)
    #expect(recipe.configuration.metrics.count == 1)
    let named = try parse(smallRecipe, overrides: [Recipe.override("name", text: "2024: \"x\"")])
    #expect(named.configuration.name == "2024: \"x\"")
  }

  @Test(arguments: [
    ("optimizer.adam.lr=0.1", "--set optimizer.adam.lr=0.1: optimizer.adam.lr: unknown key `lr`; did you mean"),
    ("optimizer.sgd.momentum=0.1", "exactly one, found `adam` and `sgd`"),
    ("model.layers.7.dense.units=3", "--set model.layers.7.dense.units=3: model.layers: expected an index from 0 to 1"),
    ("model.layers.first=3", "expected an index from 0 to 1 of this list of 2, found `first`"),
    ("training.epochs", "expected key.path=value"), ("training..epochs=3", "found an empty key"),
    ("=3", "found an empty key"), ("training.epochs=[", "not valid YAML"),
    ("training.epochs=-1", "--set training.epochs=-1: training.epochs: expected an integer >= 1, found -1"),
    ("loss.huber.delta=1", "loss: has the value \"binary_crossentropy\", so that `huber` cannot be set in it"),
    ("training.epochs=", "expected an integer >= 1, found nothing"),
  ])
  func brokenOverrides(_ override: String, _ expected: String) {
    let lines = problems(smallRecipe, overrides: [override])
    #expect(lines.contains { $0.contains(expected) && $0.hasPrefix("--set \(override)") }, "\(lines)")
  }

  @Test func dataSources() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: URL(filePath: folder + "/x.h5"))
      try Data().write(to: URL(filePath: folder + "/x.csv"))
      #expect(
        try parseDataSource("x.h5", folder: folder)
          == .hdf5(path: folder + "/x.h5", features: "/data/x", targets: "/data/y", rows: .all))
      #expect(
        try parseDataSource(folder + "/x.csv", folder: nil)
          == .csv(path: folder + "/x.csv", targets: [], header: true, delimiter: ",", rows: .all))
      #expect(
        try parseDataSource("{hdf5: {path: x.h5, targets: /t, rows: {from: 5}}}", folder: folder)
          == .hdf5(path: folder + "/x.h5", features: "/data/x", targets: "/t", rows: RowRange(from: 5)))
      #expect(
        try parseDataSource("make_moons: {samples: 3}", folder: nil)
          == .makeMoons(samples: 3, noise: 0, shuffle: true, randomState: nil))
      let missing = #expect(throws: RecipeError.self) { try parseDataSource("y.h5", folder: folder) }
      #expect(missing?.kind == .missingFile)
      let broken = #expect(throws: RecipeError.self) { try parseDataSource("{moons: {}}", folder: folder) }
      #expect(broken?.description == "--data:1:2: moons: unknown key `moons`; did you mean `make_moons`?")
    }
  }
}
