import Foundation
import Glibc
import Testing

@testable import CairnCommands

/// Many runs, from the built program. The long form of the kills is scripts/check-sweeps.
@Suite(.serialized) struct SweepTests {
  private static let recipe = """
    seed: 5
    data:
      train: {make_moons: {samples: 300, noise: 0.25, random_state: 1}}
      validation: {fraction: 0.2}
    model:
      layers:
        - dense: {units: 8, activation: relu}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.01}}
    training: {epochs: 12, batch_size: 32}
    """
  private static let vary = """
    recipe: recipe.yaml
    vary:
      optimizer.adam.learning_rate: {log_uniform: [1e-3, 1e-1]}
      model.layers.0.dense.units: [4, 8]

    """

  private func place(_ sweeps: [String: String]) throws -> Workplace {
    let place = try Workplace()
    try place.write(Self.recipe, to: "recipe.yaml")
    for (name, text) in sweeps { try place.write(text, to: name) }
    return place
  }

  private func sweep(_ place: Workplace, _ arguments: String...) throws -> Command.Outcome {
    try Command(Command.cairn, ["sweep"] + arguments, in: place.folder).wait(limit: 120)
  }

  private func last(_ place: Workplace, _ member: String) throws -> [UInt8] {
    let steps = place.list(member).filter { $0.hasPrefix("step-") }
    return try place.bytes("\(member)/\(try #require(steps.last))")
  }

  @Test func firstMembersAreTheSameInALongerSweepWithAnyJobs() throws {
    let place = try place([
      "a.yaml": Self.vary + "draw: {random: 3}\nseeds: 2\n", "b.yaml": Self.vary + "draw: {random: 4}\nseeds: 2\n",
    ])
    #expect(try sweep(place, "a.yaml", "--jobs", "1").code == 0)
    #expect(try sweep(place, "b.yaml", "--jobs", "3").code == 0)
    for member in ["d001-s1", "d001-s2", "d002-s1", "d003-s2"] {
      #expect(try last(place, "Checkpoints/a/\(member)") == last(place, "Checkpoints/b/\(member)"))
    }
    // 96 steps in 12 epochs: few have a row of their own.
    let rows = String(decoding: try place.bytes("Checkpoints/a/d001-s1/rows.jsonl"), as: UTF8.self)
    #expect((12...40).contains(rows.split(separator: "\n").count))
    #expect(place.list("Checkpoints/b").filter { $0.hasPrefix("d") }.count == 8)
  }

  @Test func theBestRecipeTrainsToTheMembersBytes() throws {
    let place = try place(["a.yaml": Self.vary + "draw: {sobol: 4}\n"])
    let outcome = try sweep(place, "a.yaml")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let rows = String(decoding: try place.bytes("Checkpoints/a/sweep.csv"), as: UTF8.self).split(separator: "\n")
    #expect(
      rows[0]
        == "rank,draw,state,optimizer.adam.learning_rate,model.layers.0.dense.units,validation_loss_mean,validation_loss_std,loss_mean,validation_accuracy_mean"
    )
    #expect(rows.count == 5)
    let means = rows.dropFirst().compactMap { Double($0.split(separator: ",", omittingEmptySubsequences: false)[5]) }
    #expect(means.count == 4 && means == means.sorted())
    let best = String(rows[1].split(separator: ",")[1])
    let trained = try Command.run(
      "train", "Checkpoints/a/best.yaml", "--checkpoints", "again", "--workers", "2", in: place.folder)
    #expect(trained.code == 0, "\(trained.errors)")
    #expect(try last(place, "again/\(best)") == last(place, "Checkpoints/a/\(best)"))
  }

  @Test func killedSweepsEndWithTheSameBytes() throws {
    let text = Self.vary + "draw: {random: 6}\nseeds: 2\nprune: {halving: {factor: 2, min_epochs: 3}}\n"
    let place = try place(["a.yaml": text.replacing("recipe.yaml", with: "long.yaml")])
    try place.write(Self.recipe.replacing("epochs: 12", with: "epochs: 60"), to: "long.yaml")
    #expect(try sweep(place, "a.yaml", "--checkpoints", "whole").code == 0)
    var signals = [SIGKILL, SIGTERM, SIGKILL, SIGINT]
    for start in 0..<30 {
      let command = try Command(
        Command.cairn, ["sweep", "a.yaml", "--checkpoints", "cut", "--resume", "--jobs", "\(start % 3 + 1)"],
        in: place.folder)
      if let signal = signals.popLast() {
        usleep(UInt32.random(in: 20_000...600_000))
        command.send(signal: signal)
      }
      if try command.wait(limit: 120).code == 0 { break }
    }
    for file in ["sweep.csv", "best.yaml"] {
      #expect(try place.bytes("cut/a/\(file)") == place.bytes("whole/a/\(file)"))
    }
    let members = place.list("whole/a").filter { $0.hasPrefix("d") }
    #expect(members.count == 12)
    for member in members {
      #expect(try last(place, "cut/a/\(member)") == last(place, "whole/a/\(member)"), "\(member)")
    }
    let table = String(decoding: try place.bytes("whole/a/sweep.csv"), as: UTF8.self)
    #expect(table.contains(",pruned,") && table.contains("1,d00"))
  }

  @Test func aJobThatIsKilledTakesNothingWithIt() throws {
    let text = Self.vary + "draw: {random: 4}\nprune: {halving: {factor: 2, min_epochs: 30}}\n"
    let place = try place(["a.yaml": text.replacing("recipe.yaml", with: "long.yaml")])
    try place.write(Self.recipe.replacing("epochs: 12", with: "epochs: 150"), to: "long.yaml")
    #expect(try sweep(place, "a.yaml", "--checkpoints", "whole").code == 0)
    let command = try Command(
      Command.cairn, ["sweep", "a.yaml", "--checkpoints", "cut", "--progress", "plain"], in: place.folder)
    let children = "/proc/\(command.process)/task/\(command.process)/children"
    func jobs() -> [pid_t] {
      ((try? String(contentsOfFile: children, encoding: .utf8)) ?? "").split(separator: " ").compactMap { pid_t($0) }
    }
    // A member that trains.
    #expect(command.wait { place.list("cut/a/d001").contains("rows.jsonl") && !jobs().isEmpty })
    if let job = jobs().first { kill(job, SIGKILL) }
    let outcome = try command.wait(limit: 120)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("was ended by signal 9"))
    #expect(try place.bytes("cut/a/sweep.csv") == place.bytes("whole/a/sweep.csv"))
    for member in ["d001", "d002", "d003", "d004"] {
      #expect(try last(place, "cut/a/\(member)") == last(place, "whole/a/\(member)"))
    }
  }

  @Test func whatFailsIsToldAndEndsNothingElse() throws {
    let place = try place([
      "a.yaml": """
      recipe: recipe.yaml
      vary: {model.layers.0.dense.units: [0, 4, 8], optimizer.adam.learning_rate: [0.01]}

      """
    ])
    let outcome = try sweep(place, "a.yaml")
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains("d001 failed"))
    #expect(outcome.errors.contains("expected an integer from 1"))
    let table = String(decoding: try place.bytes("Checkpoints/a/sweep.csv"), as: UTF8.self)
    #expect(table.contains("\n,d001,failed,0,0.01,,"))
    #expect(try sweep(place, "a.yaml", "--dry-run").code == 65)
  }

  @Test func pruningThatComparesNothingIsTold() throws {
    let text = Self.vary + "draw: {random: 2}\nprune: {median: {warm_up_epochs: EPOCHS}}\n"
    let place = try place([
      "a.yaml": text.replacing("EPOCHS", with: "12"), "b.yaml": text.replacing("EPOCHS", with: "11"),
    ])
    let outcome = try sweep(place, "a.yaml", "--dry-run")
    #expect(outcome.code == 0 && outcome.errors.contains("nothing is compared"))
    #expect(try sweep(place, "b.yaml", "--dry-run").errors.isEmpty)
  }

  @Test func anotherSweepOfTheNameIsRefused() throws {
    let place = try place(["a.yaml": Self.vary + "draw: {random: 2}\n"])
    #expect(try sweep(place, "a.yaml").code == 0)
    let before = try place.bytes("Checkpoints/a/sweep.csv")
    // Finished: says so again.
    #expect(try sweep(place, "a.yaml").code == 0)
    try place.write(Self.vary.replacing("1e-3", with: "1e-4") + "draw: {random: 2}\n", to: "a.yaml")
    let outcome = try sweep(place, "a.yaml", "--resume")
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("`vary` differs"))
    #expect(try place.bytes("Checkpoints/a/sweep.csv") == before)
    // More draws are fine: the first ones stay what they are.
    try place.write(Self.vary + "draw: {random: 3}\n", to: "a.yaml")
    #expect(try sweep(place, "a.yaml").code == 73)
    #expect(try sweep(place, "a.yaml", "--resume").code == 0)
    try place.write(Self.vary + "draw: {random: 2}\n", to: "a.yaml")
    #expect(try sweep(place, "a.yaml", "--resume").code == 65)
  }

  @Test func drawsThatAreTold() throws {
    let place = try place(["a.yaml": "recipe: recipe.yaml\ndraw: told\nseeds: 2\n"])
    #expect(try sweep(place, "next", "a.yaml").output.isEmpty)
    let told = try sweep(place, "tell", "a.yaml", #"{"optimizer.adam.learning_rate": 0.02, "training.epochs": 3}"#)
    #expect(told.output == "t001\n", "\(told.errors)")
    for settings in [
      #"{"optimizer.adam.learning_rat": 0.02}"#, #"{"name": "x"}"#, #"{"seed": 3}"#, "{", "[1]", "{}",
      #"{"optimizer.adam.learning_rate": 0.5, "optimizer": "adam"}"#,
    ] { #expect(try sweep(place, "tell", "a.yaml", settings).code == 65) }
    #expect(
      try sweep(place, "next", "a.yaml").output
        == #"{"draw": "t001", "settings": {"optimizer.adam.learning_rate": 0.02, "training.epochs": 3}}"# + "\n")
    #expect(try sweep(place, "a.yaml").code == 0)
    #expect(place.list("Checkpoints/a").filter { $0.hasPrefix("t001-") } == ["t001-s1", "t001-s2"])
    #expect(try sweep(place, "next", "a.yaml").output.isEmpty)
  }

  @Test func membersThatAreNotWhatTheirRecordsTell() throws {
    let place = try place(["a.yaml": Self.vary + "draw: {random: 2}\n"])
    #expect(try sweep(place, "a.yaml", "--checkpoints", "runs").code == 0)
    let whole = try last(place, "runs/a/d002")
    // Worked on where it is, wherever that may be; and read-only, as nothing is to be done.
    chmod(place.path("runs/a"), 0o500)
    #expect(try sweep(place, "runs/a", "--resume").code == 0)
    chmod(place.path("runs/a"), 0o700)
    #expect(!place.list().contains("Checkpoints"))
    // Trained on as a run of its own.
    #expect(try Command.run("resume", "runs/a/d001", "--epochs", "14", in: place.folder).code == 0)
    let outcome = try sweep(place, "runs/a", "--resume")
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("d001 has a checkpoint of step 112, recorded is step 96"))
    try FileManager.default.removeItem(atPath: place.path("runs/a/d001"))
    #expect(try sweep(place, "runs/a", "--resume").code == 0)
    // Without a checkpoint that could be gone on from, and without a record: trained anew.
    for name in place.list("runs/a/d002") where name.hasSuffix(".h5") && name != "latest.h5" {
      try place.write("no checkpoint", to: "runs/a/d002/\(name)")
    }
    try FileManager.default.removeItem(atPath: place.path("runs/a/d002/member.json"))
    let again = try sweep(place, "runs/a", "--resume")
    #expect(again.code == 0, "\(again.errors)")
    #expect(try last(place, "runs/a/d002") == whole)
    // Other draws under the same numbers.
    try FileManager.default.removeItem(atPath: place.path("runs/a/sweep.yaml"))
    #expect(try sweep(place, "a.yaml", "--checkpoints", "runs").code == 73)
  }

  @Test func errorsOfASweepsFile() throws {
    let cases: [(text: String, code: Int32, words: String)] = [
      ("", 65, "the sweep is empty"),
      ("recipe: none.yaml\n", 66, "no such recipe `none.yaml`"),
      ("recipe: recipe.yaml\ndrw: grid\n", 65, "did you mean `draw`"),
      ("recipe: recipe.yaml\nobjective: {monitor: validation_acc}\n", 65, "did you mean `validation_accuracy`"),
      ("recipe: recipe.yaml\nvary: {optimizer.adam.learning_rat: [1]}\n", 65, "did you mean `learning_rate`"),
      ("recipe: recipe.yaml\nvary: {a: {uniform: [2, 1]}}\n", 65, "larger upper one"),
      ("recipe: recipe.yaml\nvary: {a: {log_uniform: [0, 1]}}\n", 65, "> 0"),
      ("recipe: recipe.yaml\nvary: {a: {uniform: [1, 2]}}\n", 65, "a grid takes lists"),
      ("recipe: recipe.yaml\ndraw: {random: 3}\n", 65, "nothing to draw"),
      ("recipe: recipe.yaml\nvary: {seed: [1, 2]}\nseeds: 2\n", 65, "contradictory"),
      ("recipe: recipe.yaml\nvary: {data.validation: [{fraction: 0.1}]}\nfolds: 2\n", 65, "contradictory"),
      ("recipe: recipe.yaml\nvary: {seed: [1, 2]}\ndraw: told\n", 65, "no draws of its own"),
      ("recipe: recipe.yaml\ngroup: a\n", 65, "belongs to `folds`"),
      ("recipe: [1]\n", 65, "expected a recipe"),
      ("recipe: recipe.yaml\nseeds: 1.5\n", 65, "seeds: expected an integer"),
      ("recipe: recipe.yaml\ndraw: null\n", 65, "draw: expected"),
      ("recipe: recipe.yaml\nvary: {optimizer.adam.learning_rate: [0.1], optimizer: [adam]}\n", 65, "would undo"),
      (Self.recipe, 65, "this is a recipe"),
    ]
    let place = try place([:])
    for (text, code, words) in cases {
      try place.write(text, to: "a.yaml")
      let outcome = try sweep(place, "a.yaml")
      #expect(outcome.code == code, "\(text)")
      #expect(outcome.errors.contains(words), "\(text): \(outcome.errors)")
    }
    #expect(place.list() == ["a.yaml", "recipe.yaml"])
    try place.write("recipe: recipe.yaml\nseeds: 2\n", to: "a.yaml")
    #expect(try Command.run("train", "a.yaml", in: place.folder).errors.contains("this is a sweep"))
    #expect(try sweep(place, "nothing.yaml").errors.contains("no such sweep"))
  }

  @Test func howManyAtATime() {
    func plan(
      processors: Int = 8, mask: Int = 8, members: Int = 40, memory: Int = 1 << 20, available: Int? = 1 << 40,
      suited: Int = 8, jobs: Int? = nil, workers: Int? = nil
    ) -> SweepPlan {
      SweepPlan(
        processors: processors, mask: mask, members: members, memory: memory, available: available, suited: suited,
        jobs: jobs, workers: workers)
    }
    #expect((plan().jobs, plan().workersPerRun, plan().isPinned) == (8, 1, true))
    // Fewer members than processors: the others help where the network keeps them busy.
    #expect((plan(members: 2).jobs, plan(members: 2).workersPerRun) == (2, 4))
    #expect(plan(members: 2, suited: 1).workersPerRun == 1)
    let small = plan(memory: 1 << 30, available: 4 << 30)
    #expect((small.jobs, small.workersPerRun) == (3, 2))
    #expect(small.reason?.contains("memory holds 3 of 8") == true)
    // A quota below the mask, and jobs that leave processors to others: nothing is bound.
    #expect(!plan(processors: 2, mask: 8).isPinned)
    #expect(!plan(jobs: 2, workers: 1).isPinned)
    #expect((plan(jobs: 16).jobs, plan(workers: 4).jobs) == (16, 2))
  }

  @Test func arraysTakeTheirShareFirst() {
    var plan = SweepPlan(
      processors: 1, mask: 1, members: 5, memory: 1, available: nil, suited: 1, jobs: nil, workers: nil)
    #expect(plan.order(5) == [0, 1, 2, 3, 4])
    plan.share = (1, 3)
    #expect(plan.order(5) == [1, 4, 0, 2, 3])
    let slurm = [
      "SLURM_ARRAY_TASK_ID": 7, "SLURM_ARRAY_TASK_MIN": 3, "SLURM_ARRAY_TASK_STEP": 2, "SLURM_ARRAY_TASK_COUNT": 4,
    ]
    #expect(ArrayShare.ofSlurm { slurm[$0] }.map { [$0.number, $0.count] } == [2, 4])
    #expect(ArrayShare.ofSlurm { _ in nil } == nil)
    #expect(ArrayShare(argument: "3/8").map { [$0.number, $0.count] } == [3, 8])
    #expect(ArrayShare(argument: "3") == nil)
  }
}
