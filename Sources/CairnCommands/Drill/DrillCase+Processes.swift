internal import Files
internal import Glibc

/// Several processes that train one run.
extension DrillCase {
  static let lostProcess = DrillCase(
    name: "lost-process", fault: "kill -9 of one of two processes (mpirun)",
    promise:
      "The others end instead of waiting for ever; the run goes on from its newest checkpoint, to the same bytes."
  ) { runs in
    #if MPI
      guard let launcher = launcher() else { return .notTried("no mpirun is in PATH") }
      let run = DrillRun(runs, "lost-process")
      defer { run.remove() }
      let words = ["-n", "2", try FileLinks.target(DrillRuns.program)] + run.arguments(DrillRun.Start(isPaced: true))
      // As many processes as this takes, wherever it is tried; root may do it.
      let variables = [
        "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_mpi_yield_when_idle=1",
        "OMPI_MCA_rmaps_base_oversubscribe=1", "OMPI_MCA_hwloc_base_binding_policy=none",
      ]
      let child = try ChildProcess(launcher, words, variables: variables, errors: run.nextErrors())
      try runs.wait(for: child, seconds: runs.deadline) { run.steps.last ?? 0 > 0 }
      _ = try runs.wait(for: child, seconds: runs.moment(max(runs.pacedExtra, runs.reference) / 2))
      let members = ProcessTable.children(of: child.process)
      if child.look() == .code(0) { return .notTried("the run was over before a process could be killed") }
      guard members.count == 2, let victim = members.last else {
        try run.finish(child)
        return .notTried("mpirun did not start two processes here\(run.lastWords)")
      }
      Glibc.kill(victim, SIGKILL)
      let asked = ContinuousClock.now
      let ending = try run.finish(child)
      let seconds = asked.duration(to: .now) / .seconds(1)
      if ending == .code(0) { run.problems.append("exit code 0, though a process was lost") }
      let (reached, saved) = (run.reached(by: members[0]) ?? run.reached(by: members[1]) ?? 0, run.steps.last ?? 0)
      run.problems += DrillJudgement.afterKill(reached: reached, saved: run.steps.last, interval: runs.plan.interval)
      run.checkFiles("after the loss")
      try run.goOn("gone on with by one process")
      let bytes = run.requireSame(as: runs.undisturbed)
      run.checkLeftovers()
      return DrillOutcome(
        happened: "lost after step \(reached), all ended within \(tenths(seconds)) s; gone on with by one process",
        stepsLost: max(0, reached - saved), secondsLost: run.secondsLost(isPaced: true), bytes: bytes,
        problems: run.problems)
    #else
      return .notTried("built without MPI")
    #endif
  }

  #if MPI
    private static func launcher() -> String? {
      let path = getenv("PATH").map { String(cString: $0) } ?? ""
      return path.split(separator: ":").map { "\($0)/mpirun" }.first { access($0, X_OK) == 0 }
    }
  #endif
}

#if MPI
  private enum FileLinks {
    /// What a symbolic link says.
    static func target(_ path: String) throws -> String {
      var target = [CChar](repeating: 0, count: 4096)
      let count = readlink(path, &target, target.count - 1)
      if count < 0 { throw FileError(operation: "read", path: path, code: errno) }
      return String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  private enum ProcessTable {
    /// Numbers of the processes that a process has started, ascending.
    static func children(of parent: pid_t) -> [pid_t] {
      let numbers = ((try? FolderListing.names(in: "/proc")) ?? []).compactMap { pid_t($0) }.sorted()
      return numbers.filter { number in
        guard let bytes = try? FileContents.read("/proc/\(number)/stat") else { return false }
        // After the name, which may hold anything and stands in parentheses: state, then the parent.
        let words = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        return words.count > 1 && pid_t(words[1]) == parent
      }
    }
  }
#endif
