internal import Checkpointing
internal import Files
internal import Glibc
internal import JSON

/// One run of a drill: a folder, and the processes that train in it one after another.
final class DrillRun {
  let runs: DrillRuns
  let name: String
  /// What holds the run's folder.
  let parent: String
  let directory: RunDirectory
  /// That its processes have lived, and that undisturbed ones would have.
  private(set) var seconds = 0.0
  private(set) var starts = 0
  /// What was not as it must be.
  var problems: [String] = []

  init(_ runs: DrillRuns, _ name: String) {
    self.runs = runs
    self.name = name
    parent = "\(runs.scratch)/\(name)"
    directory = RunDirectory(path: "\(parent)/\(runs.name)")
  }

  // MARK: Processes

  struct Start {
    var steps: Int?
    /// Whether it waits before every step, so that what is done from outside meets it in its steps.
    var isPaced = false
    var inject: String?
    var workers: Int?
    var overrides: [String] = []
  }

  /// Starts the run, or goes on with it.
  func start(_ start: Start = Start()) throws -> ChildProcess {
    try ChildProcess(DrillRuns.program, arguments(start), errors: nextErrors())
  }

  /// The words of a command line that starts the run, or goes on with it.
  func arguments(_ start: Start) -> [String] {
    var words = ["train", "--resume", "--progress", "none", "--checkpoints", parent]
    for override in runs.overrides + start.overrides { words += ["--set", override] }
    words += ["--steps", String(start.steps ?? runs.plan.steps)]
    if let workers = start.workers ?? runs.workers { words += ["--workers", String(workers)] }
    if start.isPaced, runs.pause > 0 { words += ["--pause", String(runs.pause)] }
    if let inject = start.inject { words += ["--inject", inject] }
    return words + ["--", runs.recipe]
  }

  /// A file for what the next process says on standard error.
  func nextErrors() throws -> String {
    try FileContents.makeFolders(parent)
    starts += 1
    return "\(parent)/errors-\(starts)"
  }

  /// Waits for the end of a process; one that takes too long is killed, which is a problem.
  @discardableResult
  func finish(_ child: ChildProcess) throws -> ChildProcess.Ending {
    let limit = runs.deadline
    if try !runs.wait(for: child, seconds: limit) {
      child.end()
      problems.append("no end after \(Int(limit)) seconds; killed")
    }
    seconds += child.seconds
    return child.look() ?? .signal(SIGKILL)
  }

  /// Starts the run, or goes on with it, to its end.
  func train(_ start: Start = Start()) throws -> ChildProcess.Ending { try finish(try self.start(start)) }

  /// Goes on to the end, which must be one.
  ///
  /// - Parameter doing: what is tried, for the sentence on what is wrong.
  func goOn(_ doing: String, _ start: Start = Start()) throws {
    let ending = try train(start)
    if ending != .code(0) { problems.append("\(doing): \(DrillJudgement.words(ending))\(lastWords)") }
  }

  /// What the last process has said at its end, to be put behind a sentence.
  var lastWords: String {
    let lines = errors.split(separator: "\n").filter { !$0.allSatisfy { $0 == " " } }
    return lines.last.map { " (\($0.prefix(200)))" } ?? ""
  }

  /// All that the last process has said.
  var errors: String {
    String(decoding: (try? FileContents.read("\(parent)/errors-\(starts)")) ?? [], as: UTF8.self)
  }

  // MARK: What has come of it

  var events: [DrillEvent] { DrillEvent.all(in: (try? FileContents.read(directory.eventsPath)) ?? []) }

  /// Of the checkpoints that there are.
  var steps: [Int] { (try? directory.store.steps()) ?? [] }

  /// The last step that a process has run, as the running series and the checkpoints tell; nil: it has run none.
  func reached(by process: pid_t) -> Int? {
    var line = JSONLine()
    var (step, hasStarted): (Int?, Bool) = (nil, false)
    for row in ((try? FileContents.read(directory.rowsPath)) ?? []).split(separator: 10) {
      row.withUnsafeBufferPointer { bytes in
        guard line.read(bytes), let number = line.integer("step") else { return }
        if line.string("kind") == "start" {
          step = nil
          hasStarted = line.integer("process") == Int(process)
        } else if hasStarted {
          step = number
        }
      }
    }
    return step.map { max($0, steps.last ?? 0) }
  }

  func reached(by child: ChildProcess) -> Int? { reached(by: child.process) }

  func checkpoint(_ step: Int) -> String { directory.store.path(step: step) }

  /// Sees that every file under a final name is whole and healthy.
  func checkFiles(_ when: String) {
    for step in steps {
      if let problem = DrillStates.problem(of: checkpoint(step)) { problems.append("\(when): \(problem)") }
    }
  }

  /// Sees that nothing half-written is left.
  func checkLeftovers() {
    let left = ((try? FolderListing.names(in: directory.path)) ?? []).filter { $0.contains(".tmp.") }
    if let name = left.first { problems.append("left behind: \(name)") }
  }

  /// The last checkpoint against another run's.
  func compare(with other: DrillRun) -> DrillOutcome.Bytes {
    guard let last = other.steps.last, let theirs = try? FileContents.read(other.checkpoint(last)),
      let ours = try? FileContents.read(checkpoint(last))
    else { return .none }
    return ours == theirs ? .same : .differ
  }

  /// Sees that the last checkpoint is another run's, byte for byte.
  func requireSame(as other: DrillRun, _ name: String = "the undisturbed run") -> DrillOutcome.Bytes {
    let bytes = compare(with: other)
    if bytes == .same { return bytes }
    guard let last = other.steps.last, steps.contains(last) else {
      problems.append("it did not come to step \(other.steps.last ?? 0)")
      return bytes
    }
    let found = (try? DrillStates.differences(checkpoint(last), other.checkpoint(last))) ?? []
    problems.append(
      "its last checkpoint differs from that of \(name)" + (found.isEmpty ? "" : ": \(DrillStates.few(found))"))
    return bytes
  }

  /// - Parameter isPaced: whether its processes waited before every step.
  func secondsLost(isPaced: Bool = false) -> Double {
    max(0, seconds - runs.reference - (isPaced ? runs.pacedExtra : 0))
  }

  /// Removes the folder, unless runs are kept.
  func remove() { if !runs.keeps { Scratch.remove(parent) } }
}
