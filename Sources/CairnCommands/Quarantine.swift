internal import Checkpointing
internal import Dispatch
internal import Glibc

/// Looks at untrusted files in a child process with bounded memory and time: libhdf5 is no safe parser of hostile bytes.
enum Quarantine {
  private static let seconds = 120

  /// Set in a child, which works itself.
  private static let marker = "CAIRN_QUARANTINED"
  static var isChild: Bool { getenv(marker) != nil }

  /// What is wrong with a checkpoint; nil: nothing. Only bytes that have kept their digest are worth a process.
  static func problem(of path: String) -> String? {
    do {
      _ = try CheckpointTrailer(screening: path, digest: true)
    } catch {
      return "\(error)"
    }
    let child = run(["verify-one", path], capture: true)
    switch child.ending {
    case .code(0): return nil
    case .code(4):
      let text = child.output.split(separator: "\n").joined(separator: "; ")
      return text.isEmpty ? "does not verify" : text
    case .code(let code): return "the process that read it ended with code \(code)"
    case .signal(let signal): return ended(by: signal)
    case .failure(let code): return "no process to read it in: \(String(cString: strerror(code)))"
    }
  }

  /// Runs this command again, in a child, and passes its output and exit code on.
  ///
  /// - Throws: `EndOfRun` with the child's code; `CommandError` if it was ended.
  static func rerun() throws {
    let child = run(Array(CommandLine.arguments.dropFirst()), capture: false)
    switch child.ending {
    case .code(0): return
    case .code(let code): throw EndOfRun(code: ExitStatus(rawValue: code))
    case .signal(let signal): throw CommandError(.badData, ended(by: signal))
    case .failure(let code):
      throw CommandError(.systemRefused, "no process to read the file in: \(String(cString: strerror(code)))")
    }
  }

  private static func ended(by signal: Int32) -> String {
    "the process that read the file was ended by signal \(signal)"
      + (signal == SIGKILL ? " (it may take \(seconds) s): " : ": ") + "the file is hostile or huge"
  }

  /// In the child: address space for what the file may honestly need, beside what the process has already.
  ///
  /// - Parameter paths: files, and runs' directories, whose largest checkpoints count.
  static func limitMemory(reading paths: String...) { limitMemory(reading: paths) }

  static func limitMemory(reading paths: [String]) {
    func size(_ path: String) -> Int {
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }
    let sizes = paths.map { path in
      let store = CheckpointStore(directory: path)
      let steps = (try? store.steps()) ?? []
      return min(max(size(path), steps.map { size(store.path(step: $0)) }.max() ?? 0), 1 << 40)
    }
    let size = sizes.reduce(0) { min($0 + $1, 1 << 40) }
    let wanted = rlim_t(max(0, addressSpace() + 8 * size + 512 << 20))
    var limit = rlimit(rlim_cur: wanted, rlim_max: wanted)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    limit = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
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

  private static func run(_ arguments: [String], capture: Bool) -> (ending: Ending, output: String) {
    var pipes: [Int32] = [-1, -1]
    if capture {
      if pipe(&pipes) != 0 { return (.failure(errno), "") }
      for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    defer { if pipes[0] >= 0 { close(pipes[0]) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if capture { posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO) }

    let strings = (["cairn"] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = [strdup("\(marker)=1"), strdup("OPENBLAS_NUM_THREADS=1")]
    var variable = environ
    while let text = variable.pointee {
      if strncmp(text, "OPENBLAS_NUM_THREADS=", 21) != 0 { variables.append(strdup(text)) }
      variable += 1
    }
    variables.append(nil)
    defer { for text in strings + variables { free(text) } }
    var process = pid_t()
    let code = posix_spawn(&process, "/proc/self/exe", &actions, nil, strings, variables)
    if capture { close(pipes[1]) }
    if code != 0 { return (.failure(code), "") }

    let child = process
    let deadline = DispatchWorkItem { kill(child, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: deadline)
    let output = capture ? read(pipes[0]) : ""
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
