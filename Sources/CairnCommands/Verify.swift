internal import ArgumentParser
internal import Checkpointing
internal import Files
internal import JSON
internal import Recipes
internal import Training

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks digests, completeness and finiteness of checkpoints.",
    discussion: """
      Every checkpoint of a run is checked, or the files that are named. Exit code 4 if one does not verify. The files are
      read in a child process with bounded memory and time: a hostile one cannot harm more than that.

      Example:
        cairn verify digits
        cairn verify Checkpoints/digits/step-000000500.h5 --json
      """)

  @Argument(help: ArgumentHelp("Runs or checkpoint files.", valueName: "run|checkpoint"))
  var targets: [String]

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Prints one JSON document.")
  var json = false

  func run() throws {
    let paths = try targets.flatMap { try files($0) }
    var documents: [JSONValue] = []
    var failures = 0
    for path in paths {
      let problem = try Verify.problem(of: path)
      if problem != nil { failures += 1 }
      documents.append([
        "path": .string(path), "valid": .bool(problem == nil), "reason": problem.map { .string($0) } ?? .null,
      ])
      if !json { try StandardOutput.line(problem.map { "INVALID  \(path)\n         \($0)" } ?? "ok       \(path)") }
    }
    if json { try StandardOutput.line(JSONValue.array(documents).text) }
    if failures > 0 {
      if !json { printError("cairn: \(failures) of \(paths.count) checkpoints do not verify") }
      throw EndOfRun(code: .verificationFailed)
    }
  }

  /// nil: it verifies.
  private static func problem(of path: String) throws -> String? {
    do {
      try Quarantine.check(path)
      return nil
    } catch let error as CheckpointError {
      return error.description
    } catch let error as CommandError where error.status == .badData {
      return error.description
    }
  }

  private func files(_ target: String) throws -> [String] {
    for directory in [target, "\(checkpoints)/\(target)"] where FilePath.isFolder(directory) {
      let store = CheckpointStore(directory: directory)
      let steps = try store.steps()
      if steps.isEmpty { throw CommandError(.noInput, "\(directory): holds no checkpoints") }
      return steps.map { store.path(step: $0) }
    }
    guard FilePath.exists(target) else {
      throw CommandError(.noInput, "\(target): no such checkpoint, and no run of that name in \(checkpoints)/")
    }
    return [target]
  }
}

/// The hidden command that a child process runs: verifies one file and prints what is wrong with it.
struct VerifyOne: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "verify-one", shouldDisplay: false)

  @Argument(help: "A checkpoint file.")
  var path: String

  func run() throws {
    Quarantine.limit(processorSeconds: 10, reading: [path])
    do {
      let checkpoint = try CheckpointAudit.check(path)
      if !checkpoint.recipe.isEmpty {
        try checkpoint.checkFitness(for: try RunReference.storedRecipe(checkpoint).configuration)
      }
    } catch let error as CheckpointError where error.kind == .unsuitable {
      try StandardOutput.line("\(error)")
      throw EndOfRun(code: .badData)
    } catch {
      try StandardOutput.line("\(error)")
      throw EndOfRun(code: .verificationFailed)
    }
  }
}
