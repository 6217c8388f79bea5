import Foundation
import HDF5Storage
import Testing

/// What `predict` and `evaluate` say in people's words: kept columns, classes by name, groups.
@Suite struct AnswerTests {
  private let kinds = ["ant", "bee", "cat"]
  /// Texts that need quotes, and some that look as if they did.
  private func identity(_ row: Int) -> String {
    ["plain\(row)", "a,\(row)", "two\nlines \(row)", "\"\(row)\"", " blank \(row) "][row % 5]
  }
  private func quoted(_ text: String) -> String { "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\"" }

  /// Kinds that two columns tell apart for the most part, from two sites.
  private func table(_ columns: [String]) -> String {
    let lines = (0..<90).map { row in
      columns.map { column in
        switch column {
        case "id": quoted(identity(row))
        case "site": row % 4 == 0 ? "" : row % 2 == 0 ? "north" : "south"
        case "length": "\(Double(row % 3) + Double(row * 7 % 13) / 7)"
        case "width": "\(5 - 2 * Double(row % 3) + Double(row * 5 % 11) / 4)"
        case "size": "\(3 * (row % 3) + row % 2)"
        default: kinds[row % 3]
        }
      }.joined(separator: ",")
    }
    return ([columns.joined(separator: ",")] + lines).joined(separator: "\n") + "\n"
  }

  private func trained(_ target: String, units: String, loss: String, validation: String = "") throws -> Workplace {
    let place = try Workplace()
    try place.write(table(["id", "site", "length", "width", "size", "kind"]), to: "all.csv")
    try place.write(
      """
      name: r
      data:
        train: {csv: {path: all.csv, targets: [\(target)], features: [length, width]}}
      \(validation)
        scaling: standard
      model: {layers: [{dense: {\(units)}}]}
      loss: \(loss)
      optimizer: {adam: {learning_rate: 0.1}}
      training: {epochs: 4, batch_size: 30, shards: 1, workers: 1}
      """, to: "r.yaml")
    let outcome = try Command.run("train", "r.yaml", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return place
  }

  private func classes(validation: String = "") throws -> Workplace {
    try trained(
      "kind", units: "units: 3, activation: softmax", loss: "sparse_categorical_crossentropy", validation: validation)
  }

  @Test func keptColumnsStandInFront() throws {
    let place = try classes()
    // Columns in another order, without targets.
    try place.write(table(["width", "id", "length", "site"]), to: "new.csv")
    func predict(_ more: String...) throws -> Command.Outcome {
      try Command(Command.cairn, ["predict", "r", "--data", "new.csv"] + more, in: place.folder).wait(limit: 60)
    }
    #expect(try predict("--output", "p.h5").code == 0)
    #expect(try predict("--output", "p.csv", "--keep", "id,site").code == 0)
    let values: [Float] = try HDF5File(readingAt: place.path("p.h5")).root.dataset("predictions").read()
    var expected = "id,site,prediction,probability_ant,probability_bee,probability_cat\n"
    for row in 0..<90 {
      let own = values[3 * row..<3 * row + 3]
      let best = try #require(own.indices.max { values[$0] < values[$1] }) - 3 * row
      let text = identity(row)
      let cells = [text.hasPrefix("plain") ? text : quoted(text), row % 4 == 0 ? "" : row % 2 == 0 ? "north" : "south"]
      expected += (cells + [kinds[best]] + own.map { "\($0)" }).joined(separator: ",") + "\n"
    }
    #expect(try String(contentsOfFile: place.path("p.csv"), encoding: .utf8) == expected)
    #expect(try predict("--output", "-", "--keep", "id,site").output == expected)
    for (more, code, says) in [
      (["--output", "q.csv", "--keep", "idd"], 65, "there is no column `idd`"),
      (["--output", "q.csv", "--keep", "id,id"], 64, "stands twice"),
      (["--output", "q.csv", "--keep", ""], 64, "names"),
      (["--output", "q.h5", "--keep", "id"], 64, "CSV"),
    ] {
      let outcome = try Command(Command.cairn, ["predict", "r", "--data", "new.csv"] + more, in: place.folder)
        .wait(limit: 60)
      #expect(outcome.code == Int32(code) && outcome.errors.contains(says), "\(more): \(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: place.path("q.csv")))
  }

  /// Classes of every loss that tells some, and levels of quantiles, have their columns.
  @Test(arguments: [
    (
      "kind", "units: 3, activation: softmax", "{sparse_categorical_focal_crossentropy: {gamma: 1}}",
      "prediction,probability_ant,probability_bee,probability_cat"
    ),
    ("size", "units: 2", "{quantile: {levels: [0.25, 0.5]}}", "size_0.25,size_0.5"),
    ("size", "units: 1, activation: exponential", "poisson", "size"),
  ])
  func columnsOfLosses(target: String, units: String, loss: String, heading: String) throws {
    let place = try trained(target, units: units, loss: loss)
    let lines = try Command.run("predict", "r", "--data", "all.csv", "--output", "-", in: place.folder).output
      .split(separator: "\n")
    #expect(lines.count == 91 && lines[0] == heading)
  }

  /// Counts of what `predict` says, by hand, against `evaluate`.
  @Test func confusionOfAllRowsAndByGroup() throws {
    let place = try classes()
    let lines = try Command.run("predict", "r", "--data", "all.csv", "--output", "-", in: place.folder).output
      .split(separator: "\n").dropFirst()
    let predictions = lines.map { line in kinds.firstIndex { line.hasPrefix($0) } ?? -1 }
    #expect(predictions.count == 90 && !predictions.contains(-1))
    func matrix(_ rows: [Int]) -> [[Int]] {
      let found = kinds.indices.filter { kind in rows.contains { $0 % 3 == kind || predictions[$0] == kind } }
      return found.map { target in found.map { kind in rows.count { $0 % 3 == target && predictions[$0] == kind } } }
    }
    let document = try Command.run("evaluate", "r", "--by", "site", "--json", in: place.folder).json()
    let whole = try #require(document["classification"] as? [String: Any])
    #expect(whole["confusion_matrix"] as? [[Int]] == matrix(Array(0..<90)))
    let by = try #require(document["by"] as? [String: Any])
    let groups = try #require(by["groups"] as? [[String: Any]])
    #expect(by["column"] as? String == "site" && groups.map { $0["group"] as? String } == ["", "north", "south"])
    for (group, rows) in zip(
      groups,
      [(0..<90).filter { $0 % 4 == 0 }, (0..<90).filter { $0 % 4 == 2 }, (0..<90).filter { $0 % 2 == 1 }])
    {
      let own = try #require(group["classification"] as? [String: Any])
      #expect(own["confusion_matrix"] as? [[Int]] == matrix(rows) && own["rows"] as? Int == rows.count)
    }
    let text = try Command.run("evaluate", "r", "--confusion", "--by", "site", in: place.folder)
    #expect(text.code == 0 && text.output.contains("confusion matrix") && text.output.contains("site: (empty)"))
    let unknown = try Command.run("evaluate", "r", "--by", "place", in: place.folder)
    #expect(unknown.code == 65 && unknown.errors.contains("there is no column `place`"), "\(unknown.errors)")
    try place.write(table(["length", "width"]), to: "bare.csv")
    let bare = try Command.run("evaluate", "r", "--data", "bare.csv", "--confusion", in: place.folder)
    #expect(bare.code == 65 && bare.errors.contains("there is no column `kind`"), "\(bare.errors)")
  }

  /// Rows that are held back keep their texts: each by its own, which says what it is.
  @Test func groupsOfRowsHeldBack() throws {
    let place = try classes(validation: "  validation: {fraction: 0.3, stratify: true}")
    let document = try Command.run("evaluate", "r", "--by", "kind", "--json", in: place.folder).json()
    let by = try #require(document["by"] as? [String: Any])
    let groups = try #require(by["groups"] as? [[String: Any]])
    #expect(document["rows"] as? Int == 27 && groups.map { $0["group"] as? String } == kinds)
    for (group, kind) in zip(groups, kinds) {
      let own = try #require(group["classification"] as? [String: Any])
      let classes = try #require(own["classes"] as? [[String: Any]])
      #expect(classes.first { $0["class"] as? String == kind }?["support"] as? Int == 9)
      #expect(own["rows"] as? Int == 9)
    }
  }

  @Test func valuesByTarget() throws {
    let place = try trained("size", units: "units: 1", loss: "mean_squared_error")
    let made = try Command.run(
      "predict", "r", "--data", "all.csv", "--output", "-", "--keep", "kind", in: place.folder)
    let lines = made.output.split(separator: "\n")
    #expect(lines.first == "kind,size" && lines.count == 91, "\(made.errors)")
    let errors = lines.dropFirst().enumerated().map { row, line in
      (Double(line.drop { $0 != "," }.dropFirst()) ?? .nan) - Double(3 * (row % 3) + row % 2)
    }
    let document = try Command.run("evaluate", "r", "--by", "kind", "--json", in: place.folder).json()
    func figures(_ object: [String: Any]) throws -> [String: Any] {
      let targets = (object["regression"] as? [String: Any])?["targets"] as? [[String: Any]]
      return try #require(targets?.first)
    }
    func expect(_ found: [String: Any], _ rows: [Int]) {
      let root = (rows.reduce(0) { $0 + errors[$1] * errors[$1] } / Double(rows.count)).squareRoot()
      let mean = rows.reduce(0) { $0 + abs(errors[$1]) } / Double(rows.count)
      #expect(found["target"] as? String == "size")
      #expect(abs((found["rmse"] as? Double ?? .nan) - root) < 1e-6 * root, "\(found)")
      #expect(abs((found["mae"] as? Double ?? .nan) - mean) < 1e-6 * mean, "\(found)")
    }
    expect(try figures(document), Array(0..<90))
    let groups = try #require((document["by"] as? [String: Any])?["groups"] as? [[String: Any]])
    #expect(groups.count == 3)
    for (kind, group) in groups.enumerated() { expect(try figures(group), (0..<90).filter { $0 % 3 == kind }) }
    let refused = try Command.run(
      "predict", "r", "--data", "all.csv", "--output", "-", "--keep", "size", in: place.folder)
    #expect(refused.code == 64 && refused.errors.contains("leave it out"), "\(refused.errors)")
  }
}
