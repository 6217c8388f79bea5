import Checkpointing
import Foundation
import Recipes
import Testing
import Training

/// What becomes of a step's update, and what is said of it.
@Suite struct RecoveryTests {
  /// The rate jumps after 150 steps: step 151 throws the weights far, step 152 has a gradient that is finite and a spike,
  /// and an update that leaves no weight usable.
  private static let recipe = """
    name: jump
    seed: 3
    data: {train: {make_regression: {samples: 640, features: 5, informative: 3, noise: 0.1, random_state: 3}}}
    model: {layers: [{dense: {units: 8, activation: relu}}, {dense: {units: 8, activation: relu}}, {dense: {units: 1}}]}
    loss: mean_squared_error
    optimizer: {sgd: {learning_rate: {piecewise_constant_decay: {boundaries: [150], values: [1.0e-5, 1000]}}}}
    training: {epochs: 10, batch_size: 32, workers: 1, shards: 1}
    """

  private struct Story {
    var kinds: [String] = []
    var notes: [String] = []
    var blowups: [BlowupReport] = []
    var result: TrainingResult?
  }

  private func train(_ overrides: [String], directory: String?) throws -> Story {
    let recipe = try Recipe.parse(Self.recipe, file: "recipe.yaml", folder: nil, overrides: overrides)
    let trainer = try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: directory)
    var story = Story()
    story.result = try trainer.run { event in
      switch event {
      case .note(let kind, _, let message):
        story.kinds.append(kind)
        story.notes.append(message)
      case .blowup(let report):
        story.kinds.append("blowup")
        story.blowups.append(report)
      default: break
      }
    }
    return story
  }

  @Test(arguments: ["rollback", "halt", "skip"]) func aSpikeThatSpoiltTheWeightsIsABlowUp(_ onBlowup: String) throws {
    try withTemporaryFolder { folder in
      let story = try train(["health.on_blowup=\(onBlowup)"], directory: folder)
      let said = Comment(rawValue: "\(story.notes)")
      let first = try #require(story.kinds.firstIndex(of: "blowup"), said)
      #expect(story.kinds[..<first].contains("spike"), said)
      #expect(!story.kinds[..<first].contains("skip"), "the update has been applied")
      #expect(story.kinds[first + 1] == (onBlowup == "rollback" ? "rollback" : "halted"), said)
      #expect(FileManager.default.fileExists(atPath: try #require(story.blowups.first?.path)))
      if onBlowup == "rollback" {
        #expect(story.notes.contains { $0.contains("went back from step \(story.blowups[0].step) ") }, said)
      } else {
        #expect(story.result?.ending == .diverged)
      }
      let (newest, _) = try CheckpointStore(directory: folder).newest()
      #expect(newest.isHealthy)
    }
  }

  /// Withheld: the weights are as they were, and after so many the run ends and says why.
  @Test func spikesAreLeftOutUntilTheBudgetIsSpent() throws {
    // Every later batch is a spike too, as the rate of step 151 has been at work.
    let story = try train(["health.on_spike=skip", "health.max_skips=2"], directory: nil)
    #expect(story.kinds == ["spike", "skip", "spike", "skip", "spike", "halted"], "\(story.notes)")
    #expect(story.notes.last?.contains("2 updates have been left out in a row") == true)
    #expect(story.result?.ending == .diverged && story.blowups.isEmpty)
  }

  @Test func aRunWhoseRollbacksAreSpentSaysSo() throws {
    try withTemporaryFolder { folder in
      let story = try train(["health.on_spike=rollback", "health.max_rollbacks=1"], directory: folder)
      #expect(story.kinds == ["spike", "rollback", "spike", "halted"], "\(story.notes)")
      #expect(story.notes.last?.contains("max_rollbacks") == true)
    }
  }
}
