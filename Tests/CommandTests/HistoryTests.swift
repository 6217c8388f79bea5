import Foundation
import HDF5Storage
import Testing

/// `cairn history`: every series, with nothing lost on the way.
struct HistoryTests {
  private static let recipe = """
    name: run
    seed: 3
    data:
      train: {make_moons: {samples: 300, noise: 0.2, random_state: 3}}
      validation: {fraction: 0.2}
    model:
      layers:
        - dense: {units: 6, activation: tanh, name: "first, \\"one\\""}
        - dense: {units: 1, activation: sigmoid, name: last}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.01}}
    training: {epochs: 3, batch_size: 30, shards: 2}
    """

  private func trained(_ more: String...) throws -> Workplace {
    let place = try Workplace()
    try place.write(HistoryTests.recipe, to: "run.yaml")
    let outcome = try Command(Command.cairn, ["train", "run.yaml", "--progress", "none"] + more, in: place.folder)
      .wait(limit: 120)
    #expect(outcome.code == 0 || outcome.code == 3, "\(outcome.errors)")
    return place
  }

  @Test func csvHoldsWhatTheCheckpointHolds() throws {
    let place = try trained()
    let outcome = try Command.run("history", "run", "--csv", "--layers", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    let history = try HDF5File(readingAt: place.path(try #require(place.checkpoints("run").last))).root.group("history")
    let losses: [Double] = try history.dataset("loss").read()
    let rms: [Float] = try history.dataset("gradient/rms").read()
    let validation: [Double] = try history.dataset("validation/loss").read()
    #expect(losses.count == 24 && lines.count == 25)
    // A comma and quotes in a layer's name are quoted; elsewhere there are none.
    #expect(lines[0].contains("\"gradient_rms.first, \"\"one\"\"\",gradient_rms.last"))
    let heading = lines[0].replacingOccurrences(of: "first, \"\"one\"\"", with: "first").replacingOccurrences(
      of: "\"", with: ""
    ).components(separatedBy: ",")
    #expect(heading.count == 4 + 7 + 4 + 14 * 2 && Set(heading).count == heading.count)
    func column(_ name: String) throws -> [String] {
      let at = try #require(heading.firstIndex(of: name), "\(name)")
      return lines.dropFirst().map { $0.components(separatedBy: ",")[at] }
    }
    #expect(try column("loss").map { Double($0) } == losses)
    #expect(try column("step") == (1...24).map(String.init))
    #expect(try column("gradient_rms.last").map { Float($0) } == (0..<24).map { rms[$0 * 2 + 1] })
    #expect(try column("validation_loss").compactMap { Double($0) } == validation)
    #expect(try column("validation_accuracy").enumerated().filter { !$1.isEmpty }.map(\.offset) == [7, 15, 23])
    // Layers without a state of that kind: NaN, kept.
    #expect(try column("dead_fraction.last").allSatisfy { $0 == "nan" })
  }

  @Test func jsonLinesSayTheSame() throws {
    let place = try trained()
    let outcome = try Command.run("history", "run", "--jsonl", "--layers", in: place.folder)
    let rows = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(rows.count == 24)
    let csv = try Command.run("history", "run", "--columns", "loss,gradient_rms.last", in: place.folder).output
      .split(separator: "\n").dropFirst().map { $0.components(separatedBy: ",") }
    for (row, cells) in zip(rows, csv) {
      // Foundation reads the last digit of a JSON number as it likes.
      #expect(abs((row["loss"] as? Double ?? .nan) - (Double(cells[0]) ?? .nan)) < 1e-14)
      let layers = try #require(row["gradient_rms"] as? [String: Any])
      #expect(Set(layers.keys) == ["first, \"one\"", "last"])
      #expect((layers["last"] as? Double).map { Float($0) } == Float(cells[1]))
      #expect((row["dead_fraction"] as? [String: Any])?["last"] as? String == "nan")
    }
    #expect(rows.filter { $0["validation_loss"] != nil }.map { $0["step"] as? Int } == [8, 16, 24])
  }

  @Test func columnsAreChosenInOrderAndUnknownOnesNamed() throws {
    let place = try trained()
    let chosen = try Command.run(
      "history", "run", "--columns", "loss, step,gradient_mean.last", in: place.folder)
    #expect(chosen.output.hasPrefix("loss,step,gradient_mean.last\n"))
    for (columns, hint) in [
      ("step,los", "unknown column `los`; did you mean `loss`?"),
      ("gradient_rsm", "did you mean `gradient_rms`?"), ("gradient_rms.lost", "did you mean `gradient_rms.last`?"),
      ("step,,loss", "unknown column ``"), ("loss,step,loss", "`loss` is asked for twice"),
      ("gradient_rms,gradient_rms.last", "`gradient_rms.last` is asked for twice"),
    ] {
      let outcome = try Command.run("history", "run", "--columns", columns, in: place.folder)
      #expect(outcome.code == 64 && outcome.output.isEmpty && outcome.errors.contains(hint), "\(outcome.errors)")
    }
    #expect(try Command.run("history", "run", "--csv", "--jsonl", in: place.folder).code == 64)
    #expect(try Command.run("history", "ran", in: place.folder).code == 66)
  }

  @Test func aBlowupsNaNIsKept() throws {
    let place = try trained("--inject", "nan-gradient@12:last", "--set", "health.on_blowup=halt")
    let outcome = try Command.run(
      "history", "run", "--columns", "step,gradient_norm,gradient_rms.last", in: place.folder)
    let last = try #require(outcome.output.split(separator: "\n").last)
    #expect(last == "12,nan,nan", "\(outcome.output)")
    let lines = try Command.run("history", "run", "--jsonl", "--columns", "gradient_norm", in: place.folder).output
    #expect(lines.hasSuffix("{\"gradient_norm\": \"nan\"}\n"))
  }

  @Test func validationsBetweenRecordedStepsHaveLinesOfTheirOwn() throws {
    let place = try trained("--set", "history.every_steps=5")
    let outcome = try Command.run("history", "run", "--columns", "step,rows,loss,validation_loss", in: place.folder)
    let cells = outcome.output.split(separator: "\n").dropFirst().map { $0.components(separatedBy: ",") }
    #expect(cells.map { Int($0[0]) ?? 0 } == cells.map { Int($0[0]) ?? 0 }.sorted())
    let extra = cells.filter { $0[1] == "0" }
    #expect(!extra.isEmpty && extra.allSatisfy { $0[2].isEmpty && !$0[3].isEmpty })
    #expect(cells.filter { !$0[3].isEmpty }.map { $0[0] } == ["8", "16", "24"])
  }

  @Test func aReaderThatHasSeenEnoughIsNoError() throws {
    let place = try trained()
    let outcome = try Command.tool(
      "bash", "-c", "set -o pipefail; '\(Command.cairn)' history run --jsonl --layers | head -n 1", in: place.folder)
    #expect(outcome.code == 0 && outcome.output.hasPrefix("{\"step\": 1"), "\(outcome.errors)")
    let full = try Command.tool("bash", "-c", "'\(Command.cairn)' history run > /dev/full", in: place.folder)
    #expect(full.code == 73 && full.errors.contains("standard output"), "\(full.code) \(full.errors)")
  }
}
