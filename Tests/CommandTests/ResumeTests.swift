import Foundation
import Glibc
import Testing

/// Runs that are killed, stopped and damaged, and go on as if nothing had been. The long forms are in `scripts`:
/// check-kills, check-signals, check-faults, check-disk-full, check-damage.
@Suite(.serialized) struct ResumeTests {
  private static let recipe = """
    name: run
    seed: 5
    data: {train: {make_moons: {samples: 400, noise: 0.2, random_state: 3}}, validation: {fraction: 0.2}, scaling: standard}
    model:
      layers:
        - dense: {units: 32, activation: relu}
        - batch_normalization: {}
        - dropout: {rate: 0.2}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: {cosine_decay: {initial_learning_rate: 0.01, decay_steps: 500}}}}
    training:
      epochs: 40
      batch_size: 32
      shards: 8
      early_stopping: {monitor: validation_loss, patience: 60, restore_best: true}
    checkpoints: {every_steps: 20, every_epochs: 0, keep_last: 3}
    """

  /// A place with a finished run in `whole/run`.
  private func place() throws -> (place: Workplace, last: String) {
    let place = try Workplace()
    try place.write(Self.recipe, to: "run.yaml")
    let outcome = try train(place, "whole", workers: 1)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return (place, try #require(checkpoints(place, "whole").last))
  }

  private func train(_ place: Workplace, _ parent: String, workers: Int = 2, _ more: String...) throws
    -> Command.Outcome
  {
    try start(place, parent, workers: workers, more).wait(limit: 120)
  }

  private func start(_ place: Workplace, _ parent: String, workers: Int = 2, _ more: [String] = []) throws -> Command {
    let arguments = ["train", "run.yaml", "--checkpoints", parent, "--workers", "\(workers)", "--resume"] + more
    return try Command(Command.cairn, arguments, in: place.folder)
  }

  private func checkpoints(_ place: Workplace, _ parent: String) -> [String] {
    place.list("\(parent)/run").filter { $0.hasPrefix("step-") && $0.hasSuffix(".h5") }
  }

  private func isLocked(_ place: Workplace, _ parent: String) -> Bool {
    FileManager.default.fileExists(atPath: place.path("\(parent)/run/.lock"))
  }

  @Test func killedRunsEndWithTheSameBytes() throws {
    let (place, last) = try place()
    var kills = 0
    for run in 1...3 {
      var isDone = false
      for start in 1...40 where !isDone {
        let process = try self.start(place, "killed-\(run)", workers: [1, 2, 4, 8][start % 4])
        // The last ones are left in peace, so that the test ends on a slow machine too.
        if start < 36 { usleep(UInt32.random(in: 0...400_000)) }
        if start < 36 { process.send(signal: SIGKILL) }
        let outcome = try process.wait(limit: 120)
        #expect(outcome.code == 0 || outcome.code == 137, "\(outcome.errors)")
        isDone = outcome.code == 0
        kills += isDone ? 0 : 1
      }
      #expect(isDone)
      #expect(try place.bytes("killed-\(run)/run/\(last)") == place.bytes("whole/run/\(last)"))
      #expect(!place.list("killed-\(run)/run").contains { $0.contains(".tmp.") })
    }
    #expect(kills > 0)
  }

  @Test(arguments: [(SIGTERM, 143), (SIGINT, 130), (SIGHUP, 129), (SIGUSR1, 138)] as [(Int32, Int32)])
  func signalsSaveAndEnd(_ signal: Int32, _ code: Int32) throws {
    let place = try Workplace()
    try place.write(Self.recipe, to: "run.yaml")
    // More epochs than can be done before the signal.
    let process = try start(place, "stopped", ["--set", "training.epochs=100000"])
    #expect(process.wait { checkpoints(place, "stopped").count > 1 })
    let began = ContinuousClock.now
    process.send(signal: signal)
    let outcome = try process.wait(limit: 60)
    #expect(outcome.code == code, "\(outcome.errors)")
    #expect(ContinuousClock.now - began < .seconds(5))
    #expect(try Command.run("verify", "stopped/run", in: place.folder).code == 0)
  }

  @Test func savingOnDemandDoesNotEndARun() throws {
    let (place, last) = try place()
    let process = try start(place, "saved", ["--set", "checkpoints.every_steps=0"])
    #expect(process.wait { isLocked(place, "saved") })
    for _ in 0..<5 {
      usleep(20_000)
      process.send(signal: SIGUSR2)
    }
    #expect(try process.wait(limit: 120).code == 0)
    #expect(checkpoints(place, "saved").last == last)
  }

  @Test func damagedCheckpointsArePassedOverAndNamed() throws {
    let (place, last) = try place()
    var bytes = try place.bytes("whole/run/\(last)")
    let good = bytes
    bytes[bytes.count / 3] ^= 4
    try Data(bytes).write(to: URL(filePath: place.path("whole/run/\(last)")))
    let verified = try Command.run("verify", "whole/run", in: place.folder)
    #expect(verified.code == 4 && verified.output.contains("SHA-256"))
    let outcome = try Command.run("resume", "whole/run", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("rejected checkpoint whole/run/\(last)"))
    #expect(try place.bytes("whole/run/\(last)") == good)
    for name in checkpoints(place, "whole") {
      try Data([1, 2, 3]).write(to: URL(filePath: place.path("whole/run/\(name)")))
    }
    #expect(try Command.run("resume", "whole/run", in: place.folder).code == 66)
  }

  @Test func finishedRunsAreLeftAsTheyAre() throws {
    let (place, last) = try place()
    let before = try place.bytes("whole/run/\(last)")
    #expect(try train(place, "whole").code == 0)
    #expect(try place.bytes("whole/run/\(last)") == before)
  }

  @Test func oneTrainerAFolder() throws {
    let place = try Workplace()
    try place.write(Self.recipe, to: "run.yaml")
    let first = try start(place, "shared", ["--set", "training.epochs=100000"])
    #expect(first.wait { checkpoints(place, "shared").count > 0 })
    for arguments in [["train", "run.yaml", "--checkpoints", "shared", "--resume"], ["resume", "shared/run"]] {
      let second = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 60)
      #expect(second.code == 73 && second.errors.contains("\(first.process)"), "\(second.errors)")
    }
    first.send(signal: SIGKILL)
    _ = try first.wait(limit: 60)
    // The lock has died with its owner. Checkpoints stand at the ends of epochs, 10 steps each: fewer epochs than those
    // done are refused, one more is trained. Either way the half-written file of the dead one is swept.
    let newest = try #require(checkpoints(place, "shared").last)
    let done = try #require(Int(newest.dropFirst("step-".count).dropLast(".h5".count))) / 10
    #expect(done >= 2)
    for (epochs, code) in [(done - 1, 65), (done + 1, 0)] as [(Int, Int32)] {
      try place.write("half", to: "shared/run/.step-000000040.h5.tmp.1.0")
      let outcome = try start(place, "shared", ["--set", "training.epochs=\(epochs)"]).wait(limit: 60)
      #expect(outcome.code == code, "\(epochs) of \(done): \(outcome.errors)")
      #expect(outcome.errors.contains("has done \(done) epochs already") == (code == 65), "\(outcome.errors)")
      #expect(!place.list("shared/run").contains { $0.contains(".tmp.") })
    }
  }

  @Test(arguments: [
    ("data.train.make_moons.random_state=4", "data"), ("model.layers.0.dense.units=31", "model"),
    ("optimizer.adam.learning_rate=0.1", "optimizer"), ("training.shards=4", "shards"),
    ("training.batch_size=16", "batch_size"), ("seed=6", "seed"),
  ])
  func whatARunIsMadeOfMayNotChange(_ change: String, _ permission: String) throws {
    let (place, _) = try place()
    let outcome = try Command.run("resume", "whole/run", "--set", change, in: place.folder)
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("--allow \(permission)"), "\(outcome.errors)")
  }

  /// What trains nothing changes nothing, whatever was asked for.
  @Test func aResumptionThatTrainsNothingLeavesTheRecipe() throws {
    let (place, last) = try place()
    let recipe = try place.bytes("whole/run/recipe.yaml")
    let checkpoint = try place.bytes("whole/run/\(last)")
    let asked: [([String], Int32, String)] = [
      (["--set", "optimizer.adam.learning_rate=0.02", "--allow", "optimizer"], 0, "already finished after 40 epochs"),
      (["--epochs", "40", "--set", "health.max_skips=7"], 0, "--epochs N"),
      (["--epochs", "3"], 65, "has done 40 epochs already"),
      (["--set", "training.epochs=39"], 65, "has done 40 epochs already"),
    ]
    for (arguments, code, text) in asked {
      let outcome = try Command(Command.cairn, ["resume", "whole/run"] + arguments, in: place.folder).wait(limit: 60)
      #expect(
        outcome.code == code && (outcome.output + outcome.errors).contains(text), "\(arguments): \(outcome.errors)")
      #expect(try place.bytes("whole/run/recipe.yaml") == recipe, "\(arguments)")
      #expect(try place.bytes("whole/run/\(last)") == checkpoint)
    }
    let fewer = try train(place, "whole", "--set", "training.epochs=5")
    #expect(fewer.code == 65 && fewer.errors.contains("asked for are 5"), "\(fewer.errors)")
    #expect(try place.bytes("whole/run/recipe.yaml") == recipe)
    let more = try Command.run("resume", "whole/run", "--epochs", "42", in: place.folder)
    #expect(more.code == 0 && more.output.contains("42 epochs"), "\(more.errors)")
    #expect(String(decoding: try place.bytes("whole/run/recipe.yaml"), as: UTF8.self).contains("epochs: 42"))
  }

  /// Killed between the checkpoint that a changed recipe is written to and the first step under it.
  @Test func aRecipeLeftBesideIsTakenOverIfTheCheckpointIsItsOwn() throws {
    let (place, _) = try place()
    let old = try place.bytes("whole/run/recipe.yaml")
    let set = ["--set", "optimizer.adam.learning_rate.cosine_decay.initial_learning_rate=0.02"]
    let on = try Command(
      Command.cairn, ["resume", "whole/run", "--epochs", "41", "--allow", "optimizer"] + set, in: place.folder
    ).wait(limit: 60)
    #expect(on.code == 0, "\(on.errors)")
    let new = try place.bytes("whole/run/recipe.yaml")
    #expect(new != old && !place.list("whole/run").contains(".recipe.yaml.next"))
    // As after a kill: the checkpoint is of the new recipe, the folder's is the old one.
    try Data(old).write(to: URL(filePath: place.path("whole/run/recipe.yaml")))
    #expect(try Command.run("resume", "whole/run", "--epochs", "42", in: place.folder).code == 65)
    try Data(new).write(to: URL(filePath: place.path("whole/run/.recipe.yaml.next")))
    let outcome = try Command.run("resume", "whole/run", "--epochs", "42", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    // And a proposal that no checkpoint was written under is dropped.
    let final = try place.bytes("whole/run/recipe.yaml")
    try Data(old).write(to: URL(filePath: place.path("whole/run/.recipe.yaml.next")))
    #expect(try Command.run("resume", "whole/run", "--epochs", "42", in: place.folder).code == 0)
    #expect(try place.bytes("whole/run/recipe.yaml") == final)
    #expect(!place.list("whole/run").contains(".recipe.yaml.next"))
  }

  /// The figures that are told of a run are those of the model on the disk, at its end and ever after.
  @Test func oneModelHasOneResult() throws {
    let place = try Workplace()
    try place.write(Self.recipe, to: "run.yaml")
    // A rate that jumps makes the last epochs worse than the best one; nothing is to go back for it.
    let arguments = [
      "train", "run.yaml", "--set",
      "optimizer={sgd: {learning_rate: {piecewise_constant_decay: {boundaries: [60], values: [0.1, 3]}}}}",
      "--set", "training.epochs=12", "--set", "health.on_blowup=halt", "--progress", "plain",
    ]
    let first = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 120)
    #expect(first.code == 0, "\(first.errors)")
    func figures(_ text: String) -> String? {
      text.split(separator: "\n").last { $0.contains("validation_accuracy") && $0.contains("best, epoch") }.map(
        String.init)
    }
    let told = try #require(figures(first.output), "\(first.output)")
    let again = try Command(Command.cairn, arguments + ["--resume"], in: place.folder).wait(limit: 120)
    #expect(figures(again.output) == told)
    #expect(figures(try Command.run("resume", "run", in: place.folder).output) == told)

    let evaluated = try Command.run("evaluate", "run", "--json", in: place.folder).json()
    let loss = try #require(evaluated["loss"] as? Double)
    let runs = try Command.run("runs", "--json", in: place.folder).output
    let run = try #require(
      try (JSONSerialization.jsonObject(with: Data(runs.utf8)) as? [[String: Any]])?.first)
    let inspected = try Command.run("inspect", "run", "--json", in: place.folder).json()
    let inspectedFigures = try #require(inspected["figures"] as? [String: Double])
    #expect(run["validation_loss"] as? Double == inspectedFigures["validation_loss"])
    #expect(abs((run["validation_loss"] as? Double ?? .nan) - loss) < 1e-6)
    #expect(run["restored_epoch"] as? Int == inspected["restored_epoch"] as? Int && run["restored_epoch"] is Int)
    #expect(told.contains("epoch \(run["restored_epoch"] as? Int ?? 0))"))
    let table = try Command.run("runs", in: place.folder).output
    #expect(table.contains("restored_epoch"))
  }
}
