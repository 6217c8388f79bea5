public import ArgumentParser
internal import CBuildInfo
internal import CThreads
internal import Checkpointing
internal import Glibc
internal import HDF5Storage
internal import Kernels
internal import Training

/// The list of commands, and the way from an error to one line and an exit code.
public struct Cairn: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "cairn",
    abstract: "Trains neural networks on the cores of this machine, and does not lose them.",
    discussion: """
      Example:
        cairn train Recipes/digits.yaml
        cairn evaluate digits
        cairn inspect digits
      """,
    version: version,
    subcommands: [
      Train.self, Resume.self, SweepCommand.self, Evaluate.self, Predict.self, Generate.self, Forecast.self,
      Inspect.self, Verify.self, Diagnose.self, Report.self,
      HistoryCommand.self,
      Diff.self, Drill.self, Runs.self, Compare.self, Watch.self, Serve.self, RecipeCommand.self, DatasetCommand.self,
      Bench.self, VerifyOne.self, ScreenFiles.self,
    ])

  public init() {}

  private static var version: String {
    let commit = String(cString: cairn_commit())
    return "\(CairnVersion.string) (\(commit.isEmpty ? "built without its commit" : "commit \(commit)"))"
  }

  /// Runs the program and ends the process.
  public static func start() -> Never {
    // Before anything else: it says "save", and comes when it likes.
    signal(SIGUSR2, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // Whoever started this process may have blocked what ends it: threads of Dispatch and of other runtimes do.
    var ending = sigset_t()
    sigemptyset(&ending)
    for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&ending, number) }
    pthread_sigmask(SIG_UNBLOCK, &ending, nil)
    StandardOutput.occupyStandardDescriptors()
    if MemoryBudget.addressSpace() != nil { cairn_watch_memory() }
    do {
      try ProcessLimits.requireDescriptors()
      var command = try parseAsRoot(CommandWords.prepared(Array(CommandLine.arguments.dropFirst()), for: Cairn.self))
      try checkLaunch(of: command)
      try command.run()
      exit(withCode: .done)
    } catch let end as EndOfRun {
      exit(withCode: end.code)
    } catch {
      let code = ExitStatus(error)
      if let code, error is SharedFailure || error is JointError {
        if LaunchedProcesses.found()?.rank ?? 0 == 0 { printError("cairn: \(error)") }
        exit(withCode: code)
      }
      Processes.abort(error, code: code ?? .internalFailure)
      if let code {
        printError("cairn: \(error)")
        exit(withCode: code)
      }
      exit(withCode: explain(error))
    }
  }

  /// Usage and help, which are ArgumentParser's, and errors that nobody has foreseen.
  private static func explain(_ error: any Error) -> ExitStatus {
    var text = fullMessage(for: error)
    while text.utf8.last == UInt8(ascii: "\n") { text.removeLast() }
    let code = exitCode(for: error)
    guard code.isSuccess else {
      printError(text)
      return code == .validationFailure ? .usage : .internalFailure
    }
    do {
      try StandardOutput.line(text)
      return .done
    } catch {
      printError("cairn: \(error)")
      return ExitStatus(error) ?? .inputOutput
    }
  }

  /// Under a launcher of several processes: commands that they cannot do together are refused.
  private static func checkLaunch(of command: any ParsableCommand) throws {
    guard let launched = LaunchedProcesses.found(), !(command is any SharedCommand),
      !(command is any SideBySideCommand), !Quarantine.isChild
    else { return }
    // One of them says so.
    if launched.rank > 0 { _exit(ExitStatus.usage.rawValue) }
    throw CommandError(
      .usage, "\(type(of: command)._commandName) is done by one process: start it without \(launched.launcher)")
  }

  private static func exit(withCode code: ExitStatus) -> Never {
    fflush(nil)
    Processes.leave()
    // Not `exit`: libhdf5's handlers can crash a process whose disk was full, and workers may still wait.
    _exit(code.rawValue)
  }
}
