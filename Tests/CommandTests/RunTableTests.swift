import Foundation
import Glibc
import Testing

/// `cairn runs` and `cairn compare` over folders as trainers, kills and people leave them.
struct RunTableTests {
  static let recipe = """
    name: run
    tags: [moons, small]
    description: "A run, of <b>two</b> layers"
    data: {train: {make_moons: {samples: 200, noise: 0.2, random_state: 3}}, validation: {fraction: 0.2}}
    model: {layers: [{dense: {units: 4, activation: tanh}}, {dense: {units: 1, activation: sigmoid}}]}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer: {sgd: {learning_rate: 0.1}}
    training: {epochs: 3, batch_size: 20, workers: 1, shards: 2}
    """

  private static func line(_ second: Int, _ event: String, _ fields: String) -> String {
    let time = "2026-01-31T12:00:\(second < 10 ? "0" : "")\(second)Z"
    return "{\"time\": \"\(time)\", \"event\": \"\(event)\", \(fields)}\n"
  }

  static let started = line(
    0, "started",
    #""run": "x", "description": "by hand", "tags": ["hand"], "step": 0, "epoch": 0, "epochs": 9, "workers": 3, "host": "h", "process": 1"#
  )

  static func epoch(_ number: Int, loss: String, accuracy: Double) -> String {
    line(
      number, "epoch",
      "\"epoch\": \(number), \"step\": \(number * 10), \"loss\": \(loss), \"learning_rate\": 0.5, "
        + "\"validation_loss\": \(loss), \"validation_accuracy\": \(accuracy)")
  }

  static let rollback = line(7, "rollback", #""from": 31, "step": 10, "attempt": 1, "message": "m""#)

  private func runs(_ place: Workplace, _ arguments: String...) throws -> [[String: Any]] {
    let outcome = try Command(Command.cairn, ["runs"] + arguments + ["--json"], in: place.folder).wait(limit: 60)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
  }

  private func log(_ text: String, of run: String, in place: Workplace) throws {
    try FileManager.default.createDirectory(atPath: place.path("Checkpoints/\(run)"), withIntermediateDirectories: true)
    try place.write(text, to: "Checkpoints/\(run)/events.jsonl")
  }

  @Test func aFinishedRunTellsEverything() throws {
    let place = try Workplace()
    try place.write(RunTableTests.recipe, to: "run.yaml")
    #expect(try Command.run("train", "run.yaml", in: place.folder).code == 0)
    let run = try #require(try runs(place).first)
    #expect(run["state"] as? String == "finished")
    #expect(run["tags"] as? [String] == ["moons", "small"])
    #expect(run["description"] as? String == "A run, of <b>two</b> layers")
    #expect(run["step"] as? Int == 24 && run["epoch"] as? Int == 3 && run["epochs"] as? Int == 3)
    #expect(run["workers"] as? Int == 1 && run["shards"] as? Int == 2)
    let last = try #require(run["validation_accuracy"] as? Double)
    #expect(try #require(run["best_validation_accuracy"] as? Double) >= last)
    #expect(run["loss"] as? Double == run["best_loss"] as? Double)
    let text = try Command.run("runs", in: place.folder).output
    #expect(text.contains("finished") && text.contains("moons, small"))
    let csv = try Command.run("runs", "--csv", "--columns", "name,tags,optimizer.sgd.learning_rate", in: place.folder)
    #expect(csv.output == "name,tags,optimizer.sgd.learning_rate\r\nrun,moons;small,0.1\n")
  }

  @Test func anAbandonedAttemptDoesNotCount() throws {
    let place = try Workplace()
    let (first, better, worse) = (
      RunTableTests.epoch(1, loss: "0.5", accuracy: 0.6), RunTableTests.epoch(2, loss: "0.1", accuracy: 0.9),
      RunTableTests.epoch(3, loss: "\"NaN\"", accuracy: 0.1)
    )
    try log(RunTableTests.started + first + better + worse, of: "before", in: place)
    try log(RunTableTests.started + first + better + worse + RunTableTests.rollback, of: "after", in: place)
    let found = try runs(place, "--sort", "-name")
    #expect(found.map { $0["name"] as? String } == ["before", "after"])
    #expect(found[0]["best_loss"] as? Double == 0.1 && found[0]["loss"] as? String == "NaN")
    #expect(found[0]["best_validation_accuracy"] as? Double == 0.9)
    #expect(found[1]["best_loss"] as? Double == 0.5 && found[1]["loss"] as? Double == 0.5)
    #expect(found[1]["rollbacks"] as? Int == 1 && found[1]["step"] as? Int == 10 && found[1]["epoch"] as? Int == 1)
    #expect(found[0]["duration"] as? Double == 3 && found[1]["duration"] as? Double == 7)
  }

  @Test func aRunIsRunningWhileItsProcessLivesAndInterruptedOnceItIsKilled() throws {
    let place = try Workplace()
    try place.write(RunTableTests.recipe, to: "run.yaml")
    let training = try Command(
      Command.cairn, ["train", "run.yaml", "--set", "training.epochs=100000000", "--progress", "none"],
      in: place.folder)
    #expect(training.wait { (try? place.bytes("Checkpoints/run/events.jsonl"))?.count ?? 0 > 1000 })
    // Its running series tells how much memory it holds.
    #expect(
      training.wait {
        String(decoding: (try? place.bytes("Checkpoints/run/rows.jsonl")) ?? [], as: UTF8.self).contains("resident")
      })
    let running = try #require(try runs(place).first)
    #expect(running["state"] as? String == "running")
    #expect(running["process"] as? Int == Int(training.process))
    // Being looked at does not keep another trainer out, nor let one in.
    let second = try Command.run("train", "run.yaml", "--resume", in: place.folder)
    #expect(second.code == 73 && second.errors.contains("process \(training.process) is training here"))
    training.send(signal: SIGKILL)
    #expect(try training.wait(limit: 60).code == 137)
    let killed = try #require(try runs(place).first)
    #expect(killed["state"] as? String == "interrupted" && killed["ending"] as? String == "died")
    let (table, panel) = try (
      Command.run("runs", in: place.folder).output, Command.run("watch", "run", "--once", in: place.folder).output
    )
    for text in [table, panel] {
      #expect(text.contains("interrupted (died)") && text.contains("died without a word after step "), "\(text)")
    }
    #expect(table.contains("MB of memory"), "\(table)")
    let epochs = try #require(killed["epoch"] as? Int) + 100
    let stopped = try Command.run(
      "train", "run.yaml", "--resume", "--set", "training.epochs=\(epochs)", "--progress", "none", in: place.folder)
    #expect(stopped.code == 0, "\(stopped.errors)")
    #expect(try runs(place).first?["state"] as? String == "finished")
    let log = String(decoding: try place.bytes("Checkpoints/run/events.jsonl"), as: UTF8.self)
    #expect(log.contains("\"event\": \"died\", \"message\": \"died without a word after step "))
  }

  /// A run that ends with an error has said so, also to those who look later; one that a signal stops has not died.
  @Test func anErrorAndASignalAreNoDeaths() throws {
    let place = try Workplace()
    try place.write(RunTableTests.recipe, to: "run.yaml")
    let endless = ["train", "run.yaml", "--set", "training.epochs=100000000", "--progress", "none"]
    let training = try Command(Command.cairn, endless, in: place.folder)
    #expect(training.wait { (try? place.bytes("Checkpoints/run/events.jsonl"))?.count ?? 0 > 1000 })
    training.send(signal: SIGTERM)
    #expect(try training.wait(limit: 60).code == 143)
    #expect(try runs(place).first?["ending"] as? String == "interrupted")
    #expect(try !Command.run("runs", in: place.folder).output.contains("died"))
    try log(
      RunTableTests.started + RunTableTests.line(9, "failed", #""message": "x.h5: cannot write""#), of: "f", in: place)
    let failed = try #require(try runs(place, "--where", "ending = failed").first)
    #expect(
      failed["name"] as? String == "f"
        && failed["ending_message"] as? String == "ended with an error: x.h5: cannot write")
  }

  @Test func aFreshFolderHasNoRunsYet() throws {
    let place = try Workplace()
    let text = try Command.run("runs", in: place.folder)
    #expect(text.code == 0 && text.errors.contains("no runs yet in Checkpoints: `cairn train RECIPE` starts one"))
    #expect(try Command.run("runs", "--json", in: place.folder).output == "[]\n")
    #expect(try Command.run("runs", "Checkpoints", in: place.folder).code == 66)
  }

  @Test func foreignAndBrokenFoldersDoNotBreakTheTable() throws {
    let place = try Workplace()
    try log(RunTableTests.started + RunTableTests.epoch(1, loss: "0.5", accuracy: 0.6), of: "sound", in: place)
    try log("", of: "empty", in: place)
    try log("no json\n{\"event\": \n\u{0}\n[1, 2]\n{}\n{\"event\": 3}\n", of: "garbage", in: place)
    try log(
      RunTableTests.started + String(RunTableTests.epoch(1, loss: "0.5", accuracy: 0.6).dropLast(20)), of: "torn",
      in: place)
    try log(String(repeating: "[", count: 100_000), of: "deep", in: place)
    let folder = place.path("Checkpoints")
    for name in ["foreign", "recipe-only", "log-is-a-folder/events.jsonl", ".hidden"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    try place.write("name: [", to: "Checkpoints/recipe-only/recipe.yaml")
    try place.write("x", to: "Checkpoints/foreign/notes.txt")
    try place.write("x", to: "Checkpoints/README.md")
    symlink("/nowhere", "\(folder)/dangling")
    let found = try runs(place, "--sort", "name")
    #expect(found.compactMap { $0["name"] as? String } == ["deep", "empty", "garbage", "recipe-only", "sound", "torn"])
    #expect(found.allSatisfy { $0["state"] as? String == "interrupted" })
    #expect(found[4]["loss"] as? Double == 0.5 && found[5]["loss"] is NSNull)
    #expect(try Command.run("runs", "nowhere", in: place.folder).code == 66)
    let one = try Command.run("runs", "Checkpoints/sound", in: place.folder)
    #expect(one.code == 0 && one.output.contains("sound") && !one.output.contains("torn"))
  }

  @Test func filtersSortsAndRefusesNamesThatNobodyHas() throws {
    let place = try Workplace()
    try log(RunTableTests.started + RunTableTests.epoch(1, loss: "0.5", accuracy: 0.6), of: "a", in: place)
    try log(RunTableTests.started + RunTableTests.epoch(1, loss: "0.25", accuracy: 0.6), of: "b", in: place)
    func names(_ arguments: String...) throws -> [String] {
      let outcome = try Command(Command.cairn, ["runs"] + arguments, in: place.folder).wait(limit: 60)
      // Below the table it says how these runs ended.
      let rows = outcome.output.split(separator: "\n").dropFirst().filter { !$0.contains("died without a word") }
      return rows.map { String($0.prefix { $0 != " " }) }
    }
    #expect(try names("--sort", "-loss") == ["a", "b"] && names("--sort", "loss") == ["b", "a"])
    #expect(try names("--where", "tag = hand and loss < 0.3 or workers >= 8") == ["b"])
    #expect(try names("--where", "validation_auc > 0.5") == [])
    let misspelt = try Command.run("runs", "--where", "workers > 1 and lss < 2", in: place.folder)
    #expect(misspelt.code == 64 && misspelt.errors.contains("character 17") && misspelt.errors.contains("`loss`?"))
    #expect(misspelt.errors.contains("\n                  ^"))
    for arguments in [["--sort", "lss"], ["--columns", "name,lss"]] {
      let outcome = try Command(Command.cairn, ["runs"] + arguments, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 64 && outcome.errors.contains("did you mean `loss`?"), "\(outcome.errors)")
    }
  }

  @Test func comparesRecipesAndResults() throws {
    let place = try Workplace()
    try place.write(RunTableTests.recipe, to: "run.yaml")
    for (name, change) in [("a", "seed=1"), ("b", "optimizer.sgd.learning_rate=0.3")] {
      let outcome = try Command.run("train", "run.yaml", "--name", name, "--set", change, in: place.folder)
      #expect(outcome.code == 0)
    }
    let text = try Command.run("compare", "a", "b", in: place.folder).output
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.contains(["optimizer.sgd.learning_rate", "0.1", "0.3", "*"]), "\(text)")
    #expect(lines.contains { $0.first == "loss" && $0.last == "%)" }, "\(text)")
    #expect(!text.contains("make_moons") && !text.contains("batch_size"), "\(text)")
    let all = try Command.run("compare", "a", "b", "--all", in: place.folder).output
    #expect(all.contains("training.batch_size"))
    let json = try Command.run("compare", "b", "a", "--json", in: place.folder).json()
    #expect(json["reference"] as? String == "b")
    let rows = try #require(json["recipe"] as? [[String: Any]])
    let rate = try #require(rows.first { $0["key"] as? String == "optimizer.sgd.learning_rate" })
    #expect(rate["values"] as? [Double] == [0.3, 0.1])
    #expect(try Command.run("compare", "a", "nobody", in: place.folder).code == 66)
    #expect(try Command.run("compare", "a", in: place.folder).code == 64)
  }
}
