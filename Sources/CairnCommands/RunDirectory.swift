internal import Checkpointing
internal import Datasets
internal import Files
internal import Glibc
internal import Recipes
internal import Sweeps
internal import TensorBoard
internal import Training

/// A run's directory on disk: `Checkpoints/<name>`.
struct RunDirectory {
  let path: String

  static let defaultParent = "Checkpoints"

  init(path: String) { self.path = path }

  /// - Parameter text: a run's directory, or its name below `parent`.
  /// - Throws: `CommandError` if neither is there.
  init(naming text: String, parent: String) throws {
    guard FilePath.isFolder(text) || FilePath.isFolder("\(parent)/\(text)") else {
      throw CommandError(
        .noInput,
        "\(text): no such run's directory, and no run of that name in \(parent)/\(RunDirectory.suggestion(text, parent))"
      )
    }
    path = FilePath.isFolder(text) ? text : "\(parent)/\(text)"
  }

  var recipePath: String { "\(path)/recipe.yaml" }
  /// A recipe that is to take the run's own place: see `RecipeAdoption`.
  var nextRecipePath: String { "\(path)/.recipe.yaml.next" }
  var eventsPath: String { "\(path)/events.jsonl" }
  var rowsPath: String { "\(path)/rows.jsonl" }
  var tensorBoardPath: String { "\(path)/tensorboard" }
  var store: CheckpointStore { CheckpointStore(directory: path) }

  /// Whether a run has been started here.
  var holdsRun: Bool { get throws { try FilePath.exists(recipePath) || holdsCheckpoint } }

  var holdsCheckpoint: Bool { get throws { try !store.steps().isEmpty } }

  /// Writes `recipe.yaml`, unless it stands there as it should be: the recipe as resolved, paths whole.
  func write(_ recipe: Recipe, shards: Int) throws {
    let text = Array(recipe.resolved(.run, shards: shards).utf8)
    if (try? FileContents.read(recipePath)) == text { return }  // a run can then be resumed on a full disk
    try FileContents.publish(text, at: recipePath)
  }

  /// Makes the folder, and its parents, if they are not there.
  func create() throws { try FileContents.makeFolders(path) }

  /// Removes what a run leaves, and nothing else.
  func removeRun() throws {
    let gradients = "\(path)/full-gradients"
    for name in (try? FolderListing.names(in: gradients)) ?? [] where name.hasPrefix("step-") && name.hasSuffix(".h5") {
      unlink("\(gradients)/\(name)")
    }
    rmdir(gradients)
    for name in (try? FolderListing.names(in: tensorBoardPath)) ?? [] where EventFile.isEventFile(name) {
      unlink("\(tensorBoardPath)/\(name)")
    }
    rmdir(tensorBoardPath)
    for name in try FolderListing.names(in: path) where RunDirectory.belongsToRun(name) {
      if unlink("\(path)/\(name)") != 0 {
        throw FileError(operation: "remove", path: "\(path)/\(name)", code: errno)
      }
    }
  }

  /// Runs that there are instead.
  static func suggestion(_ text: String, _ parent: String) -> String {
    let runs = ((try? FolderListing.names(in: parent)) ?? []).filter { FilePath.isFolder("\(parent)/\($0)") }.sorted()
    return runs.isEmpty ? "" : "; there are: \(runs.prefix(8).joined(separator: ", "))"
  }

  static func belongsToRun(_ name: String) -> Bool {
    if ["recipe.yaml", ".recipe.yaml.next", "events.jsonl", "rows.jsonl", "latest.h5"].contains(name) { return true }
    return name.hasSuffix(".h5")
      && (name.hasPrefix("step-") || name.hasPrefix("blowup-step-") || name.hasPrefix("abandoned-"))
  }
}

/// What a command's RUN|CHECKPOINT names.
struct RunReference {
  /// nil: a checkpoint file outside of a run's directory.
  let directory: RunDirectory?
  let checkpoint: Checkpoint
  let rejected: [String]
  /// Whether a run was named, and not one of its checkpoints.
  let isRun: Bool

  /// A run's directory, its name below `parent`, or a checkpoint file.
  ///
  /// - Throws: `CheckpointError`; `CommandError` where nothing of that name is there.
  init(_ text: String, parent: String = RunDirectory.defaultParent) throws {
    if let sweep = SweepFolder(naming: text, parent: parent) {
      let run = try sweep.stored().repetition.members(of: DrawID(1)).first?.name ?? "d001"
      throw CommandError(
        .usage, "\(text): is a sweep; this command takes one of its runs, such as \(sweep.path)/\(run)")
    }
    if FilePath.isFolder(text) || FilePath.isFolder("\(parent)/\(text)") {
      let directory = RunDirectory(path: FilePath.isFolder(text) ? text : "\(parent)/\(text)")
      let (checkpoint, rejected) = try directory.store.newest(screen: Quarantine.check)
      self.directory = directory
      self.checkpoint = checkpoint
      self.rejected = rejected
      isRun = true
      return
    }
    guard FilePath.exists(text) else {
      throw CommandError(
        .noInput,
        "\(text): no such checkpoint, and no run of that name in \(parent)/\(RunDirectory.suggestion(text, parent))")
    }
    let folder = FilePath.split(text).folder
    try Quarantine.check(text)
    checkpoint = try Checkpoint(verifying: text)
    directory = FilePath.exists("\(folder)/recipe.yaml") ? RunDirectory(path: folder) : nil
    rejected = []
    isRun = false
  }

  /// Files that belong to the run, or that it was made from: no command may replace them.
  ///
  /// - Parameter configuration: the run's; nil: it cannot be read.
  func files(_ configuration: TrainingConfiguration?) -> [String] {
    var files = [checkpoint.path] + (configuration?.data.train.paths ?? [])
    if case .source(let source) = configuration?.data.validation { files += source.paths }
    if let weights = configuration?.initialWeights { files.append(weights) }
    if let directory {
      files += ((try? FolderListing.names(in: directory.path)) ?? []).map { "\(directory.path)/\($0)" }
    }
    return files
  }

  /// The recipe in a checkpoint; its data files need not be there.
  static func storedRecipe(_ checkpoint: Checkpoint) throws -> Recipe {
    try Recipe.parse(checkpoint.recipe, file: "\(checkpoint.path):/recipe", folder: nil, files: .none)
  }

  /// The recipe the run was started with: the directory's, whose paths are whole, or the checkpoint's own.
  ///
  /// - Parameter files: `.none` where its data are not asked for: a network works without what it was trained on.
  func recipe(files: Recipe.FileCheck) throws -> Recipe {
    if let directory, FilePath.exists(directory.recipePath) {
      return try Recipe.load(path: directory.recipePath, files: files)
    }
    return try Recipe.parse(checkpoint.recipe, file: "\(checkpoint.path):/recipe", folder: nil, files: files)
  }
}
