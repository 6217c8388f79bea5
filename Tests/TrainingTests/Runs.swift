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
  let summary: RunSummary
  let result: TrainingResult
  let steps: [StepReport]
  let epochs: [EpochReport]
  let blowups: [BlowupReport]
}

/// Trains what the recipe says; checkpoints go into `directory`. A SIGTERM comes after step `stopAfter`.
func train(
  _ text: String, overrides: [String] = [], folder: String? = nil, directory: String? = nil, stopAfter: Int? = nil
) throws -> Account {
  let recipe = try Recipe.parse(text, file: "recipe.yaml", folder: folder, overrides: overrides)
  if let directory { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }
  let trainer = try Trainer(
    recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: directory
  ) { shards in recipe.resolved(.checkpoint, shards: shards) }
  var (steps, epochs, blowups): ([StepReport], [EpochReport], [BlowupReport]) = ([], [], [])
  let stop = StopRequest()
  let result = try trainer.run(stop: stop) { event in
    switch event {
    case .step(let report):
      steps.append(report)
      if report.step == stopAfter { stop.stop(signal: 15) }
    case .epoch(let report): epochs.append(report)
    case .blowup(let report): blowups.append(report)
    default: break
    }
  }
  return Account(summary: trainer.summary, result: result, steps: steps, epochs: epochs, blowups: blowups)
}

/// The weights of a run's checkpoint at a step, by name.
func weights(_ directory: String, step: Int) throws -> [String: [Float]] {
  let root = try Checkpoint(verifying: CheckpointStore(directory: directory).path(step: step)).file.root
  var weights: [String: [Float]] = [:]
  for layer in try root.group("model_weights").members() {
    for weight in try root.group("model_weights/\(layer.name)").members() {
      weights["\(layer.name)/\(weight.name)"] = try root.dataset("model_weights/\(layer.name)/\(weight.name)").read()
    }
  }
  return weights
}
