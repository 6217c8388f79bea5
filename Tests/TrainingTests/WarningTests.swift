import Foundation
import Recipes
import Testing
import Training

/// What is said at a run's start of what trains, but hardly as it was meant.
@Suite struct WarningTests {
  private func warnings(
    _ data: String, _ layer: String, _ loss: String, _ optimizer: String = "adam: {}", folder: String? = nil
  ) throws -> [String] {
    let text = """
      name: warned
      data: {train: {\(data)}}
      model: {layers: [{dense: {units: 4, activation: relu}}, {dense: {\(layer)}}]}
      loss: \(loss)
      optimizer: {\(optimizer)}
      training: {epochs: 1, workers: 1}
      """
    let recipe = try Recipe.parse(text, file: "recipe.yaml", folder: folder)
    return try Trainer(recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil)
      .warnings()
  }

  private let moons = "make_moons: {samples: 60}"

  @Test func soundRecipesAreNotWarnedOf() throws {
    #expect(try warnings(moons, "units: 1, activation: sigmoid", "binary_crossentropy").isEmpty)
    #expect(try warnings(moons, "units: 1", "{binary_crossentropy: {from_logits: true}}").isEmpty)
    #expect(try warnings(moons, "units: 2, activation: softmax", "sparse_categorical_crossentropy").isEmpty)
    #expect(try warnings("make_regression: {samples: 60}", "units: 1", "mean_squared_error").isEmpty)
  }

  @Test(
    arguments: try FileManager.default.contentsOfDirectory(atPath: WarningTests.recipes).filter {
      $0.hasSuffix(".yaml")
    })
  func theRepositorysRecipesAreNotWarnedOf(_ name: String) throws {
    let recipe = try Recipe.load(path: "\(Self.recipes)/\(name)")
    let trainer = try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil)
    #expect(trainer.warnings().isEmpty)
  }

  private static let recipes = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Recipes").path

  @Test(arguments: [(8, 4, 8, true), (32, 1, 8, false), (8, 4, 4, false), (4, 1, 4, true)])
  func batchesOfOneRowAreNotNormalized(_ batch: Int, _ accumulated: Int, _ shards: Int, _ isWarned: Bool) throws {
    let text = """
      name: warned
      data: {train: {\(moons)}}
      model: {layers: [{batch_normalization: {}}, {dense: {units: 1, activation: sigmoid}}]}
      loss: binary_crossentropy
      optimizer: {adam: {}}
      training: {epochs: 1, workers: 1, batch_size: \(batch), accumulate_steps: \(accumulated), shards: \(shards)}
      """
    let recipe = try Recipe.parse(text, file: "recipe.yaml", folder: nil)
    let warnings = try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil
    ).warnings()
    #expect(warnings.contains { $0.contains("`batch_normalization` normalizes by single rows") } == isWarned)
  }

  @Test func theLastLayerIsNotWhatTheLossTakes() throws {
    #expect(try warnings(moons, "units: 2, activation: sigmoid", "sparse_categorical_crossentropy").count == 1)
    #expect(try warnings(moons, "units: 1, activation: tanh", "binary_crossentropy").first?.contains("sigmoid") == true)
  }

  @Test func unitsWithoutAClassAndRates() throws {
    let more = try warnings(moons, "units: 4, activation: softmax", "sparse_categorical_crossentropy")
    #expect(more.first?.contains("2 units stand for no class; give it 2") == true, "\(more)")
    let rate = try warnings(
      moons, "units: 1, activation: sigmoid", "binary_crossentropy", "adam: {learning_rate: 1000}")
    #expect(rate.first?.contains("learning rate") == true, "\(rate)")
  }

  @Test func targetsOutOfReach() throws {
    try withTemporaryFolder { folder in
      func write(_ rows: [String]) throws {
        let text = "a,t\n" + rows.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/x.csv"))
      }
      let csv = "csv: {path: x.csv, targets: [t]}"
      try write((1...20).map { "\($0).5,\(200_000 + 1000 * $0).5" })
      let large = try warnings(csv, "units: 1", "mean_squared_error", folder: folder)
      #expect(large.first?.contains("mean 210500") == true && large.first?.contains("divide") == true, "\(large)")
      try write((1...20).map { "\($0).5,\($0).5" })
      #expect(try warnings(csv, "units: 1", "mean_squared_error", folder: folder).isEmpty)
      let bounded = try warnings(csv, "units: 1, activation: sigmoid", "mean_squared_error", folder: folder)
      #expect(bounded.first?.contains("1.5...20.5") == true, "\(bounded)")
      try write((1...20).map { "\($0).5,1" })
      let one = try warnings(csv, "units: 2, activation: softmax", "sparse_categorical_crossentropy", folder: folder)
      #expect(one.contains { $0.contains("all training labels are class 1") }, "\(one)")
      try write(["1.5,0.5"])
      #expect(
        try warnings(csv, "units: 1", "mean_squared_error", folder: folder).last?.contains("one training row") == true)
    }
  }
}
