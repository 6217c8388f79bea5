import Foundation
import Glibc
import Testing

/// What the system does not give, and files that are none: a sentence and a code, never a hang or a crash.
@Suite struct LimitTests {
  /// Runs `cairn` under a limit of the shell's `ulimit`.
  private func limited(_ limit: String, _ arguments: String..., in folder: String) throws -> Command.Outcome {
    try Command(
      "bash", ["-c", "ulimit \(limit) && exec \"$0\" \"$@\"", Command.cairn] + arguments, in: folder
    ).wait(limit: 60)
  }

  private let short = StoppingTests.endless.replacing("epochs: 1000000", with: "epochs: 1")

  /// 250000: OpenBLAS would ask for its buffer forever.
  @Test(arguments: ["-v 250000", "-n 6"]) func smallLimitsAreNamed(_ limit: String) throws {
    let place = try Workplace()
    try place.write(short, to: "r.yaml")
    let outcome = try limited(limit, "train", "r.yaml", "--progress", "none", in: place.folder)
    #expect(outcome.code == 71 && outcome.errors.contains("raise `ulimit \(limit.prefix(2))`"), "\(outcome.errors)")
  }

  @Test func moreWorkersThanDispatchHasThreads() throws {
    let place = try Workplace()
    try place.write(short, to: "r.yaml")
    for workers in ["1", "300"] {
      let outcome = try Command.run(
        "train", "r.yaml", "--checkpoints", "w\(workers)", "--workers", workers, "--progress", "none", in: place.folder,
        limit: 60)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    #expect(try place.bytes("w1/endless/latest.h5") == place.bytes("w300/endless/latest.h5"))
    let evaluation = try Command.run("evaluate", "w1/endless", "--workers", "300", in: place.folder, limit: 60)
    #expect(evaluation.code == 0, "\(evaluation.errors)")
  }

  @Test func threadsThatCannotBeHad() throws {
    let place = try Workplace()
    try place.write(short, to: "r.yaml")
    let outcome = try limited(
      "-v 1000000", "train", "r.yaml", "--workers", "1024", "--progress", "none", in: place.folder)
    #expect(outcome.code == 71 && outcome.errors.contains("1024 workers"), "\(outcome.errors)")
  }

  /// A line of some bytes for each row, and a column number that makes them wide.
  @Test func rowsThatAreLargerThanTheyLook() throws {
    let place = try Workplace()
    try place.write(String(repeating: "1 100000:1\n0 3:1\n", count: 20_000), to: "wide.libsvm")
    let outcome = try limited(
      "-v 3000000", "dataset", "describe", "{libsvm: {path: wide.libsvm}}", in: place.folder)
    #expect(outcome.code == 71, "\(outcome.code) \(outcome.errors)")
    #expect(
      outcome.errors.contains("40000 rows of 100000 columns, held dense: not enough memory: 14 GB wanted"),
      "\(outcome.errors)")
  }

  @Test func networksThatDoNotFit() throws {
    let place = try Workplace()
    try place.write(
      short.replacing("units: 32", with: "units: 16777216"), to: "r.yaml")
    let outcome = try limited("-v 1500000", "train", "r.yaml", "--progress", "none", in: place.folder)
    #expect(outcome.code == 71 && outcome.errors.contains("a network of 67108865 weights"), "\(outcome.errors)")
  }

  @Test func aFIFOStopsNobody() throws {
    let place = try Workplace()
    try place.write(short, to: "r.yaml")
    #expect(try Command.run("train", "r.yaml", "--progress", "none", in: place.folder).code == 0)
    func makeFIFO(_ name: String) {
      unlink(place.path(name))
      #expect(mkfifo(place.path(name), 0o600) == 0)
    }
    func expect(_ code: Int32, _ arguments: String...) throws {
      let outcome = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 20)
      #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
      if code != 0 { #expect(outcome.errors.contains("no regular file"), "\(arguments): \(outcome.errors)") }
    }
    makeFIFO("fifo")
    try expect(65, "recipe", "check", "fifo")
    try expect(66, "dataset", "describe", "{libsvm: {path: fifo}}")
    try expect(66, "dataset", "describe", "{csv: {path: /dev/zero, targets: [y]}}")
    try expect(65, "train", "r.yaml", "--name", "other", "--set", "model.initial_weights=fifo")
    let recipe = try place.bytes("Checkpoints/endless/recipe.yaml")
    makeFIFO("Checkpoints/endless/recipe.yaml")
    try expect(65, "evaluate", "endless")
    try expect(65, "resume", "endless")
    unlink(place.path("Checkpoints/endless/recipe.yaml"))
    try Data(recipe).write(to: URL(filePath: place.path("Checkpoints/endless/recipe.yaml")))
    for name in ["events.jsonl", "rows.jsonl"] { makeFIFO("Checkpoints/endless/\(name)") }
    try expect(0, "runs")
    try expect(73, "resume", "endless", "--epochs", "2")
  }

  /// Nothing is saved before the first step: the process ends, at once.
  @Test(arguments: [SIGTERM, SIGUSR1]) func signalsBeforeTheFirstStep(_ signal: Int32) throws {
    let place = try Workplace()
    try place.write(
      StoppingTests.endless.replacing("samples: 2000", with: "samples: 20000000"), to: "r.yaml")
    let run = try Command(Command.cairn, ["train", "r.yaml", "--progress", "plain"], in: place.folder)
    usleep(700_000)
    let began = ContinuousClock.now
    run.send(signal: SIGUSR2)
    run.send(signal: signal)
    let outcome = try run.wait(limit: 60)
    #expect(outcome.code == 128 + signal, "\(outcome.errors)")
    #expect(outcome.errors.contains("ended by signal \(signal) before the first step"), "\(outcome.errors)")
    #expect(began.duration(to: .now) < .seconds(3))
  }

  /// Another run under the same name, while the first one goes on.
  @Test func aFolderThatIsTakenAway() throws {
    let place = try Workplace()
    try place.write(StoppingTests.endless, to: "r.yaml")
    let first = try Command(Command.cairn, ["train", "r.yaml", "--progress", "none"], in: place.folder)
    #expect(first.wait(until: { place.checkpoints("endless").count > 1 }))
    try FileManager.default.moveItem(atPath: place.path("Checkpoints/endless"), toPath: place.path("moved"))
    let second = try Command(
      Command.cairn, ["train", "r.yaml", "--set", "seed=2", "--progress", "none"], in: place.folder)
    let outcome = try first.wait(limit: 60)
    #expect(
      outcome.code == 73 && outcome.errors.contains("the run ends and touches nothing there"), "\(outcome.errors)")
    #expect(second.wait(until: { place.checkpoints("endless").count > 1 }))
    second.send(signal: SIGTERM)
    #expect(try second.wait(limit: 60).code == 143)
    let inspection = try Command.run("inspect", "endless", "--json", in: place.folder).json()
    #expect("\(inspection["seed"] ?? "")" == "2", "\(inspection)")
    #expect(try Command.run("verify", "endless", in: place.folder).code == 0)
    #expect(try Command.run("verify", "moved", in: place.folder).code == 0)
  }
}
