import Checkpointing
import Foundation
import HDF5Storage
import Recipes
import Testing
import Training

/// The running average of the weights: what it is, who sees it, and that runs with one go on as they were.
@Suite struct WeightAverageTests {
  /// 300 rows to train on: 10 steps an epoch.
  static let recipe = """
    name: averaged
    seed: 3
    data: {train: {make_moons: {samples: 375, noise: 0.2, random_state: 7}}, validation: {fraction: 0.2}}
    model:
      layers:
        - dense: {units: 12, activation: tanh}
        - batch_normalization: {momentum: 0.8}
        - dropout: {rate: 0.1}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.02}}
    training: {epochs: 3, batch_size: 15, accumulate_steps: 2, shards: 3, workers: 2, average_weights: {ema: 0.9}}
    checkpoints: {every_steps: 1, keep_last: 1000}
    """
  static let plain = recipe.replacing(", average_weights: {ema: 0.9}", with: "")

  /// Tensors below a group of a run's checkpoint, by name.
  static func tensors(_ directory: String, step: Int, _ group: String) throws -> [String: [Float]] {
    let root = try Checkpoint(verifying: CheckpointStore(directory: directory).path(step: step)).file.root
    var tensors: [String: [Float]] = [:]
    for layer in try root.group(group).members() {
      for weight in try root.group("\(group)/\(layer.name)").members() {
        tensors["\(layer.name)/\(weight.name)"] = try root.dataset("\(group)/\(layer.name)/\(weight.name)").read()
      }
    }
    return tensors
  }

  private static func trainer(_ overrides: [String] = [], directory: String?, _ text: String = recipe) throws -> Trainer
  {
    let recipe = try Recipe.parse(text, file: "recipe.yaml", folder: nil, overrides: overrides)
    return try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: directory
    ) { recipe.resolved(.checkpoint, shards: $0) }
  }

  private func bytes(_ result: TrainingResult) throws -> Data {
    try Data(contentsOf: URL(filePath: try #require(result.checkpoint)))
  }

  /// Checks every checkpoint with the one before by Keras' formula.
  private func checkFormula(_ directory: String, from first: Int = 0, ema: Double = 0.9) throws {
    let steps = try CheckpointStore(directory: directory).steps().sorted().filter { $0 >= first }
    for (before, step) in zip(steps, steps.dropFirst()) where step == before + 1 {
      let average = try Self.tensors(directory, step: before, "model_weights")
      let raw = try Self.tensors(directory, step: step, "trainer/raw_weights")
      let found = try Self.tensors(directory, step: step, "model_weights")
      for (name, weights) in raw {
        let old = try #require(average[name])
        let momentum = before == 0 ? 0 : ema
        for ((was, weight), now) in zip(zip(old, weights), try #require(found[name])) {
          let expected = momentum * Double(was) + (1 - momentum) * Double(weight)
          let scale = max(1, abs(was), abs(weight))
          #expect(abs(Double(now) - expected) <= 1e-6 * Double(scale), "step \(step), \(name)")
        }
      }
      if step > 2 { #expect(raw["dense/kernel"] != found["dense/kernel"]) }
    }
  }

  /// The weights that are trained are those of a run without; what stands in their place is Keras' average of them.
  @Test func theAverageFollowsTheWeights() throws {
    try withTemporaryFolder { folder in
      let averaged = try train(Self.recipe, directory: folder + "/a")
      let plain = try train(Self.plain, directory: folder + "/b")
      #expect(averaged.steps.map(\.loss) == plain.steps.map(\.loss) && averaged.result.step == 30)
      try checkFormula(folder + "/a")
      for step in [0, 1, 7, 30] {
        let weights = try weights(folder + "/b", step: step)
        for (name, raw) in try Self.tensors(folder + "/a", step: step, "trainer/raw_weights") {
          #expect(raw == weights[name], "step \(step), \(name)")
        }
        // Moving statistics are no weights.
        let found = try Self.tensors(folder + "/a", step: step, "model_weights")
        #expect(found["batch_normalization/moving_mean"] == weights["batch_normalization/moving_mean"])
      }
      let file = try Checkpoint(verifying: CheckpointStore(directory: folder + "/b").path(step: 30))
      #expect(!file.isAveraged && !file.recipe.contains("average_weights"))
    }
  }

  /// Validation, the trainer's model and who reads the file later see the same weights.
  @Test func theAverageIsWhatIsUsed() throws {
    try withTemporaryFolder { folder in
      let trainer = try Self.trainer(directory: folder)
      let result = try trainer.run()
      let validation = try #require(trainer.data.validation)
      let recipe = try Recipe.parse(Self.recipe, file: "recipe.yaml", folder: nil)
      let checkpoint = try Checkpoint(verifying: try #require(result.checkpoint))
      for predictor in [
        try Predictor(trainer.model, workers: 1),
        try Predictor(recipe.configuration, checkpoint: checkpoint, workers: 1),
      ] {
        let figures = try predictor.evaluate(validation, metrics: recipe.configuration.metrics)
        #expect(figures.loss == result.validation?.loss && figures.metrics == result.validation?.metrics)
      }
      let plain = try train(Self.plain)
      #expect(plain.result.validation?.loss != result.validation?.loss)
    }
  }

  @Test(arguments: [1, 2, 5]) func aStoppedRunGoesOnWithTheSameBits(_ workers: Int) throws {
    try withTemporaryFolder { folder in
      let whole = try train(Self.recipe, directory: folder + "/whole")
      let cut = ["training.workers=\(workers)", "checkpoints={every_steps: 1, keep_last: 1000}"]
      _ = try train(Self.recipe, overrides: cut, directory: folder + "/cut", stopAfter: 14)
      let trainer = try Self.trainer(["training.workers=\(6 - workers)"], directory: folder + "/cut")
      #expect(try trainer.restore(CheckpointStore(directory: folder + "/cut").newest().checkpoint).isEmpty)
      #expect(try bytes(trainer.run()) == bytes(whole.result))
    }
  }

  /// The best epoch's average is put back at the end; more epochs go on from the last one's weights and average.
  @Test func theBestAverageIsPutBack() throws {
    try withTemporaryFolder { folder in
      let stopping = "training.early_stopping={monitor: validation_loss, patience: 50, restore_best: true}"
      let rate = "optimizer.adam.learning_rate=0.5"  // so that the last epoch is not the best
      let long = try train(Self.recipe, overrides: [stopping, rate, "training.epochs=9"], directory: folder + "/long")
      let short = try train(Self.recipe, overrides: [stopping, rate, "training.epochs=6"], directory: folder + "/cut")
      let best = try #require(short.result.restoredEpoch)
      #expect(best < 6)
      #expect(
        try weights(folder + "/cut", step: 60)["dense/kernel"]
          == weights(folder + "/cut", step: best * 10)["dense/kernel"])
      let trainer = try Self.trainer([stopping, rate, "training.epochs=9"], directory: folder + "/cut")
      _ = try trainer.restore(CheckpointStore(directory: folder + "/cut").newest().checkpoint)
      #expect(try bytes(trainer.run()) == bytes(long.result))
    }
  }

  /// A rollback restores the average with the weights, and a remedy that draws them anew begins it anew.
  @Test(arguments: ["nan-weight@17", "nan-gradient@5"]) func rollbacksRestoreTheAverage(_ fault: String) throws {
    try withTemporaryFolder { folder in
      // Weights that are far too large are drawn anew.
      let wide = "model.layers.0.dense.kernel_initializer={random_uniform: {minval: -9, maxval: 9}}"
      let trainer = try Self.trainer(
        ["health={ladder: [{redraw: true}, {learning_rate: 0.5}], may: [learning_rate, redraw]}", wide],
        directory: folder)
      trainer.fault = FaultInjection(fault)
      var changes: [String] = []
      let result = try trainer.run { if case .rollback(let report) = $0 { changes.append(report.change) } }
      #expect(result.ending == .finished && !changes.isEmpty)
      #expect(fault == "nan-weight@17" || changes.contains { $0.contains("drawn anew") }, "\(changes)")
      try checkFormula(folder)
    }
  }

  /// Asked for later it begins with the weights as they are; given up, these go on; either is said.
  @Test func averagesMayBeginAndEndLater() throws {
    try withTemporaryFolder { folder in
      _ = try train(Self.plain, directory: folder + "/a", stopAfter: 14)
      let begun = try Self.trainer(directory: folder + "/a")
      let notes = try begun.restore(CheckpointStore(directory: folder + "/a").newest().checkpoint)
      #expect(notes == ["an average of the weights begins here, with the weights as they are"])
      _ = try begun.run()
      try checkFormula(folder + "/a", from: 14)
      _ = try train(Self.plain, directory: folder + "/whole")
      _ = try train(Self.recipe, directory: folder + "/b", stopAfter: 14)
      let ended = try Self.trainer(directory: folder + "/b", Self.plain)
      #expect(
        try ended.restore(CheckpointStore(directory: folder + "/b").newest().checkpoint)
          == ["the average of the weights is given up: the run goes on with the weights themselves"])
      _ = try ended.run()
      #expect(try weights(folder + "/b", step: 30) == weights(folder + "/whole", step: 30))
    }
  }
}
