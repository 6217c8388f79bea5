import Kernels
import Testing

@testable import NeuralNetwork

@Suite struct BatchNormalizationTests {
  private static let momentum: Float = 0.9

  /// The layer's state after one training step on `x`, cut into shards of `sizes` rows.
  private func state(_ x: [Float], features: Int, sizes: [Int]) throws -> (mean: [Float], variance: [Float]) {
    let network = try network(features)
    let stateCount = network.layout.stateCount
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    let state = Floats(repeating: 0, count: stateCount)
    network.initialize(trainable: parameters.mutable, state: state.mutable, seed: 1)
    let gradient = Floats(repeating: 0, count: parameters.count)
    let workspace = Workspace(network: network, rows: x.count / features, targetColumns: features, training: true)
    var row = 0
    let statistics = sizes.map { size in
      let statistics = Floats(repeating: size > 0 ? 0 : .nan, count: stateCount)
      guard size > 0 else { return statistics }
      workspace.input(rows: size).vector.copy(from: Array(x[row * features..<(row + size) * features]))
      workspace.targets(rows: size).vector.fill(0)
      _ = network.computeGradient(
        parameters: parameters.vector, state: state.vector, workspace: workspace, rows: size,
        training: TrainingPass(key: 0, step: 0, firstRow: UInt32(row)), gradient: gradient.mutable,
        statistics: statistics.mutable)
      row += size
      return statistics
    }
    network.updateState(state.mutable, statistics: statistics.map(\.vector), rows: sizes)
    #expect(state.isIntact)
    let entries = network.layout.state
    #expect(entries.map(\.spec.name) == ["moving_mean", "moving_variance"])
    return (state.vector[entries[0].range].array, state.vector[entries[1].range].array)
  }

  private func network(_ features: Int) throws -> Network {
    try Network(
      input: [features], layers: [BatchNormalization(momentum: BatchNormalizationTests.momentum)],
      loss: MeanSquaredError())
  }

  /// Shards whose means differ widely: their variances alone would say too little.
  @Test(arguments: [1, 5, 16, 19], [[24], [12, 12], [7, 6, 6, 5], [23, 1], [1, 11, 12, 0, 0]])
  func shardsMakeUpTheBatch(_ features: Int, _ sizes: [Int]) throws {
    var x = draws(24 * features, stream: 30, scale: 2)
    for index in x.indices { x[index] += 3 * Float(index / features / 6) + 10 * Float(index % features) }
    let found = try state(x, features: features, sizes: sizes)
    let keep = Double(BatchNormalizationTests.momentum)
    let moments = (0..<features).map { feature in
      Reference.moments(stride(from: feature, to: x.count, by: features).map { Double(x[$0]) })
    }
    // Starts: mean 0, variance 1. The variance is the biased one, as Keras has it.
    expectClose(found.mean, moments.map { (1 - keep) * $0.mean }, tolerance: 1e-5, "moving mean")
    expectClose(found.variance, moments.map { keep + (1 - keep) * $0.variance }, tolerance: 1e-5, "moving variance")
  }

  @Test func inferenceUsesTheMovingFigures() throws {
    let features = 19
    let network = try network(features)
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    let state = Floats(repeating: 0, count: network.layout.stateCount)
    let gamma = draws(features, stream: 31)
    let beta = draws(features, stream: 32)
    let mean = draws(features, stream: 33, scale: 3)
    let variance = draws(features, stream: 34, in: 0.1...4)
    parameters.mutable[network.layout.trainable[0].range].copy(from: gamma)
    parameters.mutable[network.layout.trainable[1].range].copy(from: beta)
    state.mutable[network.layout.state[0].range].copy(from: mean)
    state.mutable[network.layout.state[1].range].copy(from: variance)
    let before = state.array
    let x = draws(4 * features, stream: 35, scale: 2)
    let workspace = Workspace(network: network, rows: 4, targetColumns: features, training: false)
    workspace.input(rows: 4).vector.copy(from: x)
    let found = network.predict(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: 4)
    let expected = x.indices.map { index -> Double in
      let f = index % features
      let deviation = (Double(variance[f]) + Double(Float(0.001))).squareRoot()
      return Double(gamma[f]) * (Double(x[index]) - Double(mean[f])) / deviation + Double(beta[f])
    }
    expectClose(found.vector.array, expected, tolerance: 1e-5, "output")
    #expect(state.array == before)
  }

  /// Keras: a batch of one row gives beta.
  @Test func oneRowGivesBeta() throws {
    let network = try network(3)
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    parameters.mutable[network.layout.trainable[0].range].copy(from: [1, 2, 3])
    parameters.mutable[network.layout.trainable[1].range].copy(from: [0.5, -1, 4])
    let state = Floats(repeating: .nan, count: network.layout.stateCount)
    let (gradient, statistics) = (Floats(repeating: 0, count: parameters.count), Floats(state.array))
    let workspace = Workspace(network: network, rows: 1, targetColumns: 3, training: true, separate: true)
    workspace.input(rows: 1).vector.copy(from: [7, -8, 1e6])
    workspace.targets(rows: 1).vector.copy(from: [0, 0, 0])
    _ = network.computeGradient(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: 1, training: LayerCase.training,
      gradient: gradient.mutable, statistics: statistics.mutable)
    let output = workspace.output(rows: 1).vector.readOnly
    #expect(output.array == [0.5, -1, 4])
  }

  @Test func noRowsChangeNothing() throws {
    let network = try network(3)
    let state = Floats(draws(network.layout.stateCount, stream: 36))
    let before = state.array
    let nothing = Floats(repeating: .nan, count: state.count)
    network.updateState(state.mutable, statistics: [nothing.vector], rows: [0])
    #expect(state.array == before)
  }

  /// 131,072 values a channel around 1000: sums of floats in a row would be off in the fourth digit.
  @Test func manyPositionsCostNoDigits() throws {
    let (rows, positions, features) = (8, 16384, 3)
    let network = try Network(
      input: [128, 128, features], layers: [BatchNormalization(momentum: 0, epsilon: 0.01), Flatten()],
      loss: MeanSquaredError())
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    let state = Floats(repeating: 0, count: network.layout.stateCount)
    network.initialize(trainable: parameters.mutable, state: state.mutable, seed: 1)
    let count = rows * positions * features
    var random = RandomStream(seed: 5, stream: 5)
    let x = (0..<count).map { Float(random.uniform() + ($0 % features == 1 ? 1000 : 0)) }
    let workspace = Workspace(
      network: network, rows: rows, targetColumns: positions * features, training: true)
    workspace.input(rows: rows).vector.copy(from: x)
    workspace.targets(rows: rows).vector.fill(0)
    let (gradient, statistics) = (Floats(repeating: 0, count: parameters.count), Floats(state.array))
    _ = network.computeGradient(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: rows,
      training: LayerCase.training, gradient: gradient.mutable, statistics: statistics.mutable)
    network.updateState(state.mutable, statistics: [statistics.vector], rows: [rows])
    for feature in 0..<features {
      let (mean, variance) = Reference.moments(stride(from: feature, to: count, by: features).map { Double(x[$0]) })
      let found = network.layout.state.map { Double(state.vector[$0.range][feature]) }
      #expect(abs(found[0] - mean) <= 1e-7 * abs(mean) + 1e-7, "mean \(found[0]), expected \(mean)")
      #expect(abs(found[1] - variance) <= 1e-5 * variance, "variance \(found[1]), expected \(variance)")
    }
  }

  @Test func weightsAreKerasDefaults() throws {
    let layer = BatchNormalization()
    #expect(layer.momentum == 0.99 && layer.epsilon == 0.001)
    let specs = try layer.operation(for: [[4]]).parameters
    #expect(specs.map(\.name) == ["gamma", "beta", "moving_mean", "moving_variance"])
    #expect(specs.map(\.initializer) == [.ones, .zeros, .zeros, .ones])
    #expect(specs.map(\.role) == [.trainable, .trainable, .state, .state])
  }
}
