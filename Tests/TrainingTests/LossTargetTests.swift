import Foundation
import Testing
import Training

/// Targets, outputs and metrics that do not fit a loss are refused before the first step.
@Suite struct LossTargetTests {
  private func problem(
    _ targets: [String], _ loss: String, units: Int = 1, activation: String = "linear", metrics: String = ""
  ) throws -> String? {
    try withTemporaryFolder { folder in
      let rows = targets.enumerated().map { "\(Double($0.offset) / 10),\($0.element)\n" }.joined()
      try ("x,y\n" + rows).write(toFile: "\(folder)/t.csv", atomically: true, encoding: .utf8)
      do {
        _ = try train(
          """
          name: run
          data: {train: {csv: {path: t.csv, targets: [y]}}}
          model: {layers: [{dense: {units: \(units), activation: \(activation)}}]}
          loss: \(loss)
          metrics: [\(metrics)]
          optimizer: adam
          training: {epochs: 1, batch_size: 4, shards: 1, workers: 1}
          """, folder: folder)
        return nil
      } catch { return "\(error)" }
    }
  }

  @Test func targets() throws {
    let halves = ["0.5", "1.5", "2.5", "3.25"]
    #expect(try problem(halves, "poisson", activation: "exponential") == nil)
    #expect(
      try problem(["0.5", "-1.5"], "poisson", activation: "exponential")?.contains("not negative") == true)
    #expect(try problem(["-1", "1", "-1"], "hinge") == nil)
    #expect(try problem(["0", "1", "1"], "squared_hinge") == nil)
    #expect(try problem(["0.5", "3.5"], "hinge")?.contains("0 and 1, or -1 and 1") == true)
    #expect(try problem(["0", "1", "2"], "focal", activation: "sigmoid")?.contains("sparse_categorical_focal") == true)
  }

  @Test func metrics() throws {
    let (classes, halves) = (["0", "1", "2", "1"], ["0.5", "1.5", "2.5", "3.25"])
    let sparse = "sparse_categorical_crossentropy"
    let all = "{top_k_categorical_accuracy: {k: 2}}, log_loss, matthews_correlation"
    #expect(try problem(classes, sparse, units: 3, activation: "softmax", metrics: all) == nil)
    #expect(
      try problem(classes, sparse, units: 3, activation: "softmax", metrics: "average_precision")?
        .contains("is of two classes, the last layer has 3 outputs") == true)
    let binary = ["0", "1", "1"]
    for loss in ["binary_crossentropy", "binary_focal_crossentropy", "mean_squared_error"] {
      let metrics = "log_loss, matthews_correlation, average_precision"
      #expect(try problem(binary, loss, activation: "sigmoid", metrics: metrics) == nil)
    }
    #expect(
      try problem(binary, "binary_crossentropy", activation: "sigmoid", metrics: "top_k_categorical_accuracy")?
        .contains("needs an output for each class") == true)
    #expect(try problem(binary, "hinge", metrics: "log_loss")?.contains("needs probabilities") == true)
    #expect(try problem(halves, "mean_squared_error", metrics: "log_loss")?.contains("targets in 0...1") == true)
    for loss in ["mean_squared_error", "{quantile: {levels: 0.25}}"] {
      #expect(try problem(halves, loss, metrics: "mean_pinball_loss") == nil)
      #expect(try problem(halves, loss, metrics: "{mean_pinball_loss: {alpha: 0.1}}") == nil)
    }
    #expect(try problem(halves, "quantile", units: 3, metrics: "mean_pinball_loss") == nil)
    #expect(
      try problem(halves, "quantile", units: 3, metrics: "{mean_pinball_loss: {alpha: 0.1}}")?
        .contains("leave `alpha` out") == true)
  }

  /// Several answers of yes or no are not one class.
  @Test(arguments: [
    "top_k_categorical_accuracy", "log_loss", "matthews_correlation", "average_precision",
  ])
  func severalLabels(_ metric: String) throws {
    try withTemporaryFolder { folder in
      try "x,a,b\n0,1,1\n1,0,1\n2,0,0\n".write(toFile: "\(folder)/t.csv", atomically: true, encoding: .utf8)
      func problem(_ loss: String, _ activation: String) -> String {
        do {
          _ = try train(
            """
            name: run
            data: {train: {csv: {path: t.csv, targets: [a, b]}}}
            model: {layers: [{dense: {units: 2, activation: \(activation)}}]}
            loss: \(loss)
            metrics: [\(metric)]
            optimizer: adam
            training: {epochs: 1, batch_size: 4, shards: 1, workers: 1}
            """, folder: folder)
          return ""
        } catch { return "\(error)" }
      }
      #expect(problem("binary_crossentropy", "sigmoid").contains("\(metric) is of one class a row"))
      #expect(problem("categorical_crossentropy", "softmax") == "")
    }
  }

  @Test func outputs() throws {
    let halves = ["0.5", "1.5", "2.5", "3.25"]
    #expect(try problem(halves, "quantile", units: 3) == nil)
    #expect(try problem(halves, "quantile", units: 2)?.contains("`levels` lists 3 quantiles") == true)
    #expect(
      try problem(halves, "quantile", units: 3, metrics: "mean_absolute_error")?.contains("leave the metric") == true)
    let classes = ["0", "1", "2", "1"]
    let weighted = "{sparse_categorical_focal_crossentropy: {alpha: [1, 2]}}"
    #expect(
      try problem(classes, weighted, units: 3, activation: "softmax")?.contains("`alpha` lists 2 weights") == true)
  }
}
