import Foundation
import Kernels
import NeuralNetwork
import Testing

/// A table and its figures as scikit-learn computed them; see `Fixtures/sklearn/make_metrics.py`.
struct ScikitLearnTable: Decodable, Sendable, CustomTestStringConvertible {
  struct Figure: Decodable, Sendable {
    let metric: String
    let value: Double
    var k: Int?
    var alpha: Float?
    var levels: [Float]?

    var made: (any Metric)? {
      switch metric {
      case "top_k_categorical_accuracy": k.map { TopKCategoricalAccuracy(k: $0) }
      case "log_loss": LogLoss()
      case "matthews_correlation": MatthewsCorrelation()
      case "average_precision": AveragePrecision()
      case "mean_pinball_loss": levels.map { MeanPinballLoss(levels: $0) } ?? MeanPinballLoss(alpha: alpha)
      default: nil
      }
    }
  }

  let columns: Int
  let targetColumns: Int
  let outputs: [Float]
  let targets: [Float]
  var weights: [Float]?
  let figures: [Figure]

  var rows: Int { outputs.count / columns }
  var testDescription: String {
    "\(rows) rows, \(columns) outputs, \(targetColumns) targets\(weights == nil ? "" : ", weights")"
  }

  static let all: [ScikitLearnTable] = {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/sklearn/metrics.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let data = try? Data(contentsOf: path) else { return [] }
    return (try? decoder.decode([ScikitLearnTable].self, from: data)) ?? []
  }()

  /// The figure from blocks of so many rows, joined in order.
  func figure(of metric: any Metric, block: Int, outputs: [Float]? = nil) -> Double {
    let outputs = outputs ?? self.outputs
    var total = [Double](repeating: 0, count: metric.sumCount(outputs: columns))
    for first in stride(from: 0, to: rows, by: block) {
      let own = first..<min(first + block, rows)
      var sums = [Double](repeating: 0, count: metric.sumCount(outputs: columns, rows: own.count))
      sums.withUnsafeMutableBufferPointer { sums in
        metric.add(
          outputs: Floats(Array(outputs[own.lowerBound * columns..<own.upperBound * columns])).matrix(
            own.count, columns),
          targets: Floats(Array(targets[own.lowerBound * targetColumns..<own.upperBound * targetColumns]))
            .matrix(own.count, targetColumns),
          weights: weights.map { Floats(Array($0[own])).matrix(1, own.count).vector }, to: sums)
        metric.join(UnsafeBufferPointer(sums), to: &total)
      }
    }
    return metric.result(total, outputs: columns)
  }
}

@Suite struct ScikitLearnMetricTests {
  @Test func tablesAreThere() {
    let metrics = ScikitLearnTable.all.flatMap(\.figures).map(\.metric)
    #expect(ScikitLearnTable.all.count > 50 && Set(metrics).count == 5)
  }

  @Test(arguments: ScikitLearnTable.all)
  func figures(_ table: ScikitLearnTable) throws {
    for figure in table.figures {
      let metric = try #require(figure.made)
      for block in [table.rows, 7, 1] {
        let value = table.figure(of: metric, block: block)
        #expect(abs(value - figure.value) <= 1e-9, "\(figure.metric) in blocks of \(block): \(value), \(figure.value)")
      }
    }
  }

  /// Rows of a block may come in runs, as where a mask leaves positions out.
  @Test func rowsOfABlockInRuns() {
    let metric = AveragePrecision()
    var sums = [Double](repeating: 0, count: metric.sumCount(outputs: 1, rows: 6))
    var total: [Double] = []
    sums.withUnsafeMutableBufferPointer { sums in
      for (outputs, targets) in [([0.1, 0.8], [0, 1]), ([0.35, 0.4], [1, 0])] as [([Float], [Float])] {
        metric.add(
          outputs: Floats(outputs).matrix(2, 1), targets: Floats(targets).matrix(2, 1), weights: nil, to: sums)
      }
      metric.join(UnsafeBufferPointer(sums), to: &total)
    }
    #expect(total == [0.1, -1, 0.8, 1, 0.35, 1, 0.4, -1].map { Double(Float($0)) })
    #expect(abs(metric.result(total, outputs: 1) - 2.5 / 3) < 1e-12)
  }

  /// Whatever a row of weight 0 holds, it counts for nothing.
  @Test(arguments: ScikitLearnTable.all.filter { $0.weights != nil })
  func rowsOfWeightZero(_ table: ScikitLearnTable) throws {
    let weights = try #require(table.weights)
    var outputs = table.outputs
    for row in 0..<table.rows where weights[row] == 0 {
      for column in 0..<table.columns { outputs[row * table.columns + column] = .nan }
    }
    #expect(weights.contains(0))
    for figure in table.figures {
      let metric = try #require(figure.made)
      #expect(table.figure(of: metric, block: 7, outputs: outputs) == table.figure(of: metric, block: 7))
    }
  }

  /// The order of equal scores does not show, to the last bit.
  @Test func ranksDoNotDependOnTheOrderOfRows() throws {
    for table in ScikitLearnTable.all where table.columns == 1 && table.figures[0].metric == "average_precision" {
      func reversed(_ values: [Float]) -> [Float] { values.reversed() }
      let other = ScikitLearnTable(
        columns: 1, targetColumns: 1, outputs: reversed(table.outputs), targets: reversed(table.targets),
        weights: table.weights.map(reversed), figures: [])
      #expect(
        other.figure(of: AveragePrecision(), block: 5).bitPattern
          == table.figure(of: AveragePrecision(), block: 9).bitPattern)
    }
  }

  /// Logits under `from_logits: true` give the figures of their probabilities.
  @Test(arguments: [1, 2, 3])
  func logits(_ columns: Int) throws {
    let softmax = SparseCategoricalCrossentropy(fromLogits: true)
    let sigmoid = BinaryCrossentropy(fromLogits: true)
    let loss: any Loss = columns == 1 ? sigmoid : softmax
    for table in ScikitLearnTable.all where table.columns == columns && table.figures[0].metric != "mean_pinball_loss" {
      // Probabilities near 0 and 1 lose digits on the way.
      guard table.outputs.allSatisfy({ $0 > 1e-3 && $0 < 1 - 1e-3 }) else { continue }
      let logits = table.outputs.map { columns == 1 ? log($0 / (1 - $0)) : log($0) }
      for figure in table.figures where ["log_loss", "matthews_correlation"].contains(figure.metric) {
        let metric = try #require(figure.made?.adapted(to: loss))
        #expect(metric.name == figure.metric)
        #expect(abs(table.figure(of: metric, block: 8, outputs: logits) - figure.value) < 1e-6)
      }
    }
    #expect(LogLoss().adapted(to: BinaryCrossentropy()) is LogLoss)
    #expect(MeanPinballLoss().adapted(to: Quantile(levels: [0.1, 0.9])).targets == .oneValue)
  }
}
