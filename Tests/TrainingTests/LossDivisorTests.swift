import Checkpointing
import Datasets
import Foundation
import Recipes
import Testing

@testable import Training

/// `loss_divisor: rows`: the weighted loss is divided by the number of rows, as Keras' `sum_over_batch_size` does.
@Suite struct LossDivisorTests {
  /// Two features, a target, a weight, some of them 0.
  private static let rows: [(x: [Double], y: Double, weight: Double)] = (0..<60).map { row in
    let (x, y) = (sin(Double(row)), cos(Double(row * row)))
    return ([x, y], 1 + 2 * x - y + 0.3 * sin(Double(7 * row)), Double(row % 4))
  }

  private static func recipe(
    _ divisor: String?, batch: Int = 60, epochs: Int = 1, weights: String = ", weights: w", more: String = ""
  ) -> String {
    """
    name: run
    seed: 5
    data:
      train: {csv: {path: a.csv, targets: [y]\(weights)}}
      validation: {csv: {path: a.csv, targets: [y]\(weights)}}
    \(divisor.map { "  loss_divisor: \($0)" } ?? "")
    \(more)
    model: {layers: [{dense: {name: line, units: 1, activation: linear, kernel_initializer: {constant: {value: 0.5}}}}]}
    loss: mean_squared_error
    metrics: [mean_squared_error]
    optimizer: {sgd: {learning_rate: 0.125}}
    training: {epochs: \(epochs), batch_size: \(batch), shards: 4, shuffle: false}
    """
  }

  private func run(_ recipe: String, workers: Int = 2) throws -> (weights: [String: [Float]], account: Account) {
    try withTemporaryFolder { folder in
      let text = Self.rows.map { "\($0.x[0]),\($0.x[1]),\($0.y),\($0.weight)\n" }.joined()
      try ("a,b,y,w\n" + text).write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
      let recipe = weighted(recipe) ? recipe : recipe.replacing("targets: [y]", with: "targets: [y], features: [a, b]")
      let account = try train(
        recipe, overrides: ["training.workers=\(workers)"], folder: folder, directory: "\(folder)/run")
      return (try weights("\(folder)/run", step: account.steps.last?.step ?? 0), account)
    }
  }

  private func weighted(_ recipe: String) -> Bool { recipe.contains("weights: w") }

  /// Loss and gradient of kernel and bias by hand, divided by this.
  private func byHand(_ kernel: [Double], _ bias: Double, divisor: Double) -> (
    loss: Double, kernel: [Double], bias: Double
  ) {
    var (loss, slopes, slope) = (0.0, [0.0, 0.0], 0.0)
    for row in Self.rows {
      let error = zip(kernel, row.x).reduce(bias) { $0 + $1.0 * $1.1 } - row.y
      loss += row.weight * error * error / divisor
      for column in 0..<2 { slopes[column] += 2 * row.weight * error * row.x[column] / divisor }
      slope += 2 * row.weight * error / divisor
    }
    return (loss, slopes, slope)
  }

  @Test(arguments: [nil, "weights", "rows"])
  func aStepOfAllRows(_ word: String?) throws {
    let total = Self.rows.reduce(0) { $0 + $1.weight }
    let divisor = word == "rows" ? Double(Self.rows.count) : total
    #expect(total != Double(Self.rows.count))
    let (weights, account) = try run(Self.recipe(word))
    let before = byHand([0.5, 0.5], 0, divisor: divisor)
    #expect(abs(account.steps[0].loss - before.loss) < 1e-6)
    let kernel = before.kernel.map { 0.5 - 0.125 * $0 }
    let bias = -0.125 * before.bias
    let trained = try #require(weights["line/kernel"])
    #expect(zip(trained, kernel).allSatisfy { abs(Double($0) - $1) < 1e-6 }, "\(trained), \(kernel)")
    #expect(abs(Double(try #require(weights["line/bias"]?.first)) - bias) < 1e-6)
    let after = byHand(kernel, bias, divisor: divisor)
    let validation = try #require(account.epochs.last?.validation)
    #expect(abs(validation.loss - after.loss) < 1e-6)
    // Metrics go by the weights all the same.
    #expect(abs(validation.metrics[0] - byHand(kernel, bias, divisor: total).loss) < 1e-6)
  }

  @Test func bitsDoNotDependOnWorkers() throws {
    let runs = try [1, 2, 3, 5].map { try run(Self.recipe("rows", batch: 13, epochs: 3), workers: $0) }
    for other in runs.dropFirst() {
      #expect(other.weights == runs[0].weights)
      #expect(other.account.epochs.map(\.loss) == runs[0].account.epochs.map(\.loss))
      #expect(other.account.epochs.map(\.validation) == runs[0].account.epochs.map(\.validation))
    }
    #expect(try run(Self.recipe("weights", batch: 13, epochs: 3)).weights != runs[0].weights)
  }

  /// Rows of weight 0 are rows, also where the weight is their class's.
  @Test func rowsOfWeightZeroCount() throws {
    try withTemporaryFolder { folder in
      let text = (0..<12).map { "\(sin(Double($0))),\($0 % 3 == 0 ? "rare" : "often")\n" }.joined()
      try ("x,c\n" + text).write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
      func data(_ divisor: String) throws -> TrainingData {
        let text = """
          name: run
          data: {train: {csv: {path: a.csv, targets: [c]}}, class_weights: {rare: 0}, scaling: standard\(divisor)}
          model: {layers: [{dense: {units: 1, activation: sigmoid}}]}
          loss: binary_crossentropy
          optimizer: adam
          training: {epochs: 1}
          """
        return try TrainingData.load(try Recipe.parse(text, file: "recipe.yaml", folder: folder).configuration)
      }
      func amount(_ data: TrainingData) -> Double {
        (0..<Int32(data.train.count)).map { $0 }.withUnsafeBufferPointer { data.train.divisor(of: $0).amount }
      }
      let (dropped, kept) = (try data(""), try data(", loss_divisor: rows"))
      #expect(dropped.train.count == 8 && amount(dropped) == 8)
      #expect(kept.train.count == 12 && amount(kept) == 12)
    }
  }

  /// The loss of the best constant answer is of the same scale as the loss.
  @Test func constantLoss() throws {
    let weighted = try run(Self.recipe("weights")).account.summary.constantLoss
    let rows = try run(Self.recipe("rows")).account.summary.constantLoss
    #expect(abs(rows / weighted - 1.5) < 0.1)
  }

  @Test func withoutWeightsItIsRefused() throws {
    do {
      _ = try run(Self.recipe("rows", weights: ""))
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("data.loss_divisor: rows changes nothing"), "\(error)") }
  }
}
