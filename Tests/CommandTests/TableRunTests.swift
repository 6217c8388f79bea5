import Foundation
import HDF5Storage
import Testing

/// Runs on tables with texts and gaps, from the built program: what comes out does not depend on how a file is written.
@Suite struct TableRunTests {
  private static let columns = ["id", "age", "port", "fare", "note", "survived"]

  /// A passenger a line: ids, gaps, quotes, accents, a text column that tells survivors apart for the most part.
  private static func row(_ number: Int) -> [String] {
    let port = ["Århus", "S, south", "", "\"Q\""][number % 4]
    return [
      "p\(number)", number % 7 == 0 ? "" : "\(20 + number * 13 % 50)", port, "\(Double(number * 37 % 101) * 0.25)",
      "free text \(number)", (number % 4 + number * 13 % 50 / 25) % 2 == 0 ? "no" : "yes",
    ]
  }

  private static func quoted(_ cell: String) -> String {
    cell.contains(where: ",\"".contains) ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
  }

  private static func csv(_ names: [String], rows: some Sequence<Int>, end: String = "\n") -> String {
    ([names] + rows.map { number in names.map { columns.firstIndex(of: $0).map { row(number)[$0] } ?? "x" } })
      .map { $0.map(quoted).joined(separator: ",") + end }.joined()
  }

  private static let recipe = """
    name: r
    data:
      train: {csv: {path: all.csv, targets: [survived]}}
      columns:
        id: ignore
        note: ignore
        age: {number: {missing: median, indicator: true, scaling: robust}}
        port: {category: {encoding: index, min_count: 2}}
      validation: {fraction: 0.25}
      scaling: standard
    model:
      layers:
        - input: {name: port}
        - embedding: {input_dim: 5, output_dim: 2}
        - flatten: {name: ports}
        - concatenate: {inputs: [features, ports]}
        - dense: {units: 6, activation: tanh}
        - dense: {units: 2, activation: softmax}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.05}}
    training: {epochs: 6, batch_size: 16, shards: 4}
    checkpoints: {every_epochs: 2}
    """

  private func trained(_ recipe: String = recipe, _ more: String...) throws -> Workplace {
    let place = try Workplace()
    try place.write(Self.csv(Self.columns, rows: 0..<120), to: "all.csv")
    try place.write(recipe, to: "r.yaml")
    let outcome = try Command(Command.cairn, ["train", "r.yaml"] + more, in: place.folder).wait(limit: 60)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return place
  }

  private func predict(_ place: Workplace, _ file: String, _ more: String...) throws -> Command.Outcome {
    try Command(Command.cairn, ["predict", "r", "--data", file, "--output", "-"] + more, in: place.folder).wait(
      limit: 60)
  }

  /// Order of rows and columns, further columns, line ends, a mark at the beginning, compression: the same predictions.
  @Test func predictionsGoByNames() throws {
    let place = try trained()
    let features = ["age", "port", "fare"]
    let expected = try predict(place, "all.csv").output.split(separator: "\n")
    #expect(expected.count == 121 && expected[0] == "prediction,probability_no,probability_yes")
    // Where it was trained is not needed.
    try FileManager.default.removeItem(atPath: place.path("all.csv"))
    let order = (0..<120).map { $0 * 7 % 120 }
    for (name, text) in [
      ("turned", Self.csv(features.reversed(), rows: 0..<120)),
      ("wider", Self.csv(["z"] + features + ["survived", "zz"], rows: 0..<120)),
      ("windows", "\u{FEFF}" + Self.csv(features, rows: 0..<120, end: "\r\n")),
      ("old", Self.csv(features, rows: 0..<120, end: "\r")),
      ("shuffled", Self.csv(features, rows: order)),
    ] {
      try place.write(text, to: "new.csv")
      let found = try predict(place, "new.csv").output.split(separator: "\n")
      let rows = name == "shuffled" ? [expected[0]] + order.map { expected[$0 + 1] } : expected
      #expect(found == rows, "\(name)")
    }
    #expect(try Command.tool("gzip", "-k", "new.csv", in: place.folder).code == 0)
    #expect(try predict(place, "new.csv.gz").output == predict(place, "new.csv").output)
    try place.write("age,port,fare,fare\n1,a,2,3\n", to: "twice.csv")
    let twice = try predict(place, "twice.csv")
    #expect(twice.code == 0 && twice.errors.contains("several columns are called `fare`: this is the first"))
    // What was never seen is everything else; a column that is not there, or holds no numbers, is named.
    try place.write("fare,port,age\n1,Nowhere,\n1,,\n", to: "unseen.csv")
    let unseen = try predict(place, "unseen.csv").output.split(separator: "\n")
    #expect(unseen.count == 3 && unseen[1] == unseen[2])
    for (text, says) in [
      ("age,port\n1,a\n", "there is no column `fare`"), ("age,port,fare\n1,a,x\n", "new.csv:2:5: `fare` is no number"),
      ("age,port,fare\n1,a,2\n1,a,\n", "new.csv:3:5: `fare` is missing; expected a number in each row, found 1 of 2"),
    ] {
      try place.write(text, to: "new.csv")
      let outcome = try predict(place, "new.csv")
      #expect(outcome.code == 65 && outcome.errors.contains(says) && outcome.output.isEmpty, "\(outcome.errors)")
    }
  }

  /// The same bytes for any number of workers, and after a resumption in the middle.
  @Test func tablesResumeBitForBit() throws {
    let place = try trained(Self.recipe, "--set", "training.workers=1")
    let last = try place.bytes(try #require(place.checkpoints("r").last))
    for workers in [3, 5] {
      let other = try trained(Self.recipe, "--set", "training.workers=\(workers)")
      #expect(try other.bytes(try #require(other.checkpoints("r").last)) == last)
      // Back to the middle.
      for path in other.checkpoints("r").dropFirst() { try FileManager.default.removeItem(atPath: other.path(path)) }
      let outcome = try Command.run("resume", "r", in: other.folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let resumed = try HDF5File(readingAt: other.path(try #require(other.checkpoints("r").last)))
      let straight = try HDF5File(readingAt: place.path(try #require(place.checkpoints("r").last)))
      for name in ["model_weights/dense/kernel", "model_weights/embedding/embeddings", "data/columns/number/center"] {
        if name.hasPrefix("data") {
          let values: ([Double], [Double]) = (
            try resumed.root.dataset(name).read(), try straight.root.dataset(name).read()
          )
          #expect(values.0 == values.1)
        } else {
          let values: ([Float], [Float]) = (
            try resumed.root.dataset(name).read(), try straight.root.dataset(name).read()
          )
          #expect(values.0 == values.1, "\(name)")
        }
      }
    }
    let evaluated = try Command.run("evaluate", "r", "--confusion", "--by", "port", in: place.folder)
    #expect(evaluated.code == 0 && evaluated.output.contains("Århus") && evaluated.output.contains("yes"))
  }

  /// Targets are trained on as they are scaled; metrics, reports and predictions are in their unit.
  @Test func targetsAreInTheirUnit() throws {
    let recipe = """
      name: r
      data:
        train: {csv: {path: all.csv, targets: [fare]}}
        columns: {id: ignore, note: ignore, age: {number: {missing: mean}}, fare: {number: {scaling: standard}}}
        scaling: standard
      model: {layers: [{dense: {units: 1}}]}
      loss: mean_squared_error
      metrics: [mae, rmse, r2_score]
      optimizer: {adam: {learning_rate: 0.05}}
      training: {epochs: 20, batch_size: 120, shards: 1}
      """
    let place = try trained(recipe)
    let fares = (0..<120).compactMap { Double(Self.row($0)[3]) }
    let lines = try predict(place, "all.csv").output.split(separator: "\n")
    #expect(lines[0] == "fare")
    let predicted = lines.dropFirst().compactMap { Double($0) }
    let errors = zip(predicted, fares).map { $0 - $1 }
    let mae = errors.map { abs($0) }.reduce(0, +) / 120
    let rmse = (errors.map { $0 * $0 }.reduce(0, +) / 120).squareRoot()
    let mean = fares.reduce(0, +) / 120
    let deviation = (fares.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 120).squareRoot()
    let figures = try Command.run("evaluate", "r", "--json", "--confusion", in: place.folder).json()
    func close(_ name: String, _ expected: Double) {
      let found = figures[name] as? Double ?? .nan
      #expect(abs(found - expected) < 1e-5 * abs(expected), "\(name): \(found), \(expected)")
    }
    close("mean_absolute_error", mae)
    close("root_mean_squared_error", rmse)
    close("r2_score", 1 - rmse * rmse / (deviation * deviation))
    close("loss", rmse * rmse / (deviation * deviation))
    #expect(try Command.run("evaluate", "r", "--confusion", in: place.folder).output.contains("fare"))
  }

  /// What is said of columns holds for validation data and for data that are given; what was fitted stays with the run.
  @Test func declarationsHoldForOtherFiles() throws {
    let place = try Workplace()
    let rows = (0..<60).map { row in
      ["k\(row % 3)", "\(row % 7)", "\(Double(row % 4) / 2)", "\(1000 + 37 * row % 500)"]
    }
    let text = (["kind,x,w,price"] + rows.map { $0.joined(separator: ",") }).joined(separator: "\n") + "\n"
    for name in ["a.csv", "b.csv"] { try place.write(text, to: name) }
    try place.write(
      """
      name: r
      data:
        train: {csv: {path: a.csv, targets: [price]}}
        columns: {w: weight, price: {number: {scaling: standard}}}
        validation: {csv: {path: b.csv, targets: [price]}}
        scaling: standard
      model: {layers: [{dense: {units: 1}}]}
      loss: mean_squared_error
      metrics: [mae]
      optimizer: {adam: {learning_rate: 0.05}}
      training: {epochs: 3, batch_size: 60, shards: 1}
      """, to: "r.yaml")
    #expect(try Command.run("train", "r.yaml", in: place.folder).code == 0)
    let own = try Command.run("evaluate", "r", "--json", in: place.folder).json()
    let source = "{csv: {path: b.csv, targets: [price]}}"
    let given = try Command.run("evaluate", "r", "--data", source, "--json", in: place.folder).json()
    for name in ["loss", "mean_absolute_error"] {
      #expect(own[name] as? Double != nil && own[name] as? Double == given[name] as? Double, "\(own) \(given)")
    }
    let changed = try Command.run(
      "resume", "r", "--epochs", "4", "--set", "data.columns.price.number.scaling=min_max", in: place.folder)
    #expect(changed.code == 65 && changed.errors.contains("data.columns.price.number.scaling was standard"))
    // Whole numbers that are values are held back at random.
    let held = try Command.run(
      "train", "r.yaml", "--name", "s", "--set", "data.validation={fraction: 0.3}", in: place.folder)
    #expect(held.code == 0, "\(held.errors)")
  }
}
