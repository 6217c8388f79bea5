import Foundation
import HDF5Storage
import Testing

/// `predict` and `evaluate` of a sweep, beside the same of its members.
@Suite(.serialized) struct EnsembleTests {
  /// Rows of three kinds, and a value that follows them.
  private static let table: String = {
    var text = "a,b,kind,value\n"
    for row in 0..<50 {
      let (kind, wave) = (row % 3, Double(row * row % 17) / 17)
      text +=
        "\(Double(kind) + wave),\(1 - wave * Double(kind)),\(["red", "green", "blue"][kind]),\(300 + 40 * wave + Double(kind))\n"
    }
    return text
  }()

  private static func recipe(_ targets: String, _ rest: String, _ model: String) -> String {
    """
    seed: 5
    data:
      train: {csv: {path: table.csv, targets: [\(targets)]}}
      scaling: standard
    \(rest)
    model: {layers: [{dense: {units: 4, activation: tanh, kernel_regularizer: {l2: 0.01}}}, {dense: {\(model)}}]}
    optimizer: {adam: {learning_rate: 0.05}}
    training: {epochs: 3, batch_size: 8}
    """
  }
  private static let classes = recipe(
    "kind",
    "  columns: {value: ignore}\nmetrics: [accuracy]\nloss: {sparse_categorical_crossentropy: {from_logits: true}}",
    "units: 3")
  private static let values = recipe(
    "value",
    "  columns: {kind: ignore, value: {number: {scaling: standard}}}\nmetrics: [mean_absolute_error]\nloss: mean_squared_error",
    "units: 1")

  private func swept(_ recipe: String, _ sweep: String) throws -> Workplace {
    let place = try Workplace()
    try place.write(Self.table, to: "table.csv")
    try place.write(recipe, to: "recipe.yaml")
    try place.write("recipe: recipe.yaml\n" + sweep, to: "s.yaml")
    let outcome = try Command.run("sweep", "s.yaml", "--progress", "none", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return place
  }

  private func cairn(_ place: Workplace, _ arguments: String...) throws -> Command.Outcome {
    try Command(Command.cairn, arguments, in: place.folder).wait(limit: 120)
  }

  private func floats(_ place: Workplace, _ file: String, _ dataset: String) throws -> [Float] {
    try HDF5File(readingAt: place.path(file)).root.dataset(dataset).read()
  }

  /// Of members' own predictions, in double.
  private func check(
    _ place: Workplace, _ members: [String], probabilities: ([Float]) -> [Double]
  ) throws {
    let predicted = try cairn(place, "predict", "s", "--data", "table.csv", "--output", "all.h5", "--members")
    #expect(predicted.code == 0, "\(predicted.errors)")
    var own: [[Double]] = []
    for member in members {
      let outcome = try cairn(
        place, "predict", "Checkpoints/s/\(member)", "--data", "table.csv", "--output", "\(member).h5")
      #expect(outcome.code == 0, "\(outcome.errors)")
      own.append(probabilities(try floats(place, "\(member).h5", "predictions")))
      let kept = try floats(place, "all.h5", "members/\(member)")
      #expect(zip(kept, own[own.count - 1]).allSatisfy { abs(Double($0) - $1) < 1e-6 * max(1, abs($1)) })
    }
    let (means, deviations) = (try floats(place, "all.h5", "predictions"), try floats(place, "all.h5", "std"))
    #expect(means.count == own[0].count && deviations.count == means.count)
    for place in means.indices {
      let values = own.map { $0[place] }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      #expect(abs(Double(means[place]) - mean) < 1e-6 * max(1, abs(mean)))
      let deviation = (squares / Double(values.count - 1)).squareRoot()
      #expect(abs(Double(deviations[place]) - deviation) < 2e-6 * max(1, abs(mean)))
    }
  }

  @Test func probabilitiesAreAveragedAndNotLogits() throws {
    let place = try swept(Self.classes, "seeds: 3\nobjective: {monitor: loss}\n")
    try check(place, ["d001-s1", "d001-s2", "d001-s3"]) { logits in
      stride(from: 0, to: logits.count, by: 3).flatMap { start in
        let powers = logits[start..<start + 3].map { exp(Double($0)) }
        return powers.map { $0 / powers.reduce(0, +) }
      }
    }
    let screen = try cairn(place, "predict", "s", "--data", "table.csv", "--keep", "a", "--output", "-").output
    #expect(
      screen.hasPrefix(
        "a,prediction,probability_blue,probability_green,probability_red,probability_blue_std,probability_green_std,"
          + "probability_red_std\n")
        || screen.hasPrefix(
          "a,prediction,probability_red,probability_green,probability_blue,probability_red_std,probability_green_std,"
            + "probability_blue_std\n"),
      "\(screen.prefix(200))")
    // Without rows that are held back all are scored on what they were trained on, as runs are.
    let figures = try cairn(place, "evaluate", "s", "--json").json()
    #expect(figures["data"] as? String == "training" && figures["best_member"] != nil)
    #expect(try #require(figures["members"] as? [Any]).count == 3)
    let report = try cairn(place, "evaluate", "s", "--data", "table.csv", "--confusion", "--by", "kind")
    #expect(report.code == 0 && report.output.contains("ensemble"), "\(report.errors)")
    for (arguments, text) in [
      (["predict", "s", "--data", "table.csv", "--output", "x.csv", "--top", "2"], "1 draw of"),
      (["generate", "s"], "is a sweep"), (["inspect", "s"], "is a sweep"),
      (["predict", "s", "--data", "table.csv", "--output", "Checkpoints/s/d001-s2/latest.h5"], "file of the run"),
      (["evaluate", "Checkpoints/s/d001-s1", "--top", "1"], "expected a sweep"),
    ] {
      let refused = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 60)
      #expect(refused.code == 64 && refused.errors.contains(text), "\(arguments): \(refused.errors)")
    }
  }

  @Test func valuesAreAveragedInTheirUnit() throws {
    let place = try swept(Self.values, "folds: 5\n")
    try check(place, (1...5).map { "d001-f\($0)" }) { $0.map { Double($0) } }
  }

  /// Each row once, by the member that held it back; figures as the members have found them.
  @Test(arguments: [Self.classes, Self.values]) func outOfFold(_ recipe: String) throws {
    let place = try swept(recipe, "vary: {model.layers.0.dense.units: [4, 2]}\nfolds: 5\n")
    let found = try cairn(place, "evaluate", "s", "--json")
    #expect(found.code == 0, "\(found.errors)")
    let document = try found.json()
    let ensemble = try #require(document["ensemble"] as? [String: Double])
    let members = try #require(document["members"] as? [[String: Any]])
    #expect(members.count == 5 && document["data"] as? String == "out-of-fold")
    for (name, figure) in ensemble {
      var (sum, rows) = (0.0, 0.0)
      for member in members {
        let (own, count) = (try #require(member[name] as? Double), try #require(member["rows"] as? Double))
        let record = try #require(
          try JSONSerialization.jsonObject(
            with: Data(try place.bytes("Checkpoints/s/\(member["name"] ?? "")/member.json"))) as? [String: Any])
        let trained = try #require((record["figures"] as? [String: Double])?["validation_\(name)"])
        #expect(abs(own - trained) <= 1e-6 * abs(trained), "\(name): \(own) \(trained)")
        (sum, rows) = (sum + own * count, rows + count)
      }
      #expect(rows == 50 && abs(figure - sum / rows) <= 1e-6 * abs(figure), "\(name): \(figure) \(sum / rows)")
    }
    let table = try place.bytes("Checkpoints/s/oof.csv")
    let lines = String(decoding: table, as: UTF8.self).split(separator: "\n").map { $0.split(separator: ",") }
    #expect(lines[0].prefix(3) == ["row", "target", "prediction"])
    #expect(lines.dropFirst().map { Int($0[0]) } == (0..<50).map { $0 })
    let column = recipe == Self.classes ? 2 : 3
    let targets = Self.table.split(separator: "\n").dropFirst().map { $0.split(separator: ",")[column] }
    for (line, target) in zip(lines.dropFirst(), targets) {
      if column == 2 {
        #expect(line[1] == target)
      } else {
        #expect(abs(try #require(Float(line[1])) - (try #require(Float(target)))) < 1e-3)
      }
    }
    let file = try place.bytes("Checkpoints/s/oof.h5")
    #expect(try floats(place, "Checkpoints/s/oof.h5", "predictions").count == (column == 2 ? 150 : 50))
    #expect(try cairn(place, "evaluate", "s", "--workers", "1").code == 0)
    #expect(try place.bytes("Checkpoints/s/oof.csv") == table && place.bytes("Checkpoints/s/oof.h5") == file)
    // With more draws each row has two predictions.
    #expect(try cairn(place, "evaluate", "s", "--top", "2").code == 0)
    #expect(String(decoding: try place.bytes("Checkpoints/s/oof.csv"), as: UTF8.self).prefix(200).contains("_std"))
  }

  @Test func rowsThatSomeWereTrainedOnAreRefused() throws {
    let split = Self.classes.replacing(
      "  scaling: standard", with: "  scaling: standard\n  validation: {fraction: 0.2}")
    let several = try swept(split, "seeds: 2\n")
    let refused = try cairn(several, "evaluate", "s")
    #expect(refused.code == 64 && refused.errors.contains("--data"), "\(refused.errors)")
    let one = try swept(split, "vary: {model.layers.0.dense.units: [4, 2]}\n")
    let found = try cairn(one, "evaluate", "s", "--json").json()
    #expect(found["data"] as? String == "validation" && found["rows"] as? Double == 10)
  }
}
