import Checkpointing
import Files
import Recipes
import Testing
import Training

/// `model.initialization: lsuv` from recipe to weights.
struct InitializationTests {
  private func recipe(_ hidden: Int, lsuv: Bool, samples: Int = 400, more: String = "")
    -> String
  {
    let layers = Array(repeating: "    - dense: {units: 20, activation: relu}", count: hidden)
    return """
      name: start
      seed: 3
      data: {train: {make_moons: {samples: \(samples), noise: 0.1, random_state: 3}}}
      model:
      \(lsuv ? "  initialization: lsuv" : "  # as drawn")
        layers:
      \(layers.joined(separator: "\n"))
          - dense: {units: 1, activation: sigmoid}
      loss: binary_crossentropy
      optimizer: {sgd: {learning_rate: 0.01}}
      training: {epochs: 20, batch_size: 50, workers: 1, shards: 1}
      \(more)
      """
  }

  @Test func thirtyLayersTrainWithItAndNotWithout() throws {
    let drawn = try train(recipe(30, lsuv: false, samples: 1000))
    let scaled = try train(recipe(30, lsuv: true, samples: 1000))
    let (before, after) = (drawn.epochs.last?.loss ?? .nan, scaled.epochs.last?.loss ?? .nan)
    #expect(before > 0.69 && after < 0.3, "\(before) without, \(after) with")
  }

  @Test func theSameBitsOnAnyNumberOfWorkersAndShards() throws {
    try withTemporaryFolder { folder in
      var all: [[String: [Float]]] = []
      for (number, overrides) in [
        [], ["training.workers=3"], ["training.workers=3", "training.shards=3"],
      ].enumerated() {
        let directory = "\(folder)/\(number)"
        _ = try train(
          recipe(4, lsuv: true), overrides: overrides + ["training.epochs=1"], directory: try made(directory))
        all.append(try weights(directory, step: 0))
      }
      #expect(all[0] == all[1] && all[0] == all[2] && all[0].count == 10)
      let drawn = try made("\(folder)/drawn")
      _ = try train(recipe(4, lsuv: false), overrides: ["training.epochs=1"], directory: drawn)
      let other = try weights(drawn, step: 0)
      #expect(other["dense/kernel"] != all[0]["dense/kernel"] && other["dense/bias"] == all[0]["dense/bias"])
    }
  }

  private func made(_ folder: String) throws -> String {
    try FileContents.makeFolders(folder)
    return folder
  }

  @Test func aResumedRunKeepsItsWeights() throws {
    try withTemporaryFolder { folder in
      let (whole, parts) = (try made("\(folder)/whole"), try made("\(folder)/parts"))
      let text = recipe(3, lsuv: true, more: "checkpoints: {every_steps: 5}")
      _ = try train(text, overrides: ["training.epochs=2"], directory: whole)
      _ = try train(text, overrides: ["training.epochs=2"], directory: parts, stopAfter: 11)
      let resumed = try Recipe.parse(text, file: "r.yaml", folder: nil, overrides: ["training.epochs=2"])
      let trainer = try Trainer(
        resumed.configuration, data: try TrainingData.load(resumed.configuration), directory: parts)
      let store = CheckpointStore(directory: parts)
      _ = try trainer.restore(try Checkpoint(verifying: store.path(step: 11)))
      _ = try trainer.run()
      #expect(try weights(parts, step: 16) == (try weights(whole, step: 16)))
    }
  }

  @Test func itIsNotedOrRefused() throws {
    let recipe = try Recipe.parse(recipe(3, lsuv: true), file: "r.yaml", folder: nil)
    var configuration = recipe.configuration
    let data = try TrainingData.load(configuration)
    let notes = try Trainer(configuration, data: data, directory: nil).notes
    #expect(notes.count == 1 && notes[0].hasPrefix("lsuv: the sums of 4 layers have variance 1 over the first 50 rows"))
    configuration.initialWeights = "w.h5"
    #expect(throws: TrainingError.self) { try Trainer(configuration, data: data, directory: nil) }
    #expect {
      try Recipe.parse(
        self.recipe(3, lsuv: true).replacing("  layers", with: "  initial_weights: w.h5\n  layers"), file: "r.yaml",
        folder: nil, files: .none)
    } throws: {
      "\($0)".contains("expected at most one of `initial_weights`, `initialization`")
    }
    // A recipe without the key says nothing of it.
    let plain = try Recipe.parse(self.recipe(3, lsuv: false), file: "r.yaml", folder: nil)
    #expect(!plain.resolved(.checkpoint).contains("initialization"))
    let again = try Recipe.parse(recipe.resolved(.checkpoint), file: "r.yaml", folder: nil)
    #expect(again.resolved(.checkpoint) == recipe.resolved(.checkpoint) && again.configuration.initialization == .lsuv)
  }
}
