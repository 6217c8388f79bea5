import Foundation
import Glibc
import Testing

/// The built program, run as a user runs it.
struct Command {
  struct Outcome {
    /// The exit code; 128 + n if signal n ended it.
    let code: Int32
    let output: String
    let errors: String

    func json() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output)")
    }
  }

  struct SpawnError: Error {
    let program: String
    let code: Int32
  }

  /// Beside the running tests: `swift build` puts both into one folder.
  static let cairn: String = {
    let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appending(path: "cairn").path
  }()

  /// Runs the program to its end. After `limit` seconds it is killed: a hang fails the test and not the machine.
  static func run(_ arguments: String..., in folder: String, limit: Double = 300) throws -> Outcome {
    try Command(cairn, arguments, in: folder).wait(limit: limit)
  }

  /// Another program, found on the path.
  static func tool(_ name: String, _ arguments: String..., in folder: String) throws -> Outcome {
    try Command(name, arguments, in: folder).wait(limit: 60)
  }

  let process: pid_t
  private let outputPath: String
  private let errorsPath: String

  /// Starts a program whose output goes to files: a pipe that nobody reads would stop it.
  init(_ program: String, _ arguments: [String], in folder: String) throws {
    let base = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)").path
    outputPath = base + ".out"
    errorsPath = base + ".err"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorsPath, O_WRONLY | O_CREAT, 0o600)
    // `env` changes the folder and becomes the program; Swift has no posix_spawn_file_actions_addchdir_np.
    let words = ["env", "-C", folder, program] + arguments
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, "/usr/bin/env", &actions, nil, &arguments, environ)
    guard code == 0 else { throw SpawnError(program: program, code: code) }
    self.process = process
  }

  /// What it has said on standard error by now.
  var errorsSoFar: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }

  func send(signal: Int32) { kill(process, signal) }

  /// Waits until `condition` holds or the program has ended.
  func wait(limit: Double = 120, until condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(limit)
    while ContinuousClock.now < end {
      if condition() { return true }
      if kill(process, 0) != 0 { return false }
      usleep(5000)
    }
    return false
  }

  func wait(limit: Double) throws -> Outcome {
    defer {
      unlink(outputPath)
      unlink(errorsPath)
    }
    let end = ContinuousClock.now + .seconds(limit)
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      if ContinuousClock.now > end {
        Issue.record("no end after \(limit) seconds; killed")
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        break
      }
      usleep(2000)
    }
    let signal = status & 0x7f
    return Outcome(
      code: signal == 0 ? status >> 8 & 0xff : 128 + signal,
      output: try String(contentsOfFile: outputPath, encoding: .utf8),
      errors: try String(contentsOfFile: errorsPath, encoding: .utf8))
  }
}
