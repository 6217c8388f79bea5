internal import Checkpointing
internal import DataParallel
internal import Files
internal import Glibc
internal import GradientHealth
internal import NeuralNetwork
internal import Recipes
internal import Reports
internal import TensorBoard
internal import Training

/// Runs a trainer under the eyes of signals, log and screen, to its exit code.
struct RunExecution {
  let trainer: Trainer
  let directory: RunDirectory
  let recipe: Recipe
  let progress: ProgressStyle
  let signals: SignalWatch
  /// Held while the run goes on, by the process that writes.
  let lock: RunLock?
  /// What is to be said at a resumption.
  let notes: [(kind: String, message: String)]
  let processes: Processes
  /// Of a run that goes on, by the process that writes.
  var adoption: RecipeAdoption?

  /// Goes on with the run in `directory` as `recipe` now says, from the newest checkpoint that verifies.
  ///
  /// - Parameter prepare: what else is asked of this start.
  /// - Throws: `EndOfRun` where the exit code is not 0; `CheckpointError` (unsuitable) where the recipe differs in what a
  ///   run is made of.
  static func resume(
    _ directory: RunDirectory, recipe: Recipe, allow: Set<ResumePermission>, progress: ProgressStyle,
    signals: SignalWatch, processes: Processes, peers: PeerOptions,
    prepare: (Trainer, Processes) throws -> Void = { _, _ in }
  ) throws {
    let opened = try processes.together { processes.isFirst ? try open(directory) : nil }
    try goingOn(
      directory, recipe: recipe, opened: opened, allow: allow, progress: progress, signals: signals,
      processes: processes, peers: peers, prepare: prepare
    ).run()
  }

  /// What a process that goes on with a run has found there.
  struct Opened {
    let lock: RunLock
    let checkpoint: Checkpoint
    let rejected: [String]
    let epitaph: String?
  }

  /// The same, up to its first step.
  ///
  /// - Parameters:
  ///   - opened: by the process that writes.
  ///   - load: has the data.
  static func goingOn(
    _ directory: RunDirectory, recipe: Recipe, opened: Opened?, allow: Set<ResumePermission> = [],
    progress: ProgressStyle, signals: SignalWatch, processes: Processes, peers: PeerOptions? = nil,
    load: (TrainingConfiguration, RunNames) throws -> TrainingData = RunExecution.screenAndLoad,
    prepare: (Trainer, Processes) throws -> Void = { _, _ in }
  ) throws -> RunExecution {
    let sent = try processes.group?.broadcast(opened?.checkpoint)
    guard let checkpoint = sent ?? opened?.checkpoint else {
      throw CommandError(.internalFailure, "\(directory.path): no checkpoint has come from process 0")
    }
    var notes = opened?.epitaph.map { [(kind: "died", message: $0)] } ?? []
    var texts = opened?.rejected.map { "rejected checkpoint \($0)" } ?? []
    texts += try processes.together { try checkRecipe(recipe, against: checkpoint, allow: allow) }

    var configuration = recipe.configuration
    if configuration.shards == nil { configuration.shards = checkpoint.progress.shards }
    let shards = configuration.shards
    // The checkpoint's weights take their place.
    configuration.initialWeights = nil
    configuration.initialization = nil
    let data = try processes.together { try load(configuration, try RunNames(checkpoint)) }
    let trainer = try Trainer(
      configuration, data: data, directory: directory.path, processes: processes.group,
      allowsMixedKernels: allow.contains(.kernels)
    ) { _ in
      recipe.resolved(.checkpoint, shards: shards)
    }
    notes += data.warnings.map { (kind: "warning", message: $0) }
    peers?.apply(to: trainer)
    try prepare(trainer, processes)
    texts += try processes.together { try trainer.restore(checkpoint, allow: allow) }
    if !trainer.progress.isFinished { texts.append("goes on from \(checkpoint.path)") }
    notes += texts.map { (kind: "note", message: $0) }
    let adoption = try processes.together { () -> RecipeAdoption? in
      guard processes.isFirst else { return nil }
      try opened?.lock.requireInPlace()
      if !FilePath.exists(directory.recipePath) { try directory.write(recipe, shards: trainer.progress.shards) }
      if trainer.progress.isFinished { return nil }
      return try RecipeAdoption(recipe, shards: trainer.progress.shards, in: directory)
    }
    return RunExecution(
      trainer: trainer, directory: directory, recipe: recipe, progress: progress, signals: signals, lock: opened?.lock,
      notes: notes, processes: processes, adoption: adoption)
  }

  private static func screenAndLoad(_ configuration: TrainingConfiguration, _ run: RunNames) throws -> TrainingData {
    try UntrustedFiles(of: configuration, startsAnew: false).screen()
    return try TrainingData.load(configuration, run: run)
  }

  private static func open(_ directory: RunDirectory) throws -> Opened {
    // Before the lock is this process's: it tells whether another lives.
    let epitaph = RunCatalog.epitaph(ofRunAt: directory.path)
    try RecipeAdoption.settle(directory)
    return try open(directory, lock: try RunLock(directory: directory.path), epitaph: epitaph)
  }

  /// - Parameter lock: held already.
  static func open(_ directory: RunDirectory, lock: RunLock, epitaph: String?) throws -> Opened {
    directory.store.sweepTemporaries()
    let (checkpoint, rejected) = try directory.store.newest(screen: Quarantine.check)
    directory.store.repairLatest(step: checkpoint.progress.step)
    return Opened(lock: lock, checkpoint: checkpoint, rejected: rejected, epitaph: epitaph)
  }

  /// Compares what a run is made of.
  ///
  /// - Returns: differences that are allowed, in sentences.
  private static func checkRecipe(
    _ recipe: Recipe, against checkpoint: Checkpoint, allow: Set<ResumePermission>
  ) throws -> [String] {
    let stored = try RunReference.storedRecipe(checkpoint)
    var notes: [String] = []
    let (done, asked) = (checkpoint.progress, recipe.configuration.epochs)
    guard asked > done.epoch || asked == done.epoch && done.stepInEpoch == 0 else {
      let more = done.stepInEpoch > 0 ? " and \(counted(done.stepInEpoch, "step"))" : ""
      throw CheckpointError(
        .unsuitable,
        "\(checkpoint.path): the run has done \(counted(done.epoch, "epoch"))\(more) already, asked for are \(asked): give more, or "
          + "start another run; this one is left as it is")
    }
    for difference in recipe.differences(from: stored) {
      if difference.keyPath.hasPrefix("data.columns") {
        throw CheckpointError(
          .unsuitable,
          "\(checkpoint.path): the recipe differs from the run's: \(difference.sentence): what was fitted to the columns "
            + "belongs to the weights; start another run, with model.initial_weights if the network stays the same")
      }
      guard let permission = permission(for: difference.keyPath) else { continue }
      guard allow.contains(permission) else {
        throw CheckpointError(
          .unsuitable,
          "\(checkpoint.path): the recipe differs from the run's: \(difference.sentence); to go on all the same: "
            + "--allow \(permission.rawValue)")
      }
      notes.append("the recipe differs from the run's: \(difference.sentence)")
    }
    return notes
  }

  /// What allows a key to change; nil: it may always (epochs, checkpoints, history, health, names, ...), or is compared
  /// elsewhere (shards and data, by their values).
  static func permission(for keyPath: String) -> ResumePermission? {
    if keyPath.hasPrefix("model.layers") || keyPath.hasPrefix("loss") { return .model }
    if keyPath.hasPrefix("optimizer") { return .optimizer }
    switch keyPath {
    case "seed": return .seed
    case "training.batch_size", "training.accumulate_steps": return .batchSize
    case "training.shuffle": return .data
    default: return keyPath.hasPrefix("data.scaling") ? .data : nil
    }
  }

  /// - Throws: `EndOfRun` where the exit code is not 0.
  func run() throws {
    let (result, lostOutput) = try train()
    if let lostOutput { printError("cairn: \(lostOutput); the run in \(directory.path) is not harmed") }
    switch result.ending {
    case .finished, .stoppedEarly, .paused:
      if let lostOutput { throw EndOfRun(code: ExitStatus(lostOutput) ?? .inputOutput) }
    case .stopped(let signal): throw EndOfRun(code: .signal(signal))
    case .diverged: throw EndOfRun(code: .diverged)
    }
  }

  /// Trains to the end, whatever that is.
  ///
  /// - Parameter observe: told of everything too.
  /// - Returns: how it ended, and why standard output could not be written, if so.
  func train(observe: (TrainingEvent) -> Void = { _ in }) throws -> (TrainingResult, lostOutput: (any Error)?) {
    let log = try processes.together {
      if let lock {
        try lock.requireInPlace()
        trainer.hold(lock)
      }
      return processes.isFirst ? try EventLog(path: directory.eventsPath) : nil
    }
    let progress = processes.isFirst ? progress : .none
    var lostOutput: (any Error)?
    /// Training does not end because nobody can read of it.
    func output(_ text: String) {
      guard lostOutput == nil else { return }
      do { try StandardOutput.write(text) } catch { lostOutput = error }
    }
    let display = ProgressDisplay(progress, output: output)
    let relay = try EventRelay(processes.isFirst ? sinks : [])
    for note in notes {
      log?.note(note.kind, note.message)
      display.note(note.kind, note.kind == "warning" ? "warning: \(note.message)" : note.message)
    }
    try processes.start()
    let began = ContinuousClock.now
    let wasFinished = trainer.progress.isFinished
    if !wasFinished {
      for warning in trainer.warnings() {
        log?.note("warning", warning)
        display.note("warning", "warning: \(warning)")
      }
    }
    let result = try withExtendedLifetime(lock) {
      func warn(_ warning: String?) {
        guard let warning else { return }
        log?.note("rows_lost", warning)
        display.show(.note(kind: "rows_lost", step: trainer.progress.step, message: "warning: \(warning)"))
      }
      defer { warn(relay.finish()) }
      do {
        return try trainer.run(stop: signals.stop) { event in
          log?.record(event)
          display.show(event)
          warn(relay.record(event))
          if let problem = adoption?.observe(event) { log?.note("note", problem) }
          observe(event)
        }
      } catch {
        // Else the log would just end, as that of a process that was killed.
        log?.note("failed", "\(error)")
        display.clear()
        throw error
      }
    }
    if progress.isText {
      output(summary(result, wasFinished: wasFinished, seconds: began.duration(to: .now) / .seconds(1)))
    }
    return (result, lostOutput)
  }

  /// What keeps the running series.
  private var sinks: [any EventSink] {
    let rows = RowLog(path: directory.rowsPath, lock: lock)
    guard trainer.configuration.tensorboard else { return [rows] }
    let hyperparameters = recipe.hyperparameters.map { parameter in
      let value: Hyperparameter.Value =
        switch parameter.value {
        case .boolean(let boolean): .boolean(boolean)
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        }
      return Hyperparameter(parameter.name, value)
    }
    return [
      rows,
      TensorBoardLog(
        folder: directory.tensorBoardPath, recipe: recipe.resolved(.checkpoint, shards: trainer.progress.shards),
        hyperparameters: hyperparameters, lock: lock),
    ]
  }
}
