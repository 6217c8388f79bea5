import Checkpointing
import Foundation
import HDF5Storage
import Recipes
import Training

/// A folder that exists while `body` runs.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "training-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.resolvingSymlinksInPath().path)
}

/// What a run told of itself.
struct Account {
  let result: TrainingResult
  let steps: [StepReport]
  let epochs: [EpochReport]
  let blowups: [BlowupReport]
}

/// Trains what the recipe says; checkpoints go into `directory`.
func train(
  _ text: String, overrides: [String] = [], folder: String? = nil, directory: String? = nil
) throws -> Account {
  let recipe = try Recipe.parse(text, file: "recipe.yaml", folder: folder, overrides: overrides)
  let trainer = try Trainer(
    recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: directory
  ) { shards in recipe.resolved(.checkpoint, shards: shards) }
  var (steps, epochs, blowups): ([StepReport], [EpochReport], [BlowupReport]) = ([], [], [])
  let result = try trainer.run { event in
    switch event {
    case .step(let report): steps.append(report)
    case .epoch(let report): epochs.append(report)
    case .blowup(let report): blowups.append(report)
    default: break
    }
  }
  return Account(result: result, steps: steps, epochs: epochs, blowups: blowups)
}
