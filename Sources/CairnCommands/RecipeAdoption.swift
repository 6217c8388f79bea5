internal import Checkpointing
internal import Files
internal import Glibc
internal import Recipes
internal import Training

/// Puts a changed recipe into a run's folder with the first step that is taken under it, and not before: what trains
/// nothing changes nothing.
///
/// Where the recipe changes what a run is made of, the checkpoint of the same step is written again with it before that
/// step. A process killed in between leaves the new recipe in a file beside the old one, and `settle` sees which of both
/// the checkpoint was written under.
final class RecipeAdoption {
  private let directory: RunDirectory
  private let text: [UInt8]
  private var isPending: Bool
  private var hasTried = false

  /// - Throws: `FileError`.
  init(_ recipe: Recipe, shards: Int, in directory: RunDirectory) throws {
    self.directory = directory
    text = Array(recipe.resolved(.run, shards: shards).utf8)
    // A run can then be resumed on a full disk.
    isPending = (try? FileContents.read(directory.recipePath)) != text
    if isPending { try FileContents.publish(text, at: directory.nextRecipePath) }
  }

  /// - Returns: what went wrong; the next checkpoint brings another try.
  func observe(_ event: TrainingEvent) -> String? {
    guard isPending else { return nil }
    switch event {
    case .step, .checkpoint: break
    default: return nil
    }
    if case .checkpoint = event, !hasTried { return nil }
    let isFirst = !hasTried
    hasTried = true
    do {
      try FileContents.publish(text, at: directory.recipePath)
    } catch {
      return isFirst ? "the recipe could not be written: \(error)" : nil
    }
    isPending = false
    unlink(directory.nextRecipePath)
    return nil
  }

  /// After a process that was killed: takes over the recipe that it left beside the run's own if the newest checkpoint was
  /// written under it, and removes it otherwise.
  ///
  /// - Throws: `RunLocked` where another process trains in the folder; `CheckpointError`, `FileError`.
  static func settle(_ directory: RunDirectory) throws {
    guard FilePath.exists(directory.nextRecipePath) else { return }
    let lock = try RunLock(directory: directory.path)
    try withExtendedLifetime(lock) {
      let stored = try RunReference.storedRecipe(try directory.store.newest().checkpoint)
      // A checkpoint's recipe names data files without their folders: what both say differently from it counts for neither.
      func distance(_ path: String) -> Int {
        guard let recipe = try? Recipe.load(path: path, files: .none) else { return .max }
        return recipe.differences(from: stored).count { difference in
          RunExecution.permission(for: difference.keyPath) != nil || difference.keyPath.hasPrefix("data.")
            || difference.keyPath == "training.shards"
        }
      }
      if distance(directory.nextRecipePath) < distance(directory.recipePath) {
        try FileContents.publish(try FileContents.read(directory.nextRecipePath), at: directory.recipePath)
      }
      unlink(directory.nextRecipePath)
    }
  }
}
