internal import CThreads
internal import Checkpointing
internal import Files
internal import Glibc
internal import Recipes
internal import Sweeps
internal import Training

/// The process that a sweep's command runs in: forks the jobs, watches over them, and says what became of all.
final class SweepProcess {
  private let board: SweepBoard
  private let plan: SweepPlan
  private let load: (TrainingConfiguration, RunNames?) throws -> TrainingData
  private let signals: SignalWatch
  private var panel: SweepPanel
  private var jobs: [Job] = []
  /// What ends the sweep before its members have ended.
  private var failure: (status: ExitStatus, message: String)?
  /// When the jobs were asked to stop.
  private var asked: ContinuousClock.Instant?
  /// A job that no step has ended of for so long ends by itself; one that does not is stopped or hangs in the kernel.
  private static let patience = Duration.seconds(120)
  /// How often the job of a member was killed.
  private var deaths: [Int: Int] = [:]

  private struct Job {
    let place: Int
    let process: pid_t
    /// The member that it works on.
    var member: Int?
    /// What it said of its end.
    var message: String?
  }

  init(
    _ board: SweepBoard, _ plan: SweepPlan, signals: SignalWatch, panel: SweepPanel,
    load: @escaping (TrainingConfiguration, RunNames?) throws -> TrainingData
  ) {
    self.board = board
    self.plan = plan
    self.signals = signals
    self.panel = panel
    self.load = load
  }

  /// - Returns: the exit code, where something has ended the sweep before its members.
  /// - Throws: `CommandError` where there can be no process.
  func run() throws -> ExitStatus? {
    let retried = Set(board.records.indices.filter { board.records[$0]?.state == .killed })
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw CommandError(.systemRefused, "no pipe to the sweep's jobs: \(String(cString: strerror(errno)))")
    }
    defer { for end in ends { close(end) } }
    var input = JobInput(descriptor: ends[0])
    let stop = signals.stop
    signals.beginSteps()
    panel.begin(board)
    for place in 0..<plan.jobs { try fork(place, output: ends[1], input: ends[0], retried) }
    while !jobs.isEmpty {
      for message in input.read(within: 100) { hear(message) }
      signals.noteStep()
      if stop.signal != 0 { forward(stop.signal) }
      if signals.takeSave() { for job in jobs { kill(job.process, SIGUSR2) } }
      for (job, status) in ended() {
        for message in input.read(within: 0) { hear(message) }
        if try bury(job, status), stop.signal == 0, failure == nil {
          try fork(job.place, output: ends[1], input: ends[0], [])
        }
      }
      panel.draw(board)
    }
    panel.end()
    if let failure {
      printError("cairn: \(failure.message)")
      return failure.status
    }
    return stop.signal != 0 ? .signal(stop.signal) : nil
  }

  private func fork(_ place: Int, output: Int32, input: Int32, _ retried: Set<Int>) throws {
    let process = cairn_fork()
    if process == 0 { live(place, output: output, input: input, retried) }
    guard process > 0 else {
      if !jobs.isEmpty { return }  // those that there are do the work
      throw CommandError(.systemRefused, "no process to train in: \(String(cString: strerror(errno)))")
    }
    jobs.append(Job(place: place, process: process))
  }

  /// What a job is.
  private func live(_ place: Int, output: Int32, input: Int32, _ retried: Set<Int>) -> Never {
    close(input)
    cairn_forget_signals()
    cairn_watch_signals(0)
    // This process may be lost to a damaged file: its parent goes on.
    setenv(Quarantine.marker, "1", 1)
    if plan.isPinned { cairn_pin(Int32(place * plan.workersPerRun), Int32(plan.workersPerRun)) }
    var job = SweepJob(
      board: board, options: plan, load: load, output: JobOutput(descriptor: output), retried: retried)
    let status = job.run()
    fflush(nil)
    _exit(status.rawValue)
  }

  private func hear(_ message: JobInput.Message) {
    let job = jobs.firstIndex { $0.process == message.process }
    switch message.kind {
    case .began:
      if let job { jobs[job].member = message.index }
      panel.began(message.index)
    case .epoch: panel.epoch(message.index, message.fields)
    case .ended:
      if let job { jobs[job].member = nil }
      try? board.readTold()
      guard let record = board.read(message.index) else { return }
      panel.ended(message.index, record, board)
    case .failed: if let job { jobs[job].message = String(message.fields.first ?? "") }
    case .lost:
      if let job { jobs[job].member = nil }
      panel.lost(message.index)
      panel.note(String(message.fields.first ?? ""))
    }
  }

  private func forward(_ signal: Int32) {
    if let asked {
      if asked.duration(to: .now) > SweepProcess.patience { for job in jobs { kill(job.process, SIGKILL) } }
      return
    }
    asked = .now
    panel.note("stopping after a checkpoint of every run")
    for job in jobs { kill(job.process, signal) }
  }

  private func ended() -> [(Job, status: Int32)] {
    jobs.compactMap { job in
      var status: Int32 = 0
      return waitpid(job.process, &status, WNOHANG) == job.process ? (job, status) : nil
    }
  }

  /// - Returns: whether another job is to take its place.
  private func bury(_ ended: Job, _ status: Int32) throws -> Bool {
    guard let place = jobs.firstIndex(where: { $0.process == ended.process }) else { return false }
    let job = jobs.remove(at: place)
    let signal = status & 0x7f
    guard signal != 0 else {
      let code = ExitStatus(rawValue: status >> 8 & 0xff)
      if code == .done || signals.stop.signal != 0 { return false }
      if code.rawValue > 128 {  // a signal was sent to it alone
        panel.note("job \(job.process) was stopped by signal \(code.rawValue - 128)")
        return true
      }
      // No member would be spared.
      if failure == nil { failure = (code, job.message ?? "job \(job.process) ended with code \(code.rawValue)") }
      for other in jobs { kill(other.process, SIGTERM) }
      return false
    }
    guard let member = job.member else {
      panel.note("job \(job.process) was ended by signal \(signal)")
      return signals.stop.signal == 0
    }
    let folder = board.folder.directory(of: board.members[member]).path
    var record = board.read(member) ?? MemberRecord(.killed)
    deaths[member, default: 0] += 1
    if record.state.isFinal || signals.stop.signal != 0 { return true }
    // Once may be an accident, and others may wait for its figures.
    if deaths[member] == 1 {
      panel.note("\(board.members[member].name): its process was ended by signal \(signal): it is gone on with")
    } else {
      record.state = .killed
      record.message =
        "its process was ended by signal \(signal)" + (signal == SIGKILL ? ": memory may have run out" : "")
      try? record.write(folder: folder)
      board.set(record, at: member)
      panel.ended(member, record, board)
    }
    return true
  }
}
