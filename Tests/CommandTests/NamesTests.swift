import Foundation
import HDF5Storage
import Testing

/// Classes and columns by name, and commands that know what the run knows.
@Suite struct NamesTests {
  /// Flowers that two columns tell apart: their kind, length and width, in the order of `columns`.
  private func table(
    _ columns: [String] = ["length", "width", "kind"], rows: [(kind: String, size: Int)], delimiter: String = ";"
  ) -> String {
    var text = columns.joined(separator: delimiter) + "\n"
    for (number, row) in rows.enumerated() {
      let shift = Double(number % 7) / 20
      let cells = columns.map { column in
        switch column {
        case "length": "\(Double(row.size) + shift)"
        case "width": "\(5 - 2 * Double(row.size) - shift)"
        case "kind": row.kind
        default: "more"
        }
      }
      text += cells.joined(separator: delimiter) + "\n"
    }
    return text
  }

  private let kinds = ["ant", "bee", "cat"]
  private var all: [(kind: String, size: Int)] { (0..<90).map { (kinds[$0 % 3], $0 % 3) } }
  private func only(_ sizes: [Int]) -> [(kind: String, size: Int)] { all.filter { sizes.contains($0.size) } }

  /// A place with a run `r` that tells the kinds apart.
  private func trained(validation: String = "", epochs: Int = 40) throws -> Workplace {
    let place = try Workplace()
    try place.write(table(rows: all), to: "all.csv")
    try place.write(
      """
      name: r
      data:
        train: {csv: {path: all.csv, targets: [kind], delimiter: ";"}}
      \(validation)
        scaling: standard
      model: {layers: [{dense: {units: 3, activation: softmax}}]}
      loss: sparse_categorical_crossentropy
      metrics: [accuracy]
      optimizer: {adam: {learning_rate: 0.1}}
      training: {epochs: \(epochs), batch_size: 30, shards: 1, workers: 1}
      """, to: "r.yaml")
    return place
  }

  @Test func aRunsOwnNamesDecide() throws {
    let place = try trained(
      validation: "  validation: {csv: {path: two.csv, targets: [kind], delimiter: \";\"}}")
    try place.write(table(["width", "kind", "length"], rows: only([1, 2])), to: "two.csv")
    #expect(try Command.run("train", "r.yaml", in: place.folder).code == 0)
    #expect(try Command.run("evaluate", "r", "--json", in: place.folder).json()["accuracy"] as? Double == 1)
    // By the file's name alone: delimiter and targets are the run's; the training file itself too.
    for name in ["two.csv", "all.csv"] {
      let figures = try Command.run("evaluate", "r", "--data", name, "--json", in: place.folder).json()
      #expect(figures["accuracy"] as? Double == 1, "\(name): \(figures)")
    }
    let converted = try Command.run(
      "dataset", "convert", "{csv: {path: two.csv, targets: [kind], delimiter: \";\"}}", "two.h5", in: place.folder)
    #expect(converted.code == 0, "\(converted.errors)")
    let figures = try Command.run("evaluate", "r", "--data", "two.h5", "--json", in: place.folder).json()
    #expect(figures["accuracy"] as? Double == 1, "\(figures)")

    try place.write(table(rows: only([1]).map { ("dog", $0.size) }), to: "dog.csv")
    try place.write(table(["length", "height", "kind"], rows: all), to: "renamed.csv")
    for (name, says) in [
      ("dog.csv", "dog.csv:2:9: class `dog` is not among ant, bee, cat"),
      ("renamed.csv", "there is no column `width`; expected the run's columns, length, width, found length, height"),
    ] {
      let outcome = try Command.run("evaluate", "r", "--data", name, in: place.folder)
      #expect(outcome.code == 65 && outcome.errors.contains(says), "\(outcome.errors)")
      try place.write(try String(contentsOfFile: place.path(name), encoding: .utf8), to: "two.csv")
      let trained = try Command.run("train", "r.yaml", "--name", "other", in: place.folder)
      #expect(trained.code == 65 && trained.errors.contains("two.csv"), "\(trained.errors)")
    }
  }

  /// The same rows with their columns in another order go on bit for bit.
  @Test func aResumeMatchesColumns() throws {
    let place = try trained(epochs: 4)
    #expect(try Command.run("train", "r.yaml", "--name", "whole", in: place.folder).code == 0)
    let short = try Command.run(
      "train", "r.yaml", "--name", "part", "--set", "training.epochs=2", in: place.folder)
    #expect(short.code == 0, "\(short.errors)")
    try place.write(table(["kind", "width", "more", "length"], rows: all), to: "all.csv")
    let resumed = try Command.run("resume", "part", "--epochs", "4", in: place.folder)
    #expect(resumed.code == 0, "\(resumed.errors)")
    func predictions(_ run: String) throws -> [Float] {
      let made = try Command.run("predict", run, "--data", "all.csv", "--output", "\(run).h5", in: place.folder)
      #expect(made.code == 0, "\(made.errors)")
      return try HDF5File(readingAt: place.path("\(run).h5")).root.dataset("predictions").read()
    }
    #expect(try predictions("whole") == predictions("part"))
    try place.write(table(["kind", "width", "size"], rows: all), to: "all.csv")
    let refused = try Command.run("resume", "part", "--epochs", "5", in: place.folder)
    #expect(refused.code == 65 && refused.errors.contains("there is no column `length`"), "\(refused.errors)")
  }

  @Test func predictionsInEveryFormat() throws {
    let place = try trained()
    #expect(try Command.run("train", "r.yaml", in: place.folder).code == 0)
    try place.write(table(["more", "width", "length"], rows: all), to: "new.csv")
    for name in ["p.csv", "p.h5", "p.npz"] {
      let made = try Command.run("predict", "r", "--data", "new.csv", "--output", name, in: place.folder)
      #expect(made.code == 0, "\(made.errors)")
    }
    let lines = try String(contentsOfFile: place.path("p.csv"), encoding: .utf8).split(separator: "\n")
    #expect(lines[0] == "prediction,probability_ant,probability_bee,probability_cat" && lines.count == 91)
    #expect(lines.dropFirst().map { $0.prefix { $0 != "," } } == all.map { Substring($0.kind) })
    let screen = try Command.run("predict", "r", "--data", "new.csv", "--output", "-", in: place.folder)
    #expect(screen.output == lines.joined(separator: "\n") + "\n")
    let file = try HDF5File(readingAt: place.path("p.h5"))
    #expect(try file.root.dataset("classes").read(as: Int32.self) == all.map { Int32($0.size) })
    #expect(try file.root.dataset("classes").stringsAttribute("classes") == kinds)
    // What NumPy would read: the same numbers, by Cairn's own reader.
    let described = try Command.run(
      "dataset", "describe", "{npz: {path: p.npz, features: predictions, targets: classes}}", "--json",
      in: place.folder
    ).json()
    #expect(described["class_counts"] as? [Int] == [30, 30, 30] && described["sample_shape"] as? [Int] == [3])
  }

  @Test func twoClassesInOneOutput() throws {
    let place = try Workplace()
    try place.write(table(rows: only([0, 2]), delimiter: ","), to: "two.csv")
    try place.write(
      """
      name: two
      data: {train: {csv: {path: two.csv, targets: [kind]}}, scaling: standard}
      model: {layers: [{dense: {units: 1, activation: sigmoid}}]}
      loss: binary_crossentropy
      optimizer: {adam: {learning_rate: 0.1}}
      training: {epochs: 40, batch_size: 10, shards: 1, workers: 1}
      """, to: "two.yaml")
    #expect(try Command.run("train", "two.yaml", in: place.folder).code == 0)
    for name in ["p.csv", "p.h5"] {
      let made = try Command.run("predict", "two", "--data", "two.csv", "--output", name, in: place.folder)
      #expect(made.code == 0, "\(made.errors)")
    }
    let lines = try String(contentsOfFile: place.path("p.csv"), encoding: .utf8).split(separator: "\n")
    #expect(lines[0] == "prediction,probability_ant,probability_cat")
    #expect(lines.dropFirst().map { $0.prefix { $0 != "," } } == only([0, 2]).map { Substring($0.kind) })
    let classes = try HDF5File(readingAt: place.path("p.h5")).root.dataset("classes")
    #expect(try classes.read(as: Int32.self) == only([0, 2]).map { Int32($0.size / 2) })
    #expect(try classes.stringsAttribute("classes") == ["ant", "cat"])
  }

  @Test func outputsDoNotReplaceWhatIsNotTheirs() throws {
    let place = try trained(epochs: 1)
    #expect(try Command.run("train", "r.yaml", in: place.folder).code == 0)
    try place.write(table(["length", "width"], rows: all), to: "new.csv")
    try place.write("my own notes\n", to: "notes.csv")
    try FileManager.default.createSymbolicLink(atPath: place.path("link.csv"), withDestinationPath: "new.csv")
    try FileManager.default.linkItem(atPath: place.path("all.csv"), toPath: place.path("hard.csv"))
    try FileManager.default.copyItem(
      atPath: place.path(place.checkpoints("r")[0]), toPath: place.path("copied.h5"))
    let run = "Checkpoints/r"
    var before: [String: [UInt8]] = [:]
    let kept =
      ["new.csv", "notes.csv", "all.csv", "r.yaml", "copied.h5", "\(run)/recipe.yaml"] + place.checkpoints("r")
    for name in kept { before[name] = try place.bytes(name) }
    let predict = ["predict", "r", "--data", "new.csv", "--output"]
    let convert = ["dataset", "convert", "new.csv"]
    for (arguments, forced) in [
      (predict + ["new.csv"], true), (predict + ["link.csv"], true), (predict + ["hard.csv"], true),
      (predict + ["all.csv"], true), (predict + ["notes.csv"], false), (predict + ["p.txt"], true),
      (predict + ["p"], true), (predict + [place.checkpoints("r")[0]], true), (predict + ["\(run)/latest.h5"], true),
      (predict + ["copied.h5"], false), (predict + ["\(run)/step-000000099.h5"], true),
      (["report", "r", "--output", "r.yaml"], true), (["report", "r", "--output", "notes.csv"], true),
      (["report", "r", "--output", "\(run)/recipe.yaml"], true), (convert + ["new.csv"], true),
      (convert + ["copied.h5"], false), (convert + ["made.npz"], true),
      (["dataset", "make-moons", "--samples", "5", "--output", "copied.h5"], false),
    ] as [([String], Bool)] {
      for more in forced ? [[], ["--force"]] : [[]] {
        let outcome = try Command(Command.cairn, arguments + more, in: place.folder).wait(limit: 60)
        #expect(outcome.code == 64 && !outcome.errors.isEmpty, "\(arguments + more): \(outcome.errors)")
      }
    }
    for name in kept { #expect(try place.bytes(name) == before[name], "\(name)") }
    for (arguments, output) in [(predict + ["notes.csv"], "notes.csv"), (predict + ["copied.h5"], "copied.h5")] {
      let outcome = try Command(Command.cairn, arguments + ["--force"], in: place.folder).wait(limit: 60)
      #expect(try outcome.code == 0 && place.bytes(output) != before[output], "\(outcome.errors)")
      // What a command has written it may write again.
      #expect(try Command(Command.cairn, arguments, in: place.folder).wait(limit: 60).code == 0)
    }
  }
}
