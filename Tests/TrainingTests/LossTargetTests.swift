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
