internal import Checkpointing
internal import Files
internal import Recipes
internal import Reports
internal import Sweeps
internal import Training

/// Trains one member of a sweep, as far as it goes now: an ordinary run, whose lock is held.
struct MemberRun {
  let board: SweepBoard
  let index: Int
  let lock: RunLock
  let signals: SignalWatch
  /// Threads of the run.
  let workers: Int
  let load: (TrainingConfiguration, RunNames?) throws -> TrainingData
  /// Told of epochs.
  let tell: (EpochReport, _ epochs: Int) -> Void

  private var member: Member { board.members[index] }
  private var directory: RunDirectory { board.folder.directory(of: member) }
  private var sweep: SweepRecipe { board.sweep }

  /// - Returns: what became of it; nil: a signal has ended it before.
  /// - Throws: what a run throws.
  func run() throws -> MemberRecord? {
    let began = ContinuousClock.now
    var record = board.read(index) ?? MemberRecord(.running)
    record.state = .running
    record.message = ""
    let settings = board.draws[board.drawIndex(of: index)].settings
    record.settings = settings
    let recipe = try sweep.recipe(of: member, settings: settings, workers: workers)
    let epochs = recipe.configuration.epochs
    let rungs = Set(member.draw.isTold ? [] : board.rungs(epochs: epochs))
    let execution = try execution(recipe)
    let trainer = execution.trainer
    // A megabyte each is much for ten thousand.
    trainer.singleRows = 16
    var verdict = Verdict.goesOn
    trainer.goesOn = { report in
      guard rungs.contains(report.epoch) else { return true }
      if !record.rungs.contains(where: { $0.epoch == report.epoch }) {
        let value = EpochMonitor.figure(sweep.objective.monitor, report: report) ?? .nan
        record.rungs.append(.init(epoch: report.epoch, value: value))
        record.epoch = report.epoch
        try record.write(folder: directory.path)
        board.set(record, at: index)
      }
      verdict = board.verdict(on: index, at: report.epoch)
      return verdict == .goesOn
    }
    let (result, _) = try execution.train { event in
      if case .epoch(let report) = event { tell(report, epochs) }
    }
    record.epoch = result.epoch
    record.step = result.step
    record.seconds += began.duration(to: .now) / .seconds(1)
    switch result.ending {
    case .finished, .stoppedEarly: record.state = .finished
    case .diverged:
      record.state = .diverged
      record.message = "at step \(result.step): no remedy is left"
    case .stopped: return nil
    case .paused: record.state = verdict == .isPruned ? .pruned : .paused
    }
    record.figures = [("loss", result.loss)]
    if let validation = result.validation {
      record.figures.append(("validation_loss", validation.loss))
      record.figures += zip(result.metricNames, validation.metrics).map { ("validation_\($0)", $1) }
    }
    record.objective = record.figures.first { $0.name == sweep.objective.monitor }?.value ?? .nan
    record.curve = MemberRecord.thinned(
      trainer.epochReports.map {
        .init(epoch: $0.epoch, value: EpochMonitor.figure(sweep.objective.monitor, report: $0) ?? .nan)
      })
    if record.state == .pruned { MemberRun.note(&record, in: directory, after: record.epoch) }
    try record.write(folder: directory.path)
    return record
  }

  /// The member has waited, and gets no further.
  static func prune(_ board: SweepBoard, _ index: Int, after epoch: Int) throws {
    guard var record = board.read(index), record.state == .paused else { return }
    let directory = board.folder.directory(of: board.members[index])
    record.state = .pruned
    note(&record, in: directory, after: epoch)
    try record.write(folder: directory.path)
    board.set(record, at: index)
  }

  private static func note(_ record: inout MemberRecord, in directory: RunDirectory, after epoch: Int) {
    record.message = "after epoch \(epoch): behind the other draws"
    (try? EventLog(path: directory.eventsPath))?.note("pruned", record.message)
  }

  /// The run from where it stands, or from its beginning.
  private func execution(_ recipe: Recipe) throws -> RunExecution {
    let alone = Processes(group: nil)
    if try directory.holdsCheckpoint {
      // The lock is held here, so that its last process is known to have ended.
      let epitaph = RunCatalog.epitaph(ofRunAt: directory.path)
      let opened: RunExecution.Opened
      do {
        opened = try RunExecution.open(directory, lock: lock, epitaph: epitaph)
      } catch let error as CheckpointError where error.kind == .missing {
        // What is trained anew comes to the same bytes. What cannot be read now may be whole all the same: it stays.
        directory.store.abandon(after: -1, attempt: 0)
        (try? EventLog(path: directory.eventsPath))?.note("note", "\(error): begins anew")
        return try fresh(recipe, alone)
      }
      return try RunExecution.goingOn(
        directory, recipe: recipe, opened: opened, progress: .none, signals: signals, processes: alone,
        load: { try load($0, $1) })
    }
    return try fresh(recipe, alone)
  }

  private func fresh(_ recipe: Recipe, _ alone: Processes) throws -> RunExecution {
    let data = try load(recipe.configuration, nil)
    let trainer = try recipe.locating {
      try Trainer(recipe.configuration, data: data, directory: directory.path) { shards in
        recipe.resolved(.checkpoint, shards: shards)
      }
    }
    directory.store.sweepTemporaries()
    try directory.write(recipe, shards: trainer.progress.shards)
    return RunExecution(
      trainer: trainer, directory: directory, recipe: recipe, progress: .none, signals: signals, lock: lock,
      notes: trainer.notes.map { (kind: "note", message: $0) } + data.warnings.map { (kind: "warning", message: $0) },
      processes: alone)
  }
}
