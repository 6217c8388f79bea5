import Checkpointing
import HDF5Storage
import Recipes
import Testing
import Training

/// The gradient noise scale against the covariance of the single rows' gradients.
@Suite struct GradientNoiseTests {
  private struct Rows {
    let (x, y): ([Float], [Float])

    /// y = x0 - x1 + noise, 2,048 rows of 2 features.
    init() {
      var state: UInt64 = 7
      func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / Float(1 << 23) - 1
      }
      let x = (0..<4096).map { _ in next() }
      self.x = x
      y = (0..<2048).map { x[2 * $0] - x[2 * $0 + 1] + next() }
    }

    /// tr(S) / |G|^2 of (w x - y)^2 at w = (1, 1), in Double.
    var scale: Double {
      var (mean, square) = ([0.0, 0.0], 0.0)
      for row in 0..<2048 {
        let (a, b) = (Double(x[2 * row]), Double(x[2 * row + 1]))
        let error = 2 * (a + b - Double(y[row]))
        for (at, value) in [error * a, error * b].enumerated() {
          mean[at] += value / 2048
          square += value * value / 2048
        }
      }
      let signal = mean[0] * mean[0] + mean[1] * mean[1]
      return (square - signal) / signal
    }
  }

  private func noise(_ overrides: [String]) throws -> [Double] {
    let rows = Rows()
    return try withTemporaryFolder { folder in
      try HDF5File.publish(at: "\(folder)/rows.h5") { file in
        let data = try file.root.createGroup("data")
        try data.write(rows.x, shape: [2048, 2], to: "x")
        try data.write(rows.y, shape: [2048], to: "y")
      }
      let recipe = try Recipe.parse(
        """
        name: noise
        data: {train: {hdf5: {path: rows.h5}}}
        model:
          layers:
            - dense: {units: 1, use_bias: false, kernel_initializer: ones, kernel_regularizer: {l1: 0.3, l2: 0.2}}
        loss: mean_squared_error
        optimizer: {sgd: {learning_rate: 1.0e-30}}
        training: {epochs: 30, batch_size: 16, shards: 4, workers: 2}
        """, file: "noise.yaml", folder: folder, overrides: overrides)
      let trainer = try Trainer(recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil)
      _ = try trainer.run()
      return trainer.epochs.map(\.gradientNoiseScale)
    }
  }

  @Test(arguments: [["training.shards=4"], ["training.shards=3"], ["training.shards=16", "training.workers=3"]])
  func theShardsTellWhatTheRowsTell(_ overrides: [String]) throws {
    let scales = try noise(overrides)
    #expect(scales.count == 30)
    // Each epoch is a few noisy measurements; their median is near.
    let middle = scales.filter(\.isFinite).sorted()
    let median = middle[middle.count / 2]
    let expected = Rows().scale
    #expect(abs(median / expected - 1) < 0.25, "\(median) for \(expected)")
  }

  @Test func oneShardTellsNothing() throws { #expect(try noise(["training.shards=1"]).allSatisfy(\.isNaN)) }
}
