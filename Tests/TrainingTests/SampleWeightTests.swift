import Checkpointing
import Datasets
import Foundation
import GradientHealth
import NeuralNetwork
import Recipes
import Testing

@testable import Training

/// Rows that count for more or less than others: weights of samples and of classes.
@Suite struct SampleWeightTests {
  /// A row a line: two features, a class, a weight.
  private static let rows: [(Double, Double, String, Int)] = (0..<48).map { row in
    let (x, y) = (sin(Double(row)), cos(Double(row * row)))
    return (x, y, x + y > 0.3 ? "high" : y > 0 ? "middle" : "low", row % 3)
  }

  /// Each row as often as `count` says, with its weight where `isWeighted`.
  private static func csv(isWeighted: Bool, _ count: (Int) -> Int) -> String {
    let heading = isWeighted ? "x,y,w,class\n" : "x,y,class\n"
    return heading
      + rows.flatMap { row in
        Array(repeating: "\(row.0),\(row.1),\(isWeighted ? "\(row.3)," : "")\(row.2)\n", count: count(row.3))
      }.joined()
  }

  private static func recipe(_ csv: String, batch: Int = 1000, data: String = "", layer: String = "") -> String {
    """
    name: run
    seed: 5
    data: {train: {csv: {path: \(csv), targets: [class]\(csv == "weighted.csv" ? ", weights: w" : "")}}\(data)}
    model: {layers: [{dense: {units: 6, activation: tanh\(layer)}}, {dense: {units: 3, activation: softmax}}]}
    loss: sparse_categorical_crossentropy
    optimizer: {adam: {learning_rate: 0.05}}
    training: {epochs: 10, batch_size: \(batch), shards: 4, shuffle: false}
    """
  }

  private func run(
    _ files: [String: String], _ recipe: String, workers: Int = 2
  ) throws -> (weights: [String: [Float]], losses: [Double]) {
    try withTemporaryFolder { folder in
      for (name, text) in files { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
      let account = try train(
        recipe, overrides: ["training.workers=\(workers)"], folder: folder, directory: "\(folder)/run")
      return (
        try weights("\(folder)/run", step: account.steps.last?.step ?? 0), account.epochs.map(\.loss)
      )
    }
  }

  private func difference(_ a: [String: [Float]], _ b: [String: [Float]]) -> Float {
    a.flatMap { name, values in zip(values, b[name] ?? []).map { abs($0 - $1) } }.max() ?? .infinity
  }

  /// 0 leaves a row out, 2 is the row twice.
  @Test func weightsAreNumbersOfCopies() throws {
    let weighted = try run(
      ["weighted.csv": Self.csv(isWeighted: true) { _ in 1 }], Self.recipe("weighted.csv"))
    let copied = try run(["copied.csv": Self.csv(isWeighted: false) { $0 }], Self.recipe("copied.csv"))
    let plain = try run(["plain.csv": Self.csv(isWeighted: false) { _ in 1 }], Self.recipe("plain.csv"))
    #expect(difference(weighted.weights, copied.weights) < 1e-6)
    #expect(zip(weighted.losses, copied.losses).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(difference(weighted.weights, plain.weights) > 1e-3)
  }

  /// Loss and metrics of validation rows count them as copies do.
  @Test func validationIsWeighted() throws {
    func figures(_ files: [String: String], _ weights: String) throws -> [Double] {
      let recipe = """
        name: run
        seed: 5
        data:
          train: {csv: {path: plain.csv, targets: [class]}}
          validation: {csv: {path: held.csv, targets: [class]\(weights)}}
        model: {layers: [{dense: {units: 3, activation: softmax}}]}
        loss: sparse_categorical_crossentropy
        metrics: [accuracy, precision, recall, f1_score]
        optimizer: {adam: {learning_rate: 0.05}}
        training: {epochs: 2, batch_size: 10, shards: 2, workers: 2}
        """
      return try withTemporaryFolder { folder in
        for (name, text) in files { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        let row = try #require(try train(recipe, folder: folder).epochs.last?.validation)
        return [row.loss] + row.metrics
      }
    }
    let plain = Self.csv(isWeighted: false) { _ in 1 }
    let weighted = try figures(["plain.csv": plain, "held.csv": Self.csv(isWeighted: true) { _ in 1 }], ", weights: w")
    let copied = try figures(["plain.csv": plain, "held.csv": Self.csv(isWeighted: false) { $0 }], "")
    let alike = try figures(["plain.csv": plain, "held.csv": plain], "")
    #expect(weighted.count == 5 && zip(weighted, copied).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(zip(weighted, alike).allSatisfy { abs($0 - $1) > 1e-4 })
    #expect(throws: TrainingError.self) {
      try figures(["plain.csv": plain, "held.csv": Self.csv(isWeighted: true) { $0 == 0 ? 1 : 0 }], ", weights: w")
    }
  }

  @Test func bitsDoNotDependOnWorkers() throws {
    let files = ["weighted.csv": Self.csv(isWeighted: true) { _ in 1 }]
    let runs = try [1, 2, 3].map { try run(files, Self.recipe("weighted.csv", batch: 10), workers: $0) }
    #expect(runs[0].weights == runs[1].weights && runs[1].weights == runs[2].weights)
    #expect(runs[0].losses == runs[2].losses)
  }

  /// Weights of classes are those of their rows; `balanced` is scikit-learn's.
  @Test func classWeights() throws {
    let files = ["plain.csv": Self.csv(isWeighted: false) { _ in 1 }]
    let source = InMemorySource(
      features: [0, 1, 2, 3, 4, 5], sampleShape: [1], targets: [0, 0, 0, 2, 2, 0], targetColumns: 1,
      targetKind: .classes(count: 3, names: ["a", "b", "c"]))
    #expect(try ClassWeights.balanced.weights(of: source, at: "") == [0.75, 0.75, 0.75, 1.5, 1.5, 0.75])
    #expect(try ClassWeights.named(["c": 3]).weights(of: source, at: "") == [1, 1, 1, 3, 3, 1])
    #expect(throws: DatasetError.self) { try ClassWeights.named(["d": 3]).weights(of: source, at: "") }
    let without = try run(files, Self.recipe("plain.csv"))
    let ones = try run(files, Self.recipe("plain.csv", data: ", class_weights: {low: 1}"))
    #expect(difference(without.weights, ones.weights) < 1e-6)
    let copied = try run(
      [
        "copied.csv": Self.csv(isWeighted: false) { _ in 1 }
          + Self.csv(isWeighted: false) { _ in 1 }
          .split(separator: "\n").filter { $0.hasSuffix(",low") }.map { $0 + "\n" }.joined()
      ],
      Self.recipe("copied.csv"))
    let doubled = try run(files, Self.recipe("plain.csv", data: ", class_weights: {low: 2}"))
    #expect(difference(doubled.weights, copied.weights) < 1e-5)
  }

  /// What the best constant answer costs counts rows as the loss does.
  @Test func constantLossIsWeighted() throws {
    let source = InMemorySource(
      features: [0, 1, 2, 3], sampleShape: [1], targets: [0, 0, 0, 1], targetColumns: 1, targetKind: .values
    ).weighted(by: [1, 1, 1, 3])
    let network = try DataFigures(of: source, loss: MeanSquaredError())
    #expect(abs(network.constantLoss - 0.25) < 1e-6)
  }

  /// A group's rows stay on one side, and its column is no feature; the classes keep their shares.
  @Test func rulesOfTheSplit() throws {
    try withTemporaryFolder { folder in
      let rows = (0..<120).map { "\(sin(Double($0))),p\($0 % 12),\($0 % 4 == 0 ? "ill" : "well")\n" }.joined()
      try ("x,patient,state\n" + rows).write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
      func data(_ rule: String, _ features: String = "") throws -> TrainingData {
        let text = """
          name: run
          data: {train: {csv: {path: a.csv, targets: [state]\(features)}}, validation: {fraction: 0.25, \(rule)}}
          model: {layers: [{dense: {units: 1, activation: sigmoid}}]}
          loss: binary_crossentropy
          optimizer: adam
          training: {epochs: 1}
          """
        return try TrainingData.load(try Recipe.parse(text, file: "recipe.yaml", folder: folder).configuration)
      }
      let grouped = try data("group: patient")
      #expect(grouped.train.featureNames == ["x"] && grouped.validation?.count == 30)
      #expect(Set(try #require(grouped.rowNumbers).map { $0 % 12 }).count == 9)
      let even = try data("stratify: true", ", features: [x]")
      let held = try #require(even.validation as? InMemorySource)
      #expect(held.count == 30 && [7, 8].contains(held.targets.count { $0 == 0 }))
      #expect(throws: (any Error).self) { try data("stratify: true, group: patient") }
      #expect(throws: (any Error).self) { try data("group: doctor") }
    }
  }

  @Test func whatWeightsDoNotGoWith() throws {
    let files = ["weighted.csv": Self.csv(isWeighted: true) { _ in 1 }]
    func problem(_ files: [String: String], _ recipe: String) -> String {
      do {
        _ = try run(files, recipe)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      problem(files, Self.recipe("weighted.csv", layer: ", activity_regularizer: {l2: 0.1}"))
        .contains("has an activity penalty"))
    let negative = Self.csv(isWeighted: true) { _ in 1 }.replacing(",2,", with: ",-2,", maxReplacements: 1)
    #expect(problem(["weighted.csv": negative], Self.recipe("weighted.csv")).contains("`w` is no weight"))
    #expect(
      problem(["weighted.csv": Self.csv(isWeighted: true) { $0 == 0 ? 1 : 0 }], Self.recipe("weighted.csv"))
        .contains("every row of the training data has weight 0"))
  }
}
