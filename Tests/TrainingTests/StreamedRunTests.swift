import Checkpointing
import Datasets
import Files
import Foundation
import HDF5Storage
import Recipes
import Testing
import Training

/// Runs over a file that does not fit the buffer.
@Suite struct StreamedRunTests {
  /// 3000 rows of 24 + 4 bytes: 84 kB, in a buffer of 20 kB.
  private static let recipe = """
    name: streamed
    seed: 5
    data:
      train: {hdf5: {path: large.h5}}
      buffer_mb: 0.02
    model:
      layers:
        - dense: {units: 8, activation: tanh}
        - batch_normalization: {}
        - dropout: {rate: 0.1}
        - dense: {units: 3, activation: softmax}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.01}}
    training: {epochs: 2, batch_size: 32, shards: 4, workers: 2}
    checkpoints: {every_steps: 40, keep_last: 100}
    """

  private func withData<R>(bad: [Int] = [], _ body: (String) throws -> R) throws -> R {
    try withTemporaryFolder { folder in
      try HDF5File.publish(at: folder + "/large.h5") { file in
        var x = (0..<3000 * 6).map { (place: Int) -> Float in Float(place * 7919 % 1009) / 500 - 1 }
        for row in bad { x[row * 6 + 1] = .nan }
        try file.root.write(x, shape: [3000, 6], to: "data/x")
        let y = (0..<3000).map { (row: Int) -> Int32 in Int32(row * 31 % 7 % 3) }
        try file.root.write(y, shape: [3000], to: "data/y")
      }
      return try body(folder)
    }
  }

  /// The last checkpoint's bytes, and the run's account.
  private func run(
    _ folder: String, _ name: String, _ overrides: [String] = [], stopAfter: Int? = nil
  ) throws -> (bytes: [UInt8], account: Account) {
    let directory = "\(folder)/\(name)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let account = try train(
      Self.recipe, overrides: overrides, folder: folder, directory: directory, stopAfter: stopAfter)
    return (try FileContents.read(try #require(account.result.checkpoint)), account)
  }

  @Test func anyNumberOfWorkersGivesTheSameBytes() throws {
    try withData { folder in
      let one = try run(folder, "1", ["training.workers=1"])
      #expect(one.account.summary.trainRows == 3000 && one.account.steps.count == 188)
      for workers in [2, 5] {
        #expect(try run(folder, "\(workers)", ["training.workers=\(workers)"]).bytes == one.bytes)
      }
      let other = try run(folder, "other", ["data.buffer_mb=0.04"]).account
      #expect(other.steps != one.account.steps, "other windows, another order")
    }
  }

  @Test func runsGoOnInTheMiddleOfAnEpochBitForBit() throws {
    try withData { folder in
      let overrides = ["data.validation={fraction: 0.1}", "data.scaling=standard"]
      let whole = try run(folder, "whole", overrides)
      for stop in [1, 37, 84, 85, 86, 130] {
        let directory = "\(folder)/stopped-\(stop)"
        _ = try run(folder, "stopped-\(stop)", overrides, stopAfter: stop)
        let recipe = try Recipe.parse(
          Self.recipe, file: "recipe.yaml", folder: folder, overrides: overrides + ["training.workers=\(1 + stop % 3)"])
        let trainer = try Trainer(
          recipe.configuration, data: TrainingData.load(recipe.configuration), directory: directory
        ) { recipe.resolved(.checkpoint, shards: $0) }
        _ = try trainer.restore(CheckpointStore(directory: directory).newest().checkpoint)
        let result = try trainer.run()
        #expect(try FileContents.read(try #require(result.checkpoint)) == whole.bytes, "stopped after step \(stop)")
      }
    }
  }

  /// In file order there is one order: the streamed run must be the run in memory, figure by figure.
  @Test func inFileOrderARunIsTheRunInMemory() throws {
    try withData { folder in
      let validations = ["", "{fraction: 0.2}", "{fraction: 0.02}", "{hdf5: {path: large.h5, rows: {to: 1000}}}"]
      for (number, validation) in validations.enumerated() {
        var overrides = ["training.shuffle=false"]
        if !validation.isEmpty { overrides.append("data.validation=\(validation)") }
        let streamed = try run(folder, "streamed-\(number)", overrides).account
        let whole = try run(folder, "whole-\(number)", overrides + ["data.buffer_mb=auto"]).account
        #expect(streamed.steps == whole.steps && streamed.epochs == whole.epochs, "\(validation)")
        let last = try weights("\(folder)/streamed-\(number)", step: streamed.result.step)
        #expect(try last == weights("\(folder)/whole-\(number)", step: whole.result.step))
      }
    }
  }

  @Test func whatFitsIsShuffledAsAWhole() throws {
    try withData { folder in
      let roomy = try run(folder, "roomy", ["data.buffer_mb=0.0841"]).account
      #expect(try run(folder, "auto", ["data.buffer_mb=auto"]).account.steps == roomy.steps)
      #expect(try run(folder, "tight", ["data.buffer_mb=0.0839"]).account.steps != roomy.steps)
    }
  }

  @Test func badRowsEndARunOrAreLeftOut() throws {
    try withData(bad: [5, 1234, 2999]) { folder in
      #expect(throws: (any Error).self) { try run(folder, "refused") }
      let skipped = try run(folder, "skipped", ["data.on_bad_row=skip", "training.shuffle=false"]).account
      #expect(skipped.summary.trainRows == 2997)
      let whole = try run(
        folder, "whole", ["data.on_bad_row=skip", "training.shuffle=false", "data.buffer_mb=auto"]
      ).account
      #expect(skipped.steps == whole.steps)
    }
  }

  @Test func aRollbackReadsAgain() throws {
    try withData { folder in
      let directory = "\(folder)/rolled"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let recipe = try Recipe.parse(Self.recipe, file: "recipe.yaml", folder: folder)
      let trainer = try Trainer(
        recipe.configuration, data: TrainingData.load(recipe.configuration), directory: directory
      ) { recipe.resolved(.checkpoint, shards: $0) }
      trainer.fault = FaultInjection("nan-gradient@61")
      let result = try trainer.run()
      #expect(result.ending == .finished && trainer.progress.attempt == 1 && result.step == 188)
    }
  }

  @Test func evaluationReadsByChunksToo() throws {
    try withData { folder in
      let account = try run(folder, "run", ["data.validation={fraction: 0.2}"]).account
      let recipe = try Recipe.parse(Self.recipe, file: "recipe.yaml", folder: folder)
      let checkpoint = try Checkpoint(verifying: try #require(account.result.checkpoint))
      var figures: [[Double]] = []
      var predictions: [[Float]] = []
      for (buffer, workers) in [(1_000_000, 1), (20_000, 1), (20_000, 3), (3_000, 2)] {
        let source = try recipe.configuration.data.train.open(seed: 0, buffer: buffer)
        let predictor = try Predictor(recipe.configuration, checkpoint: checkpoint, workers: workers)
        let found = try predictor.evaluate(source, metrics: recipe.configuration.metrics)
        figures.append([found.loss] + found.metrics)
        predictions.append(try predictor.predict(source))
      }
      #expect(Set(figures).count == 1 && Set(predictions).count == 1)
    }
  }
}
