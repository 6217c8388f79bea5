import Foundation
import HDF5Storage
import Testing

/// Texts and series from the recipe to what the commands make of them.
@Suite struct SequenceTests {
  private let text = String(repeating: "red tuna and two dune boats ate our bread\r\n", count: 30)

  private func textRun(_ tokens: String = "characters", _ layer: String = "{dense: {units: 12, activation: relu}}")
    throws
    -> Workplace
  {
    let place = try Workplace()
    try place.write(text, to: "t.txt")
    try place.write(
      """
      name: t
      data:
        train: {text: {path: t.txt, sequence_length: 8, tokens: \(tokens)}}
        validation: {fraction: 0.1}
      model:
        layers:
          - embedding: {input_dim: 256, output_dim: 8}
          - \(layer)
          - dense: {units: 256, activation: softmax}
      loss: sparse_categorical_crossentropy
      optimizer: {adam: {learning_rate: 0.02}}
      training: {epochs: 4, batch_size: 16, shards: 1, workers: 1}
      """, to: "t.yaml")
    let outcome = try Command.run("train", "t.yaml", in: place.folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    return place
  }

  @Test func aTextIsGoneOnWith() throws {
    let place = try textRun()
    func generate(_ more: String...) throws -> Command.Outcome {
      try Command(Command.cairn, ["generate", "t"] + more, in: place.folder).wait(limit: 60)
    }
    let one = try generate("--prompt", "red", "--length", "50", "--seed", "1")
    #expect(one.code == 0 && one.errors.isEmpty, "\(one.errors)")
    #expect(one.output.hasPrefix("red") && one.output.unicodeScalars.count == 54)
    #expect(one.output.unicodeScalars.allSatisfy { text.unicodeScalars.contains($0) })
    #expect(try generate("--prompt", "red", "--length", "50", "--seed", "1").output == one.output)
    #expect(try generate("--prompt", "red", "--length", "50", "--seed", "2").output != one.output)
    let greedy = try generate("--prompt", "re", "--length", "9", "--temperature", "0", "--json").json()
    #expect(greedy["prompt"] as? String == "re" && greedy["tokens"] as? Int == 9 && greedy["run"] as? String == "t")
    #expect((greedy["text"] as? String)?.unicodeScalars.count == 11)
    #expect(greedy["top_k"] is NSNull)
    // Nothing to go on with: as behind a line end.
    #expect(try generate("--length", "5", "--temperature", "0").output.unicodeScalars.count == 6)
    for options in [
      ["--length", "0"], ["--temperature", "-1"], ["--temperature", "nan"], ["--top-k", "0"], ["--seed", "-1"],
    ] {
      let outcome = try Command(Command.cairn, ["generate", "t"] + options, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 64, "\(options)")
    }
    let unknown = try generate("--prompt", "red!")
    #expect(unknown.code == 65 && unknown.errors.contains("--prompt:1:4 (byte 3): the character `!` (U+0021)"))
    #expect(try Command.run("generate", "nothing", in: place.folder).code == 66)

    let predicted = try Command.run("predict", "t", "--data", "t.txt", "--output", "p.h5", in: place.folder)
    #expect(predicted.code == 0, "\(predicted.errors)")
    let file = try HDF5File(readingAt: place.path("p.h5")).root
    #expect(try file.dataset("predictions").shape == [text.utf8.count / 8, 8, 256])
    #expect(
      try Command.run("evaluate", "t", "--data", "t.txt", "--json", in: place.folder).json()["rows"] as? Int == 161)
    try place.write("red tuna & bread", to: "bad.txt")
    let bad = try Command.run("evaluate", "t", "--data", "bad.txt", in: place.folder)
    #expect(bad.code == 65 && bad.errors.contains("bad.txt:1:10 (byte 9)"))
  }

  @Test func bytesArePrintedAsText() throws {
    let place = try textRun("bytes")
    // Hot enough for bytes that are no UTF-8.
    let hot = try Command.run(
      "generate", "t", "--length", "300", "--temperature", "50", "--prompt", "é", in: place.folder)
    #expect(hot.code == 0 && hot.output.hasPrefix("é") && hot.output.contains("\u{FFFD}"))
  }

  @Test func whatIsNotCausalIsRefused() throws {
    let place = try textRun("characters", "{conv1d: {filters: 12, kernel_size: 3, padding: same}}")
    let outcome = try Command.run("generate", "t", in: place.folder)
    #expect(outcome.code == 65 && outcome.errors.contains("layer `conv1d` (Conv1D)"))
    let forecast = try Command.run("forecast", "t", "--data", "t.txt", "--steps", "2", in: place.folder)
    #expect(forecast.code == 65 && forecast.errors.contains("without `windows`"))
  }

  @Test func aSeriesIsGoneOnWith() throws {
    let place = try Workplace()
    let rows = (0..<40).map { row in ["a,\(row % 4),\(row % 2)", "b,\(row % 2),\(row % 4)"] }.flatMap { $0 }
    try place.write("site,x,y\n" + rows.joined(separator: "\n") + "\n", to: "s.csv")
    try place.write(
      """
      name: s
      data:
        train: {csv: {path: s.csv, targets: [x, y], windows: {length: 3, by: site}}}
        validation: {fraction: 0.2}
        scaling: standard
      model: {layers: [flatten, {dense: {units: 16, activation: tanh}}, {dense: {units: 2}}]}
      loss: mean_squared_error
      optimizer: {adam: {learning_rate: 0.02}}
      training: {epochs: 200, batch_size: 16, shards: 1, workers: 1}
      """, to: "s.yaml")
    let trained = try Command.run("train", "s.yaml", in: place.folder)
    try #require(trained.code == 0, "\(trained.errors)")
    let made = try Command.run("forecast", "s", "--data", "s.csv", "--steps", "6", "--json", in: place.folder).json()
    #expect(made["targets"] as? [String] == ["x", "y"])
    let series = try #require(made["series"] as? [[String: Any]])
    #expect(series.map { $0["group"] as? String } == ["a", "b"])
    for (one, first) in zip(series, [(4, 2), (2, 4)]) {
      let values = try #require(one["values"] as? [[Double]])
      #expect(values.count == 6)
      for (step, row) in values.enumerated() {
        #expect(abs(row[0] - Double((40 + step) % first.0)) < 0.3 && abs(row[1] - Double((40 + step) % first.1)) < 0.3)
      }
    }
    let written = try Command.run(
      "forecast", "s", "--data", "s.csv", "--steps", "3", "--output", "f.csv", in: place.folder)
    #expect(written.code == 0, "\(written.errors)")
    let lines = try String(contentsOfFile: place.path("f.csv"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 7 && lines[0] == "site,step,x,y" && lines[4].hasPrefix("b,1,"))
    #expect(
      try Command.run("forecast", "s", "--data", "s.csv", "--steps", "3", "--output", "f.h5", in: place.folder).code
        == 0)
    #expect(try HDF5File(readingAt: place.path("f.h5")).root.dataset("forecast").shape == [2, 3, 2])
    let text = try Command.run("forecast", "s", "--data", "s.csv", "--steps", "1", in: place.folder).output
    #expect(text.split(separator: "\n").count == 3 && text.hasPrefix("site"))
    for options in [["--steps", "0"], ["--steps", "1", "--output", "f.txt"], []] {
      let outcome = try Command(Command.cairn, ["forecast", "s", "--data", "s.csv"] + options, in: place.folder)
        .wait(limit: 60)
      #expect(outcome.code == 64, "\(options)")
    }
    let replaced = try Command.run(
      "forecast", "s", "--data", "s.csv", "--steps", "1", "--output", "s.csv", in: place.folder)
    #expect(replaced.code == 64)
    #expect(
      try Command.run("evaluate", "s", "--data", "s.csv", "--json", in: place.folder).json()["rows"] as? Int == 74)
    let predicted = try Command.run("predict", "s", "--data", "s.csv", "--output", "-", in: place.folder)
    // Every window that is there, the last one of each series too.
    #expect(predicted.output.split(separator: "\n").count == 77 && predicted.output.hasPrefix("x,y\n"))
  }

  @Test func theAddingProblemIsWritten() throws {
    let place = try Workplace()
    let words = [
      "dataset", "make-adding", "--samples", "20", "--length", "6", "--random-state", "7", "--output", "a.h5",
    ]
    let outcome = try Command(Command.cairn, words, in: place.folder).wait(limit: 60)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let data = try HDF5File(readingAt: place.path("a.h5")).root.group("data")
    #expect(try data.dataset("x").shape == [20, 6, 2] && data.dataset("y").shape == [20])
    let (x, y): ([Double], [Double]) = (try data.dataset("x").read(), try data.dataset("y").read())
    for row in 0..<20 {
      let marked = (0..<6).filter { x[row * 12 + 2 * $0 + 1] == 1 }
      #expect(marked.count == 2 && marked[0] < 3 && marked[1] >= 3)
      #expect(y[row] == marked.map { x[row * 12 + 2 * $0] }.reduce(0, +))
    }
  }
}
