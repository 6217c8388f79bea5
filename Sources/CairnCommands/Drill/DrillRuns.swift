internal import Checkpointing
internal import Glibc
internal import Kernels
internal import Recipes
internal import Training

/// What all cases of a drill have in common: the recipe in its short form, the undisturbed run, and how processes are
/// waited for.
final class DrillRuns {
  static let program = "/proc/self/exe"

  let recipe: String
  /// The recipe in its short form.
  let configuration: TrainingConfiguration
  let overrides: [String]
  let workers: Int?
  let scratch: String
  /// Whether the runs' folders stay.
  let keeps: Bool
  let plan: DrillPlan
  let signals: HeldSignals
  var random: RandomStream
  private(set) lazy var undisturbed = DrillRun(self, "undisturbed")

  var name: String { configuration.name }
  var rule: DrillJudgement.Rule { DrillJudgement.Rule(configuration.health) }
  /// That the undisturbed run took, its start included.
  private(set) var reference = 0.0
  /// Milliseconds that a paced run waits before every step; 0: its steps take long enough by themselves.
  private(set) var pause = 0
  var pacedExtra: Double { Double(pause * plan.steps) / 1000 }
  /// Seconds after which a process is taken to hang: all remedies are tried within that.
  var deadline: Double { 60 + 20 * (reference + pacedExtra) }

  // Of the undisturbed run.
  private(set) var trainRows = 0
  private(set) var parameters = 0
  /// Whether a layer keeps statistics of the batches.
  private(set) var hasState = false
  /// Whether the training data are read by chunks.
  private(set) var isStreamed = false
  /// Losses of runs whose course a fault has changed, by the names of the cases; the undisturbed one first.
  private(set) var curves: [(name: String, figures: DrillStates.Figures)] = []

  /// Seconds that the steps of a paced run take, at least.
  private static let pace = 2.4

  init(
    recipe: String, overrides: [String], workers: Int?, plan: DrillPlan, scratch: String, keeps: Bool, seed: UInt64,
    signals: HeldSignals
  ) throws {
    self.recipe = recipe
    self.workers = workers
    self.scratch = scratch
    self.keeps = keeps
    self.plan = plan
    self.signals = signals
    self.overrides = overrides
    random = RandomStream(seed: seed, stream: 0)
    configuration = try Recipe.load(path: recipe, overrides: overrides).configuration
  }

  /// What a recipe's short form says otherwise.
  ///
  /// - Parameter stepsPerEpoch: nil: not known yet.
  static func overrides(
    _ configuration: TrainingConfiguration, plan: DrillPlan, stepsPerEpoch: Int?
  ) -> [String] {
    var overrides = [
      "checkpoints.every_steps=\(plan.interval)", "checkpoints.every_epochs=0", "checkpoints.every_seconds=0",
      "checkpoints.keep_last=1000", "tensorboard=false",
    ]
    if let stepsPerEpoch {
      overrides.append("training.epochs=\(max(configuration.epochs, plan.epochs(stepsPerEpoch: stepsPerEpoch)))")
    }
    // Several, so that another number of workers is one that could be noticed.
    if configuration.shards == nil { overrides.append("training.shards=4") }
    if configuration.earlyStopping != nil { overrides.append("training.early_stopping.patience=1000000") }
    return overrides
  }

  /// Trains a few steps.
  ///
  /// - Returns: seconds that they took, and steps of an epoch.
  func trainTrial() throws -> (seconds: Double, stepsPerEpoch: Int) {
    let run = DrillRun(self, "trial")
    reference = 600  // for the deadline
    try DrillRuns.requireDone(try run.train(), run)
    return (run.seconds, run.events.first("started")?.stepsPerEpoch ?? 1)
  }

  /// Trains the undisturbed run.
  ///
  /// - Throws: `EndOfRun` with its exit code, after its own words, where it does not come to its end.
  func trainUndisturbed() throws {
    let run = undisturbed
    reference = 600  // for the deadline
    try DrillRuns.requireDone(try run.train(), run)
    reference = run.seconds
    pause = Int(max(0, DrillRuns.pace * 1000 / Double(plan.steps)))
    if reference > 2 * DrillRuns.pace { pause = 0 }
    let started = run.events.first("started")
    (trainRows, parameters) = (started?.trainRows ?? 0, started?.parameters ?? 0)
    let checkpoint = try Checkpoint(verifying: run.checkpoint(run.steps.last ?? 0))
    hasState = try checkpoint.layers().contains { $0.weights.contains { $0.hasPrefix("moving_") } }
    isStreamed = checkpoint.progress.trainFingerprint.hasPrefix("sampled:")
    keepCurve("undisturbed", of: run)
    if run.steps.last != plan.steps {
      throw CommandError(
        .badData, "\(recipe): a run of \(plan.steps) steps ended at step \(run.steps.last ?? 0); give other --steps")
    }
  }

  func keepCurve(_ name: String, of run: DrillRun) {
    guard let last = run.steps.last, let figures = try? DrillStates.figures(run.checkpoint(last)) else { return }
    curves.append((name, figures))
  }

  static func requireDone(_ ending: ChildProcess.Ending, _ run: DrillRun) throws {
    switch ending {
    case .code(0): return
    case .code(let code):
      printError(run.errors.isEmpty ? "cairn: the undisturbed run ended with code \(code)" : run.errors)
      throw EndOfRun(code: ExitStatus(rawValue: code))
    case .signal(let number):
      throw CommandError(.internalFailure, "the undisturbed run was ended by signal \(number)")
    }
  }

  /// Whether the undisturbed run has not been without trouble by itself; faults cannot be told from that then.
  var ownTrouble: String? {
    guard let event = undisturbed.events.first(where: { ["blowup", "rollback", "skip"].contains($0.kind) }) else {
      return nil
    }
    return "the run has trouble of its own at step \(event.step ?? 0) (\(event.kind)); see `cairn diagnose`"
  }

  // MARK: Waiting

  /// - Returns: whether the process has ended within that time.
  /// - Throws: `EndOfRun` where this process is asked to end.
  func wait(for child: ChildProcess, seconds: Double) throws -> Bool {
    try wait(for: child, seconds: seconds) { false }
    return child.look() != nil
  }

  /// Until `condition` holds, the process has ended or the time is over.
  ///
  /// - Returns: whether the condition holds.
  @discardableResult
  func wait(for child: ChildProcess, seconds: Double, until condition: () -> Bool) throws -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while child.look() == nil {
      try signals.check()
      if condition() { return true }
      if ContinuousClock.now >= end { return false }
      usleep(4000)
    }
    return condition()
  }

  /// Seconds from 0 up to a limit.
  func moment(_ limit: Double) -> Double { random.uniform() * limit }
}
