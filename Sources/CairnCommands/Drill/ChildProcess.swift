internal import CThreads
internal import Glibc

/// A child process in a process group of its own: what it starts itself is ended with it.
final class ChildProcess {
  enum Ending: Hashable {
    case code(Int32)
    case signal(Int32)
  }

  let process: pid_t
  /// When it was started.
  let began = ContinuousClock.now
  /// How long it lived.
  private(set) var seconds = 0.0
  /// nil: it lives.
  private(set) var ending: Ending?

  /// - Parameters:
  ///   - program: a path, or a name to be looked for in `PATH`.
  ///   - variables: `NAME=value`, in the place of this process's own of these names.
  ///   - errors: a file that gets standard error; standard output is dropped.
  /// - Throws: `CommandError` where there can be no process.
  init(_ program: String, _ arguments: [String], variables: [String] = [], errors: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)

    // Signals as a shell would give them; those that end this process are held back in it, and must not be in the child.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, usual) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigemptyset(&usual)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGUSR2] { sigaddset(&usual, number) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    let words = ([program] + arguments).map { strdup($0) } + [nil]
    let environment = ChildProcess.environment(variables).map { strdup($0) } + [nil]
    defer { for text in words + environment { free(text) } }
    var process = pid_t()
    let code = posix_spawnp(&process, program, &actions, &attributes, words, environment)
    guard code == 0 else {
      throw CommandError(.systemRefused, "\(program): cannot be started: \(String(cString: strerror(code)))")
    }
    self.process = process
  }

  deinit { end() }

  private static func environment(_ variables: [String]) -> [String] {
    func name(_ text: String) -> Substring { text.prefix { $0 != "=" } }
    let replaced = Set(variables.map(name))
    var all = variables
    var variable = environ
    while let text = variable.pointee {
      let own = String(cString: text)
      if !replaced.contains(name(own)) { all.append(own) }
      variable += 1
    }
    return all
  }

  /// Looks whether it has ended.
  func look() -> Ending? {
    if ending != nil { return ending }
    var status: Int32 = 0
    let found = waitpid(process, &status, WNOHANG)
    if found == 0 || found < 0 && errno == EINTR { return nil }
    seconds = began.duration(to: .now) / .seconds(1)
    let signal = status & 0x7f
    ending = found < 0 ? .signal(SIGKILL) : signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
    return ending
  }

  func send(_ signal: Int32) { if ending == nil { kill(process, signal) } }

  /// Ends it and all that it has started, at once.
  func end() {
    if ending != nil { return }
    kill(-process, SIGKILL)
    kill(process, SIGKILL)
    while look() == nil { usleep(1000) }
  }

  /// No file that it writes may grow beyond so many bytes from here on; nil: as large as before.
  func limitFiles(to bytes: Int?) {
    if ending == nil { cairn_limit_files(process, bytes.map { Int64($0) } ?? -1) }
  }
}
