import Checkpointing
import Foundation
import GradientHealth
import HDF5Storage
import Recipes
import Testing
import Training

/// Steps that are made of several batches.
@Suite struct AccumulationTests {
  /// 240 rows; a kernel whose gradient is left as factors where shards are whole, masks by row, penalties.
  static let recipe = """
    name: accumulated
    seed: 9
    data: {train: {make_moons: {samples: 240, noise: 0.2, random_state: 4}}}
    model:
      layers:
        - dense: {units: 300, activation: tanh, kernel_initializer: {random_uniform: {minval: -2, maxval: 2}}, activity_regularizer: {l1: 0.001}}
        - dropout: {rate: 0.3}
        - dense: {units: 256, activation: tanh, kernel_regularizer: {l2: 0.001}}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9}, global_clip_norm: 1}
    training: {epochs: 4, batch_size: 12, accumulate_steps: 4, shards: 3, workers: 2}
    history: {every_steps: 1}
    """
  static let whole = ["training.batch_size=48", "training.accumulate_steps=1"]

  /// As one batch of them all: rows, order, masks, penalties, clipping, figures.
  @Test func severalBatchesAreOneLargeOne() throws {
    try withTemporaryFolder { folder in
      let parts = try train(Self.recipe, directory: folder + "/a")
      let whole = try train(Self.recipe, overrides: Self.whole, directory: folder + "/b")
      #expect(parts.summary.stepsPerEpoch == 5 && parts.result.step == 20)
      #expect(parts.steps.map(\.rows) == whole.steps.map(\.rows))
      for (a, b) in zip(parts.steps, whole.steps) {
        #expect(abs(a.loss - b.loss) < 1e-5 * b.loss && abs(a.gradientNorm - b.gradientNorm) < 1e-4 * b.gradientNorm)
      }
      let (a, b) = (try weights(folder + "/a", step: 20), try weights(folder + "/b", step: 20))
      for (name, expected) in b {
        let found = try #require(a[name])
        let error = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(error < 1e-4, "\(name): \(error)")
      }
      // Measured over the step's rows, whatever parts they are computed in.
      let histories = try ["/a", "/b"].map {
        try Checkpoint(verifying: CheckpointStore(directory: folder + $0).path(step: 20)).history()
      }
      let flat = histories.map { $0.column(KernelColumn.saturatedFraction) }
      #expect(flat[0].count == 20 * 3 && flat[0].contains { $0 > 0 })
      for (a, b) in zip(flat[0], flat[1]) where !b.isNaN { #expect(abs(a - b) < 1e-3, "\(a), \(b)") }
    }
  }

  /// Also where the last step has fewer rows than shards have parts.
  @Test(arguments: [(12, 4), (19, 7), (1, 3)]) func workersDoNotMatter(_ batch: Int, _ accumulated: Int) throws {
    try withTemporaryFolder { folder in
      let rows = batch == 19 ? 267 : 240  // 2 x 133 + 1
      let text = Self.recipe.replacing("samples: 240", with: "samples: \(rows)")
        .replacing("- dropout", with: "- batch_normalization\n    - dropout")
      var files: [Data] = []
      for workers in [1, 2, 5] {
        let directory = folder + "/\(workers)"
        let account = try train(
          text,
          overrides: [
            "training={batch_size: \(batch), accumulate_steps: \(accumulated), epochs: 2, shards: 5, workers: \(workers)}"
          ], directory: directory)
        #expect(account.summary.stepsPerEpoch == (rows + batch * accumulated - 1) / (batch * accumulated))
        files.append(try Data(contentsOf: URL(filePath: try #require(account.result.checkpoint))))
      }
      #expect(files[0] == files[1] && files[0] == files[2])
    }
  }

  /// The moving figures are those of all rows of the step; each batch is normalized by its own.
  @Test func movingStatisticsAreOfAllRows() throws {
    try withTemporaryFolder { folder in
      let text = Self.recipe.replacing(
        "- dense: {units: 300", with: "- batch_normalization: {momentum: 0, name: first}\n    - dense: {units: 300")
      for (name, overrides) in [("/a", ["training.shards=2"]), ("/b", Self.whole + ["training.shards=1"])] {
        _ = try train(text, overrides: overrides + ["training.epochs=1"], directory: folder + name)
      }
      let (a, b) = (try weights(folder + "/a", step: 5), try weights(folder + "/b", step: 5))
      for name in ["first/moving_mean", "first/moving_variance"] {
        for (x, y) in zip(try #require(a[name]), try #require(b[name])) { #expect(abs(x - y) < 1e-6, "\(name)") }
      }
    }
  }

  /// Found in the part that it is in, and the step is left out.
  @Test(arguments: [("nan-input@3,shard=1", Culprit.Quantity.input), ("nan-gradient@3,shard=2", .gradient)])
  func culpritsAreFound(_ fault: String, _ quantity: Culprit.Quantity) throws {
    let recipe = try Recipe.parse(
      Self.recipe, file: "recipe.yaml", folder: nil, overrides: ["health.on_blowup=skip", "data.on_bad_row=skip"])
    let trainer = try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil)
    trainer.fault = FaultInjection(fault)
    var culprits: [Culprit?] = []
    var skips = 0
    let result = try trainer.run { event in
      switch event {
      case .blowup(let report): culprits.append(report.culprit)
      case .note("skip", _, _): skips += 1
      default: break
      }
    }
    #expect(result.ending == .finished && skips == 1 && culprits.count == 1)
    let culprit = try #require(culprits.first ?? nil)
    #expect(culprit.quantity == quantity && culprit.shard == (quantity == .input ? 1 : 2))
    #expect(result.step == 19)
  }

  @Test func aStoppedRunGoesOnWithTheSameBits() throws {
    try withTemporaryFolder { folder in
      let whole = try train(Self.recipe, directory: folder + "/whole")
      _ = try train(Self.recipe, directory: folder + "/cut", stopAfter: 7)
      let recipe = try Recipe.parse(Self.recipe, file: "recipe.yaml", folder: nil, overrides: ["training.workers=1"])
      let trainer = try Trainer(
        recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: folder + "/cut"
      ) { recipe.resolved(.checkpoint, shards: $0) }
      _ = try trainer.restore(CheckpointStore(directory: folder + "/cut").newest().checkpoint)
      let result = try trainer.run()
      #expect(
        try Data(contentsOf: URL(filePath: try #require(result.checkpoint)))
          == Data(contentsOf: URL(filePath: try #require(whole.result.checkpoint))))
    }
  }

  /// Refused as another batch size is; allowed, the place in the epoch is that of as many rows.
  @Test func anotherNumberOfBatchesIsAnotherRun() throws {
    try withTemporaryFolder { folder in
      _ = try train(Self.recipe, directory: folder, stopAfter: 8)
      let checkpoint = try CheckpointStore(directory: folder).newest().checkpoint
      #expect(checkpoint.progress.accumulateSteps == 4 && checkpoint.progress.stepInEpoch == 3)
      let recipe = try Recipe.parse(
        Self.recipe, file: "recipe.yaml", folder: nil, overrides: ["training.accumulate_steps=2"])
      func trainer() throws -> Trainer {
        try Trainer(recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil)
      }
      #expect {
        _ = try trainer().restore(checkpoint)
      } throws: { error in
        "\(error)".contains("updates after 4 batches, asked for is after 2; to go on all the same: --allow batch_size")
      }
      let allowed = try trainer()
      #expect(try allowed.restore(checkpoint, allow: [.batchSize]).count == 1)
      #expect(allowed.progress.stepInEpoch == 6 && allowed.progress.accumulateSteps == 2)
    }
  }

  /// Nothing of it in the file of a run that does not ask for it, and no more memory for activations with it.
  @Test func oneBatchIsAsBefore() throws {
    try withTemporaryFolder { folder in
      let plain = Self.recipe.replacing(", accumulate_steps: 4", with: "")
      let account = try train(plain, overrides: ["training.epochs=1"], directory: folder)
      let checkpoint = try Checkpoint(verifying: try #require(account.result.checkpoint))
      #expect(try !checkpoint.file.root.hasAttribute("accumulate_steps"))
      #expect(!checkpoint.recipe.contains("accumulate_steps"))
    }
  }
}
