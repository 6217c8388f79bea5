import Kernels
import NeuralNetwork
import Testing

/// Networks with an output for each of several positions.
@Suite struct PositionTests {
  private struct Case: Sendable {
    let last: Dense
    let loss: any Loss
    let targets: @Sendable (_ positions: Int) -> [Float]
    /// Of the target of one position.
    let columns: Int
  }

  private static let cases: [Case] = [
    Case(
      last: Dense(units: 5, activation: .softmax, activityRegularizer: Regularizer(l2: 0.1)),
      loss: SparseCategoricalCrossentropy(),
      targets: { draws($0, stream: 5, in: 0...5).map { Float(min(Int($0), 4)) } }, columns: 1),
    Case(
      last: Dense(units: 5, activation: .tanh), loss: MeanSquaredError(), targets: { draws($0 * 5, stream: 6) },
      columns: 5),
    Case(
      last: Dense(units: 1, activation: .sigmoid), loss: BinaryCrossentropy(),
      targets: { draws($0, stream: 7, in: 0...1).map { $0 < 0.5 ? 0 : 1 } }, columns: 1),
    Case(
      last: Dense(units: 3, activation: .softmax), loss: CategoricalCrossentropy(),
      targets: {
        draws($0, stream: 8, in: 0...3).flatMap { value in (0..<3).map { $0 == min(Int(value), 2) ? 1 : 0 } }
      },
      columns: 3),
  ]

  private static let (rows, positions, features) = (4, 6, 3)
  private static let x = draws(rows * positions * features, stream: 9)

  /// Loss, penalty, gradient, metrics and outputs of one pass.
  private static func run(_ subject: Case, input: Shape, rows: Int) throws -> (
    loss: ShardLoss, evaluated: ShardLoss, gradient: [Float], outputs: [Float], accuracy: Double
  ) {
    let network = try Network(
      input: input, layers: [Dense(units: 4, activation: .tanh), subject.last], loss: subject.loss)
    #expect(network.positions == (input.extents.count > 1 ? positions : 1))
    let targets = subject.targets(PositionTests.rows * positions)
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    let state = Floats(repeating: 0, count: network.layout.stateCount)
    network.initialize(trainable: parameters.mutable, state: state.mutable, seed: 4)
    let workspace = Workspace(
      network: network, rows: rows, targetColumns: targets.count / rows, training: true, separate: true)
    workspace.input(rows: rows).vector.copy(from: x)
    workspace.targets(rows: rows).vector.copy(from: targets)
    let gradient = Floats(repeating: 0, count: network.layout.trainableCount)
    let statistics = Floats(repeating: 0, count: network.layout.stateCount)
    let loss = network.computeGradient(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: rows,
      training: TrainingPass(key: 1, step: 0, firstRow: 0), gradient: gradient.mutable, statistics: statistics.mutable)
    let evaluated = network.evaluate(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: rows)
    let outputs = network.applyLink(workspace: workspace, rows: rows)
    var sums = [0.0, 0.0]
    sums.withUnsafeMutableBufferPointer {
      Accuracy().add(
        outputs: network.byPosition(outputs), targets: network.byPosition(workspace.targets(rows: rows).readOnly),
        weights: nil, to: $0)
    }
    return (loss, evaluated, gradient.array, outputs.vector.array, sums[0] / sums[1])
  }

  /// Each position as a row of its own gives the same outputs; the loss of a row is the mean over its positions.
  @Test(arguments: cases.indices) func positionsAreRows(_ number: Int) throws {
    let subject = PositionTests.cases[number]
    let (rows, positions) = (PositionTests.rows, PositionTests.positions)
    let whole = try PositionTests.run(subject, input: [positions, PositionTests.features], rows: rows)
    let apart = try PositionTests.run(subject, input: [PositionTests.features], rows: rows * positions)
    #expect(whole.outputs == apart.outputs)
    #expect(whole.accuracy == apart.accuracy)
    #expect(abs(whole.loss.loss - apart.loss.loss / Double(positions)) <= 1e-9 * abs(whole.loss.loss))
    #expect(abs(whole.evaluated.loss - whole.loss.loss) <= 1e-9 * abs(whole.loss.loss))
    // Activity penalties are sums over all outputs of a row, as Keras has them.
    #expect(abs(whole.loss.penalty - apart.loss.penalty) <= 1e-6 * apart.loss.penalty)
    guard subject.last.activityRegularizer == nil else { return }
    expectClose(
      whole.gradient, apart.gradient.map { Double($0) / Double(positions) }, tolerance: 1e-5, "gradient")
  }
}
