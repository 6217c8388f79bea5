import Checkpointing
import Datasets
import Foundation
import Kernels
import NeuralNetwork
import Recipes
import Testing

@testable import Training

/// Figures of several blocks of rows are those of one, whoever computes them.
@Suite struct EvaluationTests {
  private static let rows = 1300

  private static func recipe(_ metrics: String, _ loss: String, _ layer: String, target: String) -> String {
    """
    name: run
    seed: 5
    data: {train: {csv: {path: a.csv, targets: [\(target)], features: [x, y], weights: w}}}
    model: {layers: [{dense: {units: 3, activation: tanh}}, {dense: {\(layer)}}]}
    loss: \(loss)
    metrics: [\(metrics)]
    optimizer: adam
    training: {epochs: 2, batch_size: 100, shards: 4}
    """
  }

  private static let cases = [
    recipe(
      "log_loss, matthews_correlation, average_precision, auc", "binary_crossentropy",
      "units: 1, activation: sigmoid", target: "two"),
    recipe(
      "log_loss, matthews_correlation, average_precision", "sparse_categorical_crossentropy",
      "units: 2, activation: softmax", target: "two"),
    recipe(
      "{top_k_categorical_accuracy: {k: 2}}, log_loss, matthews_correlation, accuracy",
      "sparse_categorical_crossentropy", "units: 4, activation: softmax", target: "four"),
    recipe("mean_pinball_loss", "{quantile: {levels: [0.1, 0.5, 0.9]}}", "units: 3", target: "value"),
  ]

  private static let csv: String = {
    let lines = (0..<rows).map { row in
      let (x, y) = (sin(Double(row)), cos(Double(row * row)))
      // Few scores: rows tie.
      let (x1, y1) = ((x * 3).rounded(), (y * 3).rounded())
      let side = x + 0.5 * sin(Double(row * 7)) > 0
      return "\(x1),\(y1),\(side ? 1 : 0),\((side ? 2 : 0) + (y > 0 ? 1 : 0)),\(x - y),\(Double(row % 5) / 7)\n"
    }
    return "x,y,two,four,value,w\n" + lines.joined()
  }()

  @Test(arguments: cases)
  func figuresDoNotDependOnBlocksAndWorkers(_ text: String) throws {
    try withTemporaryFolder { folder in
      try Self.csv.write(toFile: "\(folder)/a.csv", atomically: true, encoding: .utf8)
      let account = try train(text, folder: folder, directory: "\(folder)/run")
      let configuration = try Recipe.parse(text, file: "recipe.yaml", folder: folder).configuration
      let checkpoint = try Checkpoint(
        verifying: CheckpointStore(directory: "\(folder)/run").path(step: account.steps.last?.step ?? 0))
      let source = try configuration.data.train.load(
        seed: 0, options: ReadOptions(targets: TargetRole(configuration.loss.targets)))
      #expect(source.count == Self.rows && source.weights.contains(0))
      let all = try [1, 2, 3, 5].map {
        try Predictor(configuration, checkpoint: checkpoint, workers: $0)
          .evaluate(source, metrics: configuration.metrics)
      }
      for other in all.dropFirst() {
        #expect(other.loss.bitPattern == all[0].loss.bitPattern)
        #expect(other.metrics.map(\.bitPattern) == all[0].metrics.map(\.bitPattern))
      }
      let outputs = try Predictor(configuration, checkpoint: checkpoint, workers: 2).predict(source)
      let columns = outputs.count / source.count
      for (metric, figure) in zip(configuration.metrics, all[0].metrics) {
        var (block, total) = (
          [Double](repeating: 0, count: metric.sumCount(outputs: columns, rows: source.count)),
          [Double](repeating: 0, count: metric.sumCount(outputs: columns))
        )
        let held = AlignedBuffer(count: outputs.count)
        let targets = AlignedBuffer(count: source.count)
        let weights = AlignedBuffer(count: source.count)
        held.mutable.copy(from: outputs)
        targets.mutable.copy(from: source.targets)
        weights.mutable.copy(from: source.weights)
        block.withUnsafeMutableBufferPointer { block in
          metric.add(
            outputs: held.vector.matrix(rows: source.count, columns: columns),
            targets: targets.vector.matrix(rows: source.count, columns: 1), weights: weights.vector, to: block)
          metric.join(UnsafeBufferPointer(block), to: &total)
        }
        #expect(abs(metric.result(total, outputs: columns) - figure) < 1e-9, "\(metric.name)")
        #expect(figure.isFinite && figure != 0)
      }
    }
  }

  /// What early stopping takes for better.
  @Test(arguments: [
    ("log_loss", true), ("mean_pinball_loss", true), ("top_k_categorical_accuracy", false),
    ("matthews_correlation", false), ("average_precision", false),
  ])
  func direction(_ metric: String, _ lower: Bool) {
    #expect(EpochMonitor.lowerIsBetter("validation_" + metric) == lower)
  }
}
