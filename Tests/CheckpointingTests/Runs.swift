import Checkpointing
import Files
import Foundation
import HDF5Storage
import Recipes
import Training

/// A folder that exists while `body` runs.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "checkpointing-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.resolvingSymlinksInPath().path)
}

/// A finished run with a checkpoint after every epoch, 5 steps each.
func withRun(epochs: Int, workers: Int = 1, _ body: (Run) throws -> Void) throws {
  try withTemporaryFolder { folder in
    let run = Run(folder: folder)
    _ = try run.trainer(epochs: epochs, workers: workers).run()
    run.steps = try run.store.steps()
    try body(run)
  }
}

/// A small run with everything that a checkpoint holds.
final class Run {
  let folder: String
  var steps: [Int] = []

  init(folder: String) { self.folder = folder }

  var store: CheckpointStore { CheckpointStore(directory: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func bytes(_ step: Int) throws -> [UInt8] { try FileContents.read(store.path(step: step)) }

  func change(_ step: Int, _ edit: (inout [UInt8]) throws -> Void) throws {
    var bytes = try bytes(step)
    try edit(&bytes)
    try Data(bytes).write(to: URL(filePath: store.path(step: step)))
  }

  func trainer(
    epochs: Int, workers: Int = 1, keepLast: Int = 9, everySteps: Int = 0, everyEpochs: Int = 1, changes: [String] = []
  ) throws -> Trainer {
    let text = """
      name: run
      seed: 5
      data: {train: {make_moons: {samples: 100, noise: 0.2, random_state: 3}}, validation: {fraction: 0.2}, scaling: standard}
      model:
        layers:
          - dense: {units: 8, activation: relu}
          - batch_normalization: {}
          - dropout: {rate: 0.2}
          - dense: {units: 1, activation: sigmoid}
      loss: binary_crossentropy
      metrics: [accuracy]
      optimizer: {adam: {learning_rate: {cosine_decay: {initial_learning_rate: 0.01, decay_steps: 40}}}}
      training:
        batch_size: 16
        shards: 16
        early_stopping: {monitor: validation_loss, patience: 50, restore_best: true}
      """
    let overrides =
      [
        "training.epochs=\(epochs)", "training.workers=\(workers)", "checkpoints.keep_last=\(keepLast)",
        "checkpoints.every_steps=\(everySteps)", "checkpoints.every_epochs=\(everyEpochs)",
      ] + changes
    let recipe = try Recipe.parse(text, file: "recipe.yaml", folder: nil, overrides: overrides)
    return try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: folder
    ) { shards in recipe.resolved(.checkpoint, shards: shards) }
  }

  /// The image with another value in the root's attribute `format_version`, an int64 that is 1.
  static func replacingFormatVersion(in image: [UInt8], with version: UInt8) throws -> [UInt8] {
    let name = Array("format_version\0".utf8)
    var image = image
    for start in image.indices.dropLast(200) where Array(image[start..<start + name.count]) == name {
      // The message's datatype and dataspace stand between name and value.
      for place in start + name.count..<start + 100
      where Array(image[place..<place + 8]) == [1, 0, 0, 0, 0, 0, 0, 0] {
        var changed = image
        changed[place] = version
        let file = try? HDF5File(image: changed, name: "changed")
        if let found: Int64 = try? file?.root.attribute("format_version"), found == Int64(version) {
          image = changed
          return image
        }
      }
    }
    throw CheckpointError(.damaged, "no attribute format_version")
  }
}
