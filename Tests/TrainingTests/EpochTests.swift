import Checkpointing
import GradientHealth
import Testing
import Training

/// What an epoch is made of: rows, order, figures, and ends in the middle of one.
@Suite struct EpochTests {
  /// 400 rows to train on, 100 held back: 13 steps, the last of 16 rows.
  static let recipe = """
    name: epochs
    seed: 5
    data:
      train:
        make_moons: {samples: 500, noise: 0.2, random_state: 2}
      validation: {fraction: 0.2}
    model:
      layers:
        - dense: {units: 6, activation: tanh, kernel_regularizer: {l2: 0.01}, activity_regularizer: {l1: 0.01}}
        - batch_normalization: {}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer:
      sgd: {learning_rate: 0.1}
    training: {epochs: 3, batch_size: 32, shards: 2, workers: 2}
    """

  /// Steps so small that no weight changes.
  static let still = ["optimizer.sgd.learning_rate=1e-30"]

  @Test func rowsAreHeldBackAndCounted() throws {
    let account = try train(EpochTests.recipe)
    #expect(account.summary.trainRows == 400 && account.summary.validationRows == 100)
    #expect(account.summary.stepsPerEpoch == 13 && account.steps.count == 39 && account.epochs.count == 3)
    #expect(account.steps.map(\.rows) == (0..<3).flatMap { _ in [Int](repeating: 32, count: 12) + [16] })
    #expect(account.steps.map(\.stepInEpoch) == (0..<3).flatMap { _ in 1...13 })
    #expect(account.epochs.map(\.step) == [13, 26, 39])
    #expect(account.result.ending == .finished && account.result.validation == account.epochs.last?.validation)
  }

  /// Keras' fit: the mean of the batches' objectives, weighted by their rows.
  @Test func anEpochsLossIsTheMeanOverItsRows() throws {
    let account = try train(EpochTests.recipe)
    for epoch in account.epochs {
      let steps = account.steps.filter { $0.epoch == epoch.epoch }
      let mean = steps.reduce(0) { $0 + $1.loss * Double($1.rows) } / 400
      #expect(abs(epoch.loss - mean) < 1e-12)
    }
  }

  @Test func orderIsNewEachEpochUnlessAskedOtherwise() throws {
    let ordered = try train(EpochTests.recipe, overrides: EpochTests.still + ["training.shuffle=false"])
    let losses = ordered.steps.map(\.loss)
    #expect(Array(losses[0..<13]) == Array(losses[13..<26]))
    let shuffled = try train(EpochTests.recipe, overrides: EpochTests.still)
    let other = shuffled.steps.map(\.loss)
    #expect(Array(other[0..<13]) != Array(other[13..<26]))
    #expect(try train(EpochTests.recipe, overrides: EpochTests.still).steps.map(\.loss) == other)
    #expect(try train(EpochTests.recipe, overrides: EpochTests.still + ["seed=6"]).steps.map(\.loss) != other)
  }

  /// The validation figure is the objective itself, penalties included: with the training rows as validation rows, one
  /// batch of all of them, weights that stand still and no batch statistics, both are one number.
  @Test func validationLossIncludesPenalties() throws {
    let recipe = EpochTests.recipe.replacing("    - batch_normalization: {}\n", with: "")
      .replacing("{fraction: 0.2}", with: "{make_moons: {samples: 500, noise: 0.2, random_state: 2}}")
    let account = try train(recipe, overrides: EpochTests.still + ["training.batch_size=500"])
    let validation = try #require(account.epochs.first?.validation)
    #expect(abs(validation.loss - account.steps[0].loss) < 1e-6)
    let plain = recipe.replacing(", kernel_regularizer: {l2: 0.01}, activity_regularizer: {l1: 0.01}", with: "")
    let unpenalized = try train(plain, overrides: EpochTests.still + ["training.batch_size=500"])
    #expect(try #require(unpenalized.epochs.first?.validation).loss < validation.loss - 1e-3)
  }

  @Test func aRunMayEndWithinAnEpoch() throws {
    try withTemporaryFolder { folder in
      let account = try train(EpochTests.recipe, directory: folder, stopAfter: 17)
      #expect(account.result.ending == .stopped(signal: 15))
      #expect(account.result.step == 17 && account.steps.count == 17 && account.epochs.count == 1)
      let checkpoint = try Checkpoint(verifying: try #require(account.result.checkpoint))
      #expect(checkpoint.progress.step == 17 && checkpoint.progress.stepInEpoch == 4 && checkpoint.progress.epoch == 1)
      #expect(checkpoint.progress.epochRows == 4 * 32 && checkpoint.isHealthy)
      #expect(try checkpoint.history().places.map(\.step) == (1...17).map { Int64($0) })
      #expect(try checkpoint.validation().count == 1)
      // Stopping changes nothing of what came before.
      #expect(try train(EpochTests.recipe).steps.prefix(17).map(\.loss) == account.steps.map(\.loss))
    }
  }

  @Test func checkpointsComeWithinEpochsToo() throws {
    try withTemporaryFolder { folder in
      let account = try train(
        EpochTests.recipe, overrides: ["checkpoints={every_steps: 10, every_epochs: 0, keep_last: 100}"],
        directory: folder)
      #expect(account.result.ending == .finished)
      let steps = try CheckpointStore(directory: folder).steps()
      #expect(Set(steps).isSuperset(of: [10, 20, 30, 39]), "\(steps)")
      for (step, place) in [(10, (0, 10)), (20, (1, 7)), (30, (2, 4)), (39, (3, 0))] {
        let checkpoint = try Checkpoint(verifying: CheckpointStore(directory: folder).path(step: step))
        #expect((checkpoint.progress.epoch, checkpoint.progress.stepInEpoch) == place)
      }
    }
  }

  @Test func movingStatisticsMoveAndMasksAreOffInValidation() throws {
    try withTemporaryFolder { folder in
      let recipe = EpochTests.recipe.replacing(
        "    - batch_normalization: {}", with: "    - batch_normalization: {momentum: 0.5}\n    - dropout: {rate: 0.5}")
      let first = try train(recipe, overrides: EpochTests.still + ["checkpoints.keep_last=100"], directory: folder)
      let moved = try weights(folder, step: 39)
      #expect(try #require(moved["batch_normalization/moving_mean"]) != [Float](repeating: 0, count: 6))
      #expect(try #require(moved["batch_normalization/moving_variance"]) != [Float](repeating: 1, count: 6))
      #expect(try moved["dense/kernel"] == weights(folder, step: 13)["dense/kernel"])
      let again = try train(recipe, overrides: EpochTests.still)
      #expect(again.epochs == first.epochs)
    }
  }
}
