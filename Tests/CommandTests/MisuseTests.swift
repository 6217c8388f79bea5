import Foundation
import HDF5Storage
import Testing

/// Commands that cannot do what they are asked to.
@Suite struct MisuseTests {
  struct Misuse: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let arguments: [String]
    let code: Int32
    let says: [String]

    init(_ command: String, code: Int32, says: String...) {
      testDescription = command
      arguments = command.split(separator: " ").map(String.init)
      self.code = code
      self.says = says
    }
  }

  static let misuses: [Misuse] = [
    .init("train recipe.yaml --workers 0", code: 64, says: "--workers 0", "expected 1 or more", "Usage:"),
    .init("train recipe.yaml --shards 0", code: 64, says: "--shards 0", "expected 1 or more"),
    .init("train recipe.yaml --wrokers 2", code: 64, says: "--wrokers", "Did you mean '--workers'?"),
    .init("train", code: 64, says: "recipe", "Usage:"),
    .init("train recipe.yaml --progress sideways", code: 64, says: "sideways", "plain"),
    .init("trian recipe.yaml", code: 64, says: "trian", "did you mean `train`?"),
    .init("recipe chek recipe.yaml", code: 64, says: "chek", "did you mean `check`?"),
    .init("train recipe.yaml --workers -1", code: 64, says: "--workers -1", "expected 1 or more"),
    .init("evaluate sound --workers -2", code: 64, says: "--workers -2", "expected 1 or more"),
    .init(
      "predict sound --data data.h5 --output p.h5 --workers 0", code: 64, says: "--workers 0", "expected 1 or more"),
    .init("bench seed --workers -1", code: 64, says: "--workers -1", "expected 1 or more"),
    .init("resume sound --epochs -3", code: 64, says: "--epochs -3", "expected 1 or more"),
    .init("serve --port -1", code: 64, says: "--port -1", "expected 0 to 65535"),
    .init("dataset make-moons --samples 9 --noise -1 --output m.h5", code: 65, says: "noise", ">= 0", "-1.0"),
    .init("dataset make-moons --samples 9 --noise -1,5 --output m.h5", code: 64, says: "'-1,5'", "--noise"),
    .init("dataset make-regression --samples 9 --features -3 --output m.h5", code: 65, says: "features", "-3"),
    .init("bench 10-x:relu:32", code: 64, says: "10-x:relu:32", "expected"),
    .init("train recipe.yaml", code: 73, says: "Checkpoints/sound", "holds a run already", "--overwrite", "--name"),
    .init("train recipe.yaml --checkpoints recipe.yaml/below", code: 73, says: "recipe.yaml/below", "cannot create"),
    .init("inspect nobody", code: 66, says: "nobody", "no run of that name", "there are: sound"),
    .init("evaluate nobody", code: 66, says: "nobody"),
    .init("evaluate sound --data none.h5", code: 66, says: "no such file `none.h5`"),
    .init("evaluate sound --data wide.h5", code: 65, says: "[4]", "the model takes [3]"),
    .init("predict sound --data wide.h5 --output p.h5", code: 65, says: "[4]", "the model takes [3]"),
    .init("predict sound --data none.h5 --output p.h5", code: 66, says: "none.h5"),
    .init("predict sound --data data.h5 --output none/p.h5", code: 73, says: "none/p.h5", "cannot create"),
    .init("predict sound --data data.h5 --output recipe.yaml/p.h5", code: 73, says: "recipe.yaml/p.h5"),
    .init("inspect sound --set seed=3", code: 64, says: "--set", "sound is a run or a checkpoint"),
    .init("inspect data.h5", code: 65, says: "data.h5", "no checkpoint trailer"),
    .init("dataset make-moons --samples 0 --output m.h5", code: 65, says: "make_moons", "expected"),
    .init("dataset make-moons --samples 10 --output none/m.h5", code: 73, says: "none/m.h5", "cannot create"),
    .init("dataset describe none.h5", code: 66, says: "none.h5"),
    .init("recipe check none.yaml", code: 66, says: "none.yaml", "no such recipe"),
  ]

  @Test(arguments: misuses) func refuses(_ misuse: Misuse) throws {
    let place = try Workplace()
    try BrokenInput.writeSound(in: place)
    try place.writeData("wide.h5", x: (0..<40).map { Float($0) }, shape: [10, 4], y: [Int32](repeating: 1, count: 10))
    #expect(try Command.run("train", "recipe.yaml", in: place.folder).code == 0)
    let before = place.everything()
    let outcome = try Command(Command.cairn, misuse.arguments, in: place.folder).wait(limit: 120)
    #expect(outcome.code == misuse.code, "\(outcome.errors)")
    for piece in misuse.says { #expect(outcome.errors.contains(piece), "\(outcome.errors)") }
    #expect(outcome.output.isEmpty)
    #expect(place.everything() == before)
  }

  @Test func negativeNumbersAreValues() throws {
    let place = try Workplace()
    let words = ["dataset", "make-regression", "--samples", "9", "--features", "2", "--no-shuffle"]
    for (option, name) in [(["--bias", "-2"], "a"), (["--bias=-2"], "b"), (["--bias", "0"], "c")] {
      let outcome = try Command(Command.cairn, words + option + ["--output", "\(name).h5"], in: place.folder).wait(
        limit: 60)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    func targets(_ name: String) throws -> [Double] {
      try HDF5File(readingAt: place.path("\(name).h5")).root.dataset("data/y").read(as: Double.self)
    }
    #expect(try targets("a") == targets("b"))
    #expect(try zip(targets("a"), targets("c")).allSatisfy { abs($0 + 2 - $1) < 1e-9 })
  }

  @Test func everyCommandShowsAnExample() throws {
    let place = try Workplace()
    let help = try Command.run("--help", in: place.folder).output
    let listed = help.split(separator: "\n").drop { !$0.contains("SUBCOMMANDS") }.dropFirst()
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.compactMap {
        $0.split(separator: " ").first.map(String.init)
      }
    #expect(listed.count >= 17, "\(help)")
    let below = ["recipe check", "recipe schema", "dataset make-moons", "dataset make-regression", "dataset convert"]
    for command in listed.filter({ $0 != "See" }) + below + ["dataset describe"] {
      let outcome = try Command(
        Command.cairn, command.split(separator: " ").map(String.init) + ["--help"], in: place.folder
      )
      .wait(limit: 60)
      #expect(
        outcome.code == 0 && outcome.output.contains("Example:\n") && outcome.output.contains("cairn \(command)"),
        "\(command)")
    }
  }

  @Test func aRunIsReplacedOnlyOnRequest() throws {
    let place = try Workplace()
    try BrokenInput.writeSound(in: place)
    #expect(try Command.run("train", "recipe.yaml", "--set", "training.epochs=3", in: place.folder).code == 0)
    let first = try place.bytes("Checkpoints/sound/recipe.yaml")
    #expect(try Command.run("train", "recipe.yaml", in: place.folder).code == 73)
    #expect(try place.bytes("Checkpoints/sound/recipe.yaml") == first)
    try place.write("mine", to: "Checkpoints/sound/notes.txt")
    let events = place.list("Checkpoints/sound/tensorboard")
    #expect(events.count == 1)
    #expect(try Command.run("train", "recipe.yaml", "--overwrite", in: place.folder).code == 0)
    // Of the run before nothing is left.
    #expect(place.list("Checkpoints/sound/tensorboard").count == 1)
    #expect(place.list("Checkpoints/sound/tensorboard") != events)
    let rows = String(decoding: try place.bytes("Checkpoints/sound/rows.jsonl"), as: UTF8.self)
    #expect(rows.components(separatedBy: "\"start\"").count == 2, "\(rows)")
    #expect(place.checkpoints("sound").last == "Checkpoints/sound/step-000000003.h5")
    #expect(place.list("Checkpoints/sound").contains("notes.txt"))
    #expect(try Command.run("train", "recipe.yaml", "--name", "other", in: place.folder).code == 0)
    #expect(place.checkpoints("other").count == place.checkpoints("sound").count)
  }
}
