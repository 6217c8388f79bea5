public import ArgumentParser
internal import Checkpointing
internal import GradientHealth
internal import Glibc
internal import NeuralNetwork
internal import Recipes
public import Reports
public import Training

struct Train: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Starts a run from a recipe.",
    discussion: """
      Example:
        cairn train Recipes/digits.yaml --set training.epochs=50 --name digits-long
      """)

  @Argument(help: "The recipe, a YAML file.")
  var recipe: String

  @Option(name: .customLong("set"), help: ArgumentHelp("Overrides a key of the recipe.", valueName: "key.path=value"))
  var overrides: [String] = []

  @Option(help: "The run's name; its directory is called so.")
  var name: String?

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Option(help: "Threads.")
  var workers: Int?

  @Option(help: "Logical shards of a batch.")
  var shards: Int?

  @Flag(help: "Goes on where a run of that name stands; starts it if there is none, does nothing if it is finished.")
  var resume = false

  @Flag(help: "Replaces a run of that name.")
  var overwrite = false

  @Option(
    help: ArgumentHelp(
      "With --resume: what may differ from before. kernels: between several processes.", valueName: "data,model,..."))
  var allow: PermissionList = .none

  @Option(
    help: ArgumentHelp(
      "A test aid: puts a fault in on purpose. Kinds: \(FaultInjection.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "kind@step[:layer][,shard=N][,process=N]"))
  var inject: FaultInjection?

  @Option(help: "Ends after so many steps in all, as if the epochs were done; --resume without it goes on.")
  var steps: Int?

  @Option(help: ArgumentHelp("A test aid: waits so long before every step.", valueName: "milliseconds"))
  var pause: Int?

  @Option(help: "auto, bar, plain, json or none.")
  var progress: ProgressStyle = .auto

  @OptionGroup var peers: PeerOptions

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
    if let shards, shards < 1 { throw ValidationError("--shards \(shards): expected 1 or more") }
    if let steps, steps < 1 { throw ValidationError("--steps \(steps): expected 1 or more") }
    if let pause, !(0...60_000).contains(pause) { throw ValidationError("--pause \(pause): expected 0 to 60000") }
    if resume && overwrite { throw ValidationError("--resume and --overwrite contradict each other: give one") }
  }

  func run() throws {
    let signals = SignalWatch()
    let processes = try peers.join()
    var overrides = overrides
    if let name { overrides.append(Recipe.override("name", text: name)) }
    if let workers { overrides.append("training.workers=\(workers)") }
    if let shards { overrides.append("training.shards=\(shards)") }
    let recipe = try processes.together {
      try Recipe.load(path: self.recipe, overrides: overrides) { try processes.fromFirst($0) }
    }
    let directory = RunDirectory(path: "\(checkpoints)/\(recipe.configuration.name)")
    if resume, try processes.firstSays({ try directory.holdsCheckpoint }) {
      return try RunExecution.resume(
        directory, recipe: recipe, allow: allow.permissions, progress: progress, signals: signals,
        processes: processes, peers: peers, prepare: prepare)
    }
    try processes.together {
      guard processes.isFirst, !overwrite, !resume, try directory.holdsRun else { return }
      throw CommandError(
        .cannotCreate,
        "\(directory.path): holds a run already; --resume to go on with it, --overwrite to replace it, or another --name"
      )
    }
    let data = try processes.together {
      try UntrustedFiles(of: recipe.configuration, startsAnew: true).screen()
      return try TrainingData.load(recipe.configuration)
    }
    let trainer = try recipe.locating {
      try Trainer(
        recipe.configuration, data: data, directory: directory.path, processes: processes.group,
        allowsMixedKernels: allow.permissions.contains(.kernels)
      ) { shards in
        recipe.resolved(.checkpoint, shards: shards)
      }
    }
    peers.apply(to: trainer)
    try prepare(trainer, processes)
    let lock = try processes.together {
      processes.isFirst ? try take(directory, for: recipe, shards: trainer.progress.shards) : nil
    }
    try RunExecution(
      trainer: trainer, directory: directory, recipe: recipe, progress: progress, signals: signals, lock: lock,
      notes: trainer.notes.map { (kind: "note", message: $0) }
        + (data.warnings + Train.lookAhead(trainer, recipe: self.recipe, processes)).map {
          (kind: "warning", message: $0)
        },
      processes: processes
    ).run()
  }

  /// What is asked of this start alone.
  private func prepare(_ trainer: Trainer, _ processes: Processes) throws {
    if let layer = inject?.layer, processes.isFirst, !trainer.model.network.places.contains(where: { $0.name == layer })
    {
      throw CommandError(.usage, "--inject: the model has no layer `\(layer)`")
    }
    trainer.fault = inject
    trainer.stepLimit = steps
    trainer.pause = Double(pause ?? 0) / 1000
  }

  /// What is critical at the first weights, in a line; empty: nothing. Where it cannot be looked, training tells.
  private static func lookAhead(_ trainer: Trainer, recipe: String, _ processes: Processes) -> [String] {
    guard processes.isFirst, let finding = try? trainer.findingsBeforeRun().first, finding.level == .critical else {
      return []
    }
    let message = finding.message.prefix(1).lowercased() + finding.message.dropFirst()
    return [
      "before the first step: \(message.hasSuffix(".") ? String(message.dropLast()) : message); "
        + "`cairn diagnose \(recipe)` tells more"
    ]
  }

  /// Makes the run's directory ready, and this process its holder.
  private func take(_ directory: RunDirectory, for recipe: Recipe, shards: Int) throws -> RunLock {
    try directory.create()
    let lock = try RunLock(directory: directory.path)
    if !overwrite, try directory.holdsCheckpoint {
      throw CommandError(.cannotCreate, "\(directory.path): another process has begun this run meanwhile; start again")
    }
    if overwrite { try directory.removeRun() }
    directory.store.sweepTemporaries()
    try directory.write(recipe, shards: shards)
    return lock
  }
}

extension FaultInjection: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension ProgressStyle: ExpressibleByArgument {}
