public import ArgumentParser
internal import Checkpointing
internal import Dispatch
internal import Glibc
internal import HDF5Storage
internal import Recipes
public import Reports
internal import Training

struct Train: ParsableCommand {
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

  @Flag(help: "Replaces a run of that name.")
  var overwrite = false

  @Option(help: "auto, bar, plain, json or none.")
  var progress: ProgressStyle = .auto

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
    if let shards, shards < 1 { throw ValidationError("--shards \(shards): expected 1 or more") }
  }

  func run() throws {
    var overrides = overrides
    if let name { overrides.append("name=\(name)") }
    if let workers { overrides.append("training.workers=\(workers)") }
    if let shards { overrides.append("training.shards=\(shards)") }
    let recipe = try Recipe.load(path: recipe, overrides: overrides)
    let directory = RunDirectory(path: "\(checkpoints)/\(recipe.configuration.name)")
    if directory.holdsRun && !overwrite {
      throw CommandError(
        .cannotCreate,
        "\(directory.path): holds a run already; choose another --name, or --overwrite to replace it")
    }
    let data = try TrainingData.load(recipe.configuration)
    let trainer = try Trainer(recipe.configuration, data: data, directory: directory.path) { shards in
      recipe.resolved(.checkpoint, shards: shards)
    }
    try directory.create()
    if overwrite { try directory.removeRun() }
    let resolved = recipe.resolved(.run, shards: trainer.progress.shards)
    try FileContents.publish(Array(resolved.utf8), at: directory.recipePath)
    try RunExecution(trainer: trainer, directory: directory, progress: progress).run()
  }
}

extension ProgressStyle: ExpressibleByArgument {}

/// Runs a trainer under the eyes of signals, log and screen, to its exit code.
struct RunExecution {
  let trainer: Trainer
  let directory: RunDirectory
  let progress: ProgressStyle

  /// - Throws: `EndOfRun` where the exit code is not 0.
  func run() throws {
    let stop = StopRequest()
    let signals = SignalWatch(stop)
    let log = try EventLog(path: directory.eventsPath)
    let display = ProgressDisplay(progress)
    let began = ContinuousClock.now
    let result = try trainer.run(stop: stop) { event in
      log.record(event)
      display.show(event)
    }
    signals.end()
    if progress != .none && progress != .json {
      printSummary(result, seconds: began.duration(to: .now) / .seconds(1))
    }
    switch result.ending {
    case .finished, .stoppedEarly: return
    case .stopped(let signal): throw EndOfRun(code: .signal(signal))
    case .diverged: throw EndOfRun(code: .diverged)
    }
  }

  private func printSummary(_ result: TrainingResult, seconds: Double) {
    let steps = "\(result.step) steps, \(result.epoch) epochs in \(ProgressDisplay.duration(seconds))"
    switch result.ending {
    case .finished: printError("finished: \(steps)")
    case .stoppedEarly(let best): printError("stopped early, best after epoch \(best): \(steps)")
    case .stopped(let signal): printError("stopped by signal \(signal) after a checkpoint: \(steps)")
    case .diverged: printError("diverged, weights kept as they were before: \(steps)")
    }
    var figures = "loss \(short(result.loss))"
    if let validation = result.validation {
      figures += ", validation_loss \(short(validation.loss))"
      for (name, value) in zip(result.metricNames, validation.metrics) {
        figures += ", validation_\(name) \(short(value))"
      }
    }
    printError(figures)
    printError("run         \(directory.path)")
    if let checkpoint = result.checkpoint { printError("checkpoint  \(checkpoint)") }
  }
}

/// Turns SIGINT, SIGTERM and SIGHUP into a request to stop after the step at hand; a second SIGINT ends at once.
final class SignalWatch {
  private var sources: [any DispatchSourceSignal] = []

  init(_ stop: StopRequest) {
    let queue = DispatchQueue(label: "cairn.signals")
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)  // first: the default action would end the process
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if number == SIGINT && stop.signal == SIGINT { _exit(128 + SIGINT) }
        stop.stop(signal: number)
      }
      source.resume()
      sources.append(source)
    }
  }

  func end() {
    for source in sources { source.cancel() }
  }
}
