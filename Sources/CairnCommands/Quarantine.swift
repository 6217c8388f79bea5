internal import Checkpointing
internal import Glibc

/// Looks at untrusted files in a child process with bounded memory and time: libhdf5 is no safe parser of hostile bytes.
enum Quarantine {
  /// Wall-clock time that a child may take to read files of so many bytes: enough for a slow disk.
  private static func seconds(reading size: Int) -> Int { 120 + size / 10_000_000 }

  /// Set in a child, which works itself.
  static let marker = "CAIRN_QUARANTINED"
  static var isChild: Bool { getenv(marker) != nil }

  /// Looks a checkpoint over in a child process, as `verify` does. In a child there is no need to.
  ///
  /// - Throws: `CheckpointError`: what is wrong with it; `CommandError` where there can be no child; `EndOfRun`.
  static func check(_ path: String) throws {
    if isChild { return }
    // Only bytes that have kept their digest are worth a process.
    _ = try CheckpointTrailer(screening: path, digest: true)
    let child = run(
      ["verify-one", "--", path], seconds: seconds(reading: size(of: [path])), capture: .output)
    let text = child.output.split(separator: "\n").joined(separator: "; ")
    switch child.ending {
    case .code(0): return
    case .code(65): throw CheckpointError(.unsuitable, text)
    case .code(4): throw CheckpointError(.damaged, text.isEmpty ? "\(path): does not verify" : text)
    case .code(let code):
      throw CheckpointError(.damaged, "\(path): the process that read it ended with code \(code)")
    case .signal(let signal): throw ended(by: signal, reading: path) ?? EndOfRun(code: .signal(signal))
    case .failure(let code): throw noProcess(code)
    }
  }

  /// Has a child process read files before this one does; see `UntrustedFiles`.
  static func screen(_ words: [String], size: Int) throws {
    let child = run(
      ["screen-files", "--"] + words, seconds: seconds(reading: size), capture: .outputAndErrors)
    // Names of files, each before it is read, then perhaps an error.
    let lines = child.output.split(separator: "\n").map(String.init)
    let error = lines.firstIndex { $0.hasPrefix("cairn: ") }
    let file = lines[..<(error ?? lines.count)].last { words.contains($0) } ?? "a file"
    switch child.ending {
    case .code(0): return
    case .code(let code):
      let text = error.map { lines[$0...].joined(separator: "\n").dropFirst(7) }
      throw CommandError(
        ExitStatus(rawValue: code),
        text.map(String.init) ?? "\(file): the process that read it ended with code \(code)")
    case .signal(let signal): throw ended(by: signal, reading: file) ?? EndOfRun(code: .signal(signal))
    case .failure(let code): throw noProcess(code)
    }
  }

  /// Runs this command again, in a child, and passes its output and exit code on.
  ///
  /// - Throws: `EndOfRun` with the child's code; `CommandError` if it was ended.
  /// - Parameter subject: what is read: a run or a file, for messages.
  static func rerun(_ subject: String) throws {
    let child = run(Array(CommandLine.arguments.dropFirst()), seconds: 120)
    switch child.ending {
    case .code(0): return
    case .code(let code): throw EndOfRun(code: ExitStatus(rawValue: code))
    case .signal(let signal): throw ended(by: signal, reading: subject) ?? EndOfRun(code: .signal(signal))
    case .failure(let code): throw noProcess(code)
    }
  }

  /// What a child's end by a signal says of the file; nil: that somebody wants all to stop.
  private static func ended(by signal: Int32, reading file: String) -> CommandError? {
    if [SIGINT, SIGTERM, SIGHUP].contains(signal) { return nil }
    let why =
      switch signal {
      case SIGKILL, SIGXCPU: ", for it did not come to an end"
      case SIGABRT, SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGFPE: ", for it crashed"
      default: ""
      }
    var memory = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &memory)
    let words = "\(file): the process that read it was ended by signal \(signal)\(why)"
    if memory.rlim_cur != rlim_t.max, signal != SIGXCPU {
      return CommandError(.systemRefused, "\(words): the limit of memory (ulimit -v) may be too small for it")
    }
    return CommandError(.badData, "\(words): the file is damaged, hostile or huge")
  }

  private static func noProcess(_ code: Int32) -> CommandError {
    CommandError(.systemRefused, "no process to read the file in: \(String(cString: strerror(code)))")
  }

  /// In the child: address space for what the files may honestly need, beside what the process has already, and processor
  /// time, so that a parser that runs in a circle is stopped soon.
  ///
  /// - Parameter paths: files, and runs' directories, whose largest checkpoints count.
  static func limit(processorSeconds: Int = 60, reading paths: [String]) {
    let time = rlim_t(processorSeconds + size(of: paths) / 4_000_000)
    let wanted = rlim_t(max(0, addressSpace() + 8 * size(of: paths) + 1 << 30))
    var limit = rlimit(rlim_cur: wanted, rlim_max: wanted)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    limit = rlimit(rlim_cur: time, rlim_max: time + 5)
    setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limit)
    limit = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
  }

  /// Bytes of files, and of the largest checkpoint of each run's directory.
  static func size(of paths: [String]) -> Int {
    func size(_ path: String) -> Int {
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }
    let sizes = paths.map { path in
      let store = CheckpointStore(directory: path)
      let steps = (try? store.steps()) ?? []
      return min(max(size(path), steps.map { size(store.path(step: $0)) }.max() ?? 0), 1 << 40)
    }
    return sizes.reduce(0) { min($0 + $1, 1 << 40) }
  }

  private static func addressSpace() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    return Int(strtol(line, nil, 10)) * sysconf(Int32(_SC_PAGESIZE))
  }

  private enum Ending {
    case code(Int32)
    /// SIGKILL if it took too long.
    case signal(Int32)
    case failure(Int32)
  }

  /// What a child says is kept, up to 64 KB.
  private enum Capture {
    case nothing, output, outputAndErrors
  }

  private static func run(
    _ arguments: [String], seconds: Int, capture: Capture = .nothing
  ) -> (ending: Ending, output: String) {
    var pipes: [Int32] = [-1, -1]
    if capture != .nothing {
      if pipe(&pipes) != 0 { return (.failure(errno), "") }
      for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    defer { if pipes[0] >= 0 { close(pipes[0]) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if capture != .nothing { posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO) }
    if capture == .outputAndErrors { posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO) }

    let strings = (["cairn"] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = [
      strdup("\(marker)=1"), strdup("OPENBLAS_NUM_THREADS=1"), strdup("SWIFT_BACKTRACE=enable=no"),
    ]
    var variable = environ
    while let text = variable.pointee {
      if strncmp(text, "OPENBLAS_NUM_THREADS=", 21) != 0, strncmp(text, "SWIFT_BACKTRACE=", 16) != 0 {
        variables.append(strdup(text))
      }
      variable += 1
    }
    variables.append(nil)
    defer { for text in strings + variables { free(text) } }
    // A command that trains ignores the signals that ask it to stop, and hears of them otherwise: not so the child.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var process = pid_t()
    var code = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, strings, variables)
    if code == ENOENT {
      code = posix_spawnp(&process, CommandLine.arguments[0], &actions, &attributes, strings, variables)
    }
    if pipes[1] >= 0 { close(pipes[1]) }
    if code != 0 { return (.failure(code), "") }

    let child = process
    let deadline: Deadline
    do {
      deadline = try Deadline(seconds: seconds) { kill(child, SIGKILL) }
    } catch {
      kill(child, SIGKILL)
      while waitpid(child, nil, 0) < 0 && errno == EINTR {}
      return (.failure(EAGAIN), "")
    }
    let output = capture == .nothing ? "" : read(pipes[0])
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    deadline.cancel()
    let signal = status & 0x7f
    return (signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal), output)
  }

  private static func read(_ descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
      if bytes.count < 65536 { bytes += buffer[0..<count] }
    }
  }
}
