internal import ArgumentParser
internal import DataParallel
internal import Glibc
internal import MPIExchange
internal import Training

/// A command that several processes, started together, do as one.
protocol SharedCommand: ParsableCommand {}

/// A command that several processes, started together, do side by side, each for itself.
protocol SideBySideCommand: ParsableCommand {}

/// The processes that do a command together; as a rule this one alone.
struct Processes {
  /// nil: this one alone.
  let group: (any ProcessGroup)?

  /// Whether this one reads and writes files of the run, and speaks.
  var isFirst: Bool { group?.isFirst ?? true }

  /// Joins those that were started together with this one.
  ///
  /// - Parameter timeout: seconds to wait for others that show no sign of life.
  static func join(timeout: Int) throws -> Processes {
    guard let launched = LaunchedProcesses.found() else { return Processes(group: nil) }
    #if MPI
      let group = try MPIProcessGroup(limit: .seconds(timeout), startLimit: .seconds(900))
      guard group.count == launched.count else {
        throw CommandError(
          .usage,
          "\(launched.launcher) has started \(launched.count) processes, but MPI sees \(group.count): under Slurm start "
            + "them with srun --mpi=pmix; CAIRN_ALONE=1 makes each a run of its own")
      }
      return Processes(group: group)
    #else
      throw Processes.withoutMPI(launched)
    #endif
  }

  static func withoutMPI(_ launched: LaunchedProcesses) -> CommandError {
    CommandError(
      .usage,
      "\(launched.launcher) has started \(launched.count) processes, but this cairn was built without MPI: build it with "
        + "scripts/quickstart --mpi (swift build -c release --traits MPI), or start it without \(launched.launcher); "
        + "CAIRN_ALONE=1 makes each process a run of its own")
  }

  /// Everybody has what it needs; from here on nobody may be silent for longer than the timeout.
  func start() throws {
    try group?.meet()
    #if MPI
      (group as? MPIProcessGroup)?.start()
    #endif
  }

  /// Does `work`, and fails on all processes if it has failed on one.
  func together<Value>(_ work: () throws -> Value) throws -> Value {
    guard let group else { return try work() }
    let result = Result { try work() }
    var (code, text): (UInt64, String) = (0, "")
    if case .failure(let error) = result {
      code = UInt64(ExitStatus(error)?.rawValue ?? ExitStatus.internalFailure.rawValue)
      text = "\(error)"
    }
    let codes = try group.gather(words: [code]).map { $0[0] }
    guard let failed = codes.firstIndex(where: { $0 != 0 }) else { return try result.get() }
    let texts = try group.gather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    let place = failed == 0 || texts[failed] == texts[0] ? "" : "process \(failed): "
    throw SharedFailure(status: ExitStatus(rawValue: Int32(codes[failed])), description: place + texts[failed])
  }

  /// - Throws: `SharedFailure` where a process has found something else than the first.
  func checkSame(_ what: String, _ found: String) throws {
    guard let group else { return }
    let all = try group.gather(Array(found.utf8))
    guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
    throw SharedFailure(
      status: .badData, description: "process \(other) has another \(what) than process 0: all need the same")
  }

  /// What the first process finds, at all of them.
  func fromFirst(_ find: () throws -> String) throws -> String {
    let text = try together { isFirst ? try find() : "" }
    guard let group else { return text }
    return String(decoding: try group.broadcast(Array(text.utf8)), as: UTF8.self)
  }

  func firstSays(_ find: () throws -> Bool) throws -> Bool { try fromFirst { try find() ? "1" : "" } == "1" }

  /// Leaves the group at the end of a command that all have done.
  static func leave() {
    #if MPI
      if MPIProcessGroup.isJoined { MPIProcessGroup.leave(within: 60) }
    #endif
  }

  /// Ends all processes for an error that is this one's, or at least not known to be everybody's.
  static func abort(_ error: any Error, code: ExitStatus) {
    #if MPI
      guard MPIProcessGroup.isJoined else { return }
      let rank = LaunchedProcesses.found()?.rank ?? 0
      // If it is everybody's, one need say it.
      if rank > 0 { usleep(700_000) }
      printError("cairn: \(rank > 0 ? "process \(rank): " : "")\(error)")
      MPIProcessGroup.abort(code: code.rawValue)
    #endif
  }
}

/// A failure of one process, told on all.
struct SharedFailure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String
}
