internal import CThreads
internal import Checkpointing
internal import Files
internal import Glibc
internal import Recipes
internal import Sweeps
internal import Training

/// One of the processes that a sweep's process has forked: takes members one after another, each by its run's lock, until
/// none is left that it could take. It shares what its parent has read.
struct SweepJob {
  let board: SweepBoard
  let options: SweepPlan
  let load: (TrainingConfiguration, RunNames?) throws -> TrainingData
  let output: JobOutput

  /// What may be tried again though its process was ended: what lay there so when the sweep was started.
  var retried: Set<Int>

  private enum Claim {
    case taken(RunLock)
    /// Another process has it.
    case held
    /// It has come to its end without training.
    case settled
    /// There is nothing to do for it, or not now.
    case none
  }

  /// - Returns: the exit code.
  mutating func run() -> ExitStatus {
    let signals = SignalWatch()
    let stop = signals.stop
    while stop.signal == 0 {
      var isHeldElsewhere = false
      // What one member comes to may let others go on.
      var hasMoved = false
      for index in options.order(board.members.count) {
        if stop.signal != 0 { break }
        do {
          switch try claim(index) {
          case .none: continue
          case .held: isHeldElsewhere = true
          case .settled: hasMoved = true
          case .taken(let lock):
            hasMoved = true
            try train(index, lock, signals)
          }
        } catch {
          output.say(.failed, index, "\(error)")
          return ExitStatus(error) ?? .internalFailure
        }
        // Members that waited come before those that have not begun.
        if hasMoved, board.sweep.pruning != nil { break }
      }
      if hasMoved { continue }
      try? board.readTold()
      // Whoever holds a member may be ended, or may let others go on.
      if !isHeldElsewhere { return .done }
      usleep(options.patience)
    }
    return .signal(stop.signal)
  }

  /// Takes a member's lock, if there is something to do for it.
  private func claim(_ index: Int) throws -> Claim {
    // One that waits is not read again while it must.
    if let record = board.records[index], record.state.isFinal || record.state == .paused && !isOpen(index, record) {
      return .none
    }
    if !isOpen(index, board.read(index)) { return .none }
    let directory = board.folder.directory(of: board.members[index])
    try directory.create()
    let lock: RunLock
    do { lock = try RunLock(directory: directory.path) } catch is RunLocked { return .held }
    // Another process may have had it in between.
    let record = board.read(index)
    guard isOpen(index, record) else { return .none }
    if let record, record.state == .paused, let rung = record.rungs.last,
      board.verdict(on: index, at: rung.epoch) == .isPruned
    {
      try MemberRun.prune(board, index, after: rung.epoch)
      output.say(.ended, index)
      return .settled
    }
    return .taken(lock)
  }

  /// Whether a member may be gone on with now.
  private func isOpen(_ index: Int, _ record: MemberRecord?) -> Bool {
    switch record?.state {
    case nil, .running: true
    case .killed: retried.contains(index)
    case .paused:
      record?.rungs.last.map { board.verdict(on: index, at: $0.epoch) != .waits } ?? true
    case .pruned, .finished, .diverged, .failed: false
    }
  }

  /// - Throws: what no other member would be spared: a full disk.
  private mutating func train(_ index: Int, _ lock: RunLock, _ signals: SignalWatch) throws {
    retried.remove(index)
    output.say(.began, index)
    let run = MemberRun(
      board: board, index: index, lock: lock, signals: signals, workers: options.workersPerRun, load: load
    ) { [output, monitor = board.sweep.objective.monitor] report, epochs in
      output.tell(index, report.epoch, epochs, EpochMonitor.figure(monitor, report: report))
    }
    do {
      try withExtendedLifetime(lock) {
        guard let record = try run.run() else { return }
        board.set(record, at: index)
      }
      output.say(.ended, index)
    } catch let error as RunFolderLost {
      // Its folder was taken away, or another host has taken it over: no member of ours any more.
      output.say(.lost, index, "\(error)")
    } catch {
      let status = ExitStatus(error) ?? .internalFailure
      if status == .cannotCreate || status == .inputOutput { throw error }
      var record = board.read(index) ?? MemberRecord(.running)
      // What its recipe or its data are to blame for happens again.
      record.state = status == .badData ? .failed : .killed
      record.message = "\(error)"
      try record.write(folder: board.folder.directory(of: board.members[index]).path)
      board.set(record, at: index)
      output.say(.ended, index)
    }
  }
}
