internal import ArgumentParser
internal import Files
internal import Recipes
internal import Reports
internal import Training

struct Resume: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Goes on with a run, bit for bit.",
    discussion: """
      The newest checkpoint that verifies is taken; those that do not are named with their reasons. Other workers and more
      epochs are fine. Other data, model, optimizer, shards, batch size or seed are refused unless allowed, and so are
      fewer epochs than are done. A finished run is left as it is, its recipe too.

      Example:
        cairn resume digits
        cairn resume digits --epochs 60 --workers 8
      """)

  @Argument(help: ArgumentHelp("A run's directory or name.", valueName: "run"))
  var target: String

  @Option(help: "Epochs in all.")
  var epochs: Int?

  @Option(help: "Threads.")
  var workers: Int?

  @Option(name: .customLong("set"), help: ArgumentHelp("Overrides a key of the recipe.", valueName: "key.path=value"))
  var overrides: [String] = []

  @Option(
    help: ArgumentHelp(
      "What may differ: data, model, optimizer, shards, batch_size, seed, kernels.", valueName: "data,..."))
  var allow: PermissionList = .none

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "auto, bar, plain, json or none.")
  var progress: ProgressStyle = .auto

  @OptionGroup var peers: PeerOptions

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
    if let epochs, epochs < 1 { throw ValidationError("--epochs \(epochs): expected 1 or more") }
  }

  func run() throws {
    let signals = SignalWatch()
    let processes = try peers.join()
    let directory = RunDirectory(path: try processes.fromFirst { try path() })
    try processes.together { if processes.isFirst { try RecipeAdoption.settle(directory) } }
    var overrides = overrides
    if let epochs { overrides.append("training.epochs=\(epochs)") }
    if let workers { overrides.append("training.workers=\(workers)") }
    let recipe = try processes.together {
      try Recipe.load(path: directory.recipePath, overrides: overrides) { try processes.fromFirst($0) }
    }
    try RunExecution.resume(
      directory, recipe: recipe, allow: allow.permissions, progress: progress, signals: signals, processes: processes,
      peers: peers)
  }

  /// Of the run's directory.
  private func path() throws -> String {
    let path = FilePath.isFolder(target) ? target : "\(checkpoints)/\(target)"
    guard FilePath.isFolder(path) else {
      throw CommandError(.noInput, "\(target): no such run in \(checkpoints)/")
    }
    let recipe = RunDirectory(path: path).recipePath
    guard FilePath.exists(recipe) else {
      throw CommandError(.noInput, "\(recipe): no such file; without its recipe a run cannot go on")
    }
    return path
  }
}

/// `--allow data,optimizer`.
struct PermissionList: ExpressibleByArgument {
  var defaultValueDescription: String { permissions.map(\.rawValue).sorted().joined(separator: ",") }

  let permissions: Set<ResumePermission>

  static let none = PermissionList(permissions: [])

  init(permissions: Set<ResumePermission>) { self.permissions = permissions }

  init?(argument: String) {
    var permissions: Set<ResumePermission> = []
    for name in argument.split(separator: ",") {
      guard let permission = ResumePermission(rawValue: String(name)) else { return nil }
      permissions.insert(permission)
    }
    self.permissions = permissions
  }
}
