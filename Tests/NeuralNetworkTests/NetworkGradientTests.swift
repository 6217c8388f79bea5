import Foundation
import Kernels
import NeuralNetwork
import Testing

/// Whole networks: flat vectors, workspaces, layers in a row.
@Suite struct NetworkGradientTests {
  private static let rows = 9

  /// Four dense layers' worth of everything that meets in a gradient; features off whole cache lines.
  private func network() throws -> Network {
    try Network(
      input: [2, 3],
      layers: [
        Flatten(),
        Dense(
          units: 7, activation: .gelu, kernelRegularizer: Regularizer(l1: 0.02, l2: 0.03),
          activityRegularizer: Regularizer(l1: 0.01, l2: 0.02)),
        BatchNormalization(epsilon: 0.01),
        Dropout(rate: 0.3),
        Dense(units: 5, activation: .tanh, useBias: false, kernelRegularizer: Regularizer(l2: 0.05)),
        LayerNormalization(epsilon: 0.01),
        Dense(
          units: 3, activation: .softmax, biasRegularizer: Regularizer(l1: 0.04, l2: 0.01),
          activityRegularizer: Regularizer(l2: 0.2)),
      ], loss: CategoricalCrossentropy())
  }

  /// The same forward pass in Double: the loss and activity penalties, summed over the rows.
  private func reference(_ x: [Double], _ targets: [Double], _ weights: [[Double]], mask: [Double]) -> Double {
    let first = Reference.activate(
      .gelu, Reference.affine(x, kernel: weights[0], bias: weights[1], inputs: 6, units: 7), columns: 7)
    let normal = Reference.batchNormalization(
      first, gamma: weights[2], beta: weights[3], epsilon: Double(Float(0.01)))
    let dropped = zip(normal, mask).map { $0 * $1 }
    let second = Reference.affine(dropped, kernel: weights[4], bias: nil, inputs: 7, units: 5).map { tanh($0) }
    let level = Reference.layerNormalization(
      second, gamma: weights[5], beta: weights[6], epsilon: Double(Float(0.01)))
    let logits = Reference.affine(level, kernel: weights[7], bias: weights[8], inputs: 5, units: 3)
    let loss = Reference.sum(logits, targets, outputColumns: 3, targetColumns: 3) {
      Reference.categoricalCrossentropy(logits: $0, $1)
    }
    return loss + Reference.penalty(Regularizer(l1: 0.01, l2: 0.02), first)
      + Reference.penalty(Regularizer(l2: 0.2), Reference.activate(.softmax, logits, columns: 3))
  }

  private func weightPenalty(_ network: Network, _ weights: [[Double]]) -> Double {
    zip(network.layout.trainable, weights).reduce(0) { $0 + Reference.penalty($1.0.spec.regularizer, $1.1) }
  }

  private var targets: [Float] {
    Reference.rows(doubles(draws(NetworkGradientTests.rows * 3, stream: 71, in: 0...1)), 3).flatMap { row in
      row.map { Float($0 / row.reduce(0, +)) }
    }
  }

  private func parameters(_ network: Network) -> Floats {
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    for (number, entry) in network.layout.trainable.enumerated() {
      parameters.mutable[entry.range].copy(from: draws(entry.range.count, stream: 80 + UInt64(number), scale: 0.8))
    }
    return parameters
  }

  @Test func gradientOfTheWholeObjective() throws {
    let rows = NetworkGradientTests.rows
    let network = try network()
    let input = draws(rows * 6, stream: 70)
    let parameters = parameters(network)
    let state = Floats(repeating: .nan, count: network.layout.stateCount)
    let statistics = Floats(repeating: .nan, count: network.layout.stateCount)
    let gradient = Floats(repeating: .nan, count: network.layout.trainableCount)
    let workspace = Workspace(network: network, rows: rows + 2, targetColumns: 3, training: true)
    workspace.input(rows: rows).vector.copy(from: input)
    workspace.targets(rows: rows).vector.copy(from: targets)
    let found = network.computeGradient(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: rows,
      training: LayerCase.training, gradient: gradient.mutable, statistics: statistics.mutable)
    #expect(gradient.isIntact && statistics.isIntact && parameters.isIntact)

    let weights = network.layout.trainable.map { doubles(parameters.vector[$0.range].array) }
    let mask = Reference.dropoutMask(rate: 0.3, training: LayerCase.training, layer: 3, rows: rows, columns: 7)
    #expect(mask.contains(0))
    let x = doubles(input)
    let t = doubles(targets)
    let expected = reference(x, t, weights, mask: mask)
    #expect(abs(found.loss + found.penalty - expected) <= 1e-5 * expected)
    let penalty = weightPenalty(network, weights)
    #expect(abs(network.weightPenalty(parameters: parameters.vector) - penalty) <= 1e-6 * penalty)

    for (number, entry) in network.layout.trainable.enumerated() {
      let name = "\(entry.layerName)/\(entry.spec.name)"
      let exact = differences(at: weights[number]) { moved in
        var all = weights
        all[number] = moved
        return reference(x, t, all, mask: mask)
      }
      expectClose(gradient.vector[entry.range].array, exact, tolerance: 2e-4, "sum, \(name)")

      // As a step finishes it: divided by the rows, with the weights' own penalties.
      let objective = differences(at: weights[number]) { moved in
        var all = weights
        all[number] = moved
        return reference(x, t, all, mask: mask) / Double(rows) + weightPenalty(network, all)
      }
      let regularizer = entry.spec.regularizer ?? Regularizer()
      _ = Reductions.finishGradient(
        gradient.mutable[entry.range], scale: 1 / Float(rows), weights: parameters.vector[entry.range],
        l1: regularizer.l1, l2: regularizer.l2)
      expectClose(gradient.vector[entry.range].array, objective, tolerance: 2e-4, "objective, \(name)")
    }
  }

  /// Without batch statistics a batch's gradient is the sum of its parts', however it is cut: masks follow the row.
  @Test(arguments: [[16], [8, 8], [6, 5, 5], [1, 1, 14]])
  func shardsAddUpToTheBatch(_ sizes: [Int]) throws {
    let network = try Network(
      input: [6],
      layers: [Dense(units: 7, activation: .relu), Dropout(rate: 0.4), Dense(units: 1, activation: .sigmoid)],
      loss: BinaryCrossentropy())
    let parameters = parameters(network)
    let empty = Floats([])
    let input = draws(16 * 6, stream: 72)
    let targets = draws(16, stream: 73, in: 0...1).map { $0 > 0.5 ? Float(1) : 0 }
    let workspace = Workspace(network: network, rows: 16, targetColumns: 1, training: true)
    func run(_ rows: Range<Int>) -> (loss: Double, gradient: [Float]) {
      let gradient = Floats(repeating: 0, count: network.layout.trainableCount)
      workspace.input(rows: rows.count).vector.copy(from: Array(input[rows.lowerBound * 6..<rows.upperBound * 6]))
      workspace.targets(rows: rows.count).vector.copy(from: Array(targets[rows]))
      let loss = network.computeGradient(
        parameters: parameters.vector, state: empty.vector, workspace: workspace, rows: rows.count,
        training: TrainingPass(key: 9, step: 4, firstRow: UInt32(rows.lowerBound)), gradient: gradient.mutable,
        statistics: empty.mutable)
      return (loss.loss, gradient.array)
    }
    let whole = run(0..<16)
    var start = 0
    var loss = 0.0
    var sum = [Double](repeating: 0, count: whole.gradient.count)
    for size in sizes {
      let part = run(start..<start + size)
      loss += part.loss
      for (index, value) in part.gradient.enumerated() { sum[index] += Double(value) }
      start += size
    }
    #expect(abs(loss - whole.loss) <= 1e-6 * whole.loss)
    expectClose(whole.gradient, sum, tolerance: 1e-5, "gradient")
  }

  /// Inference drops nothing, and the bits of a row do not depend on how many stand around it in the workspace.
  @Test func predictionIsTheFormulaWithoutDropout() throws {
    let network = try Network(
      input: [6],
      layers: [Dense(units: 7, activation: .silu), Dropout(rate: 0.4), Dense(units: 3, activation: .softmax)],
      loss: SparseCategoricalCrossentropy())
    let parameters = parameters(network)
    let input = draws(5 * 6, stream: 74)
    let workspace = Workspace(network: network, rows: 8, targetColumns: 1, training: false)
    workspace.input(rows: 5).vector.copy(from: input)
    let outputs = network.predict(
      parameters: parameters.vector, state: parameters.vector[0..<0], workspace: workspace, rows: 5)
    let weights = network.layout.trainable.map { doubles(parameters.vector[$0.range].array) }
    let hidden = Reference.activate(
      .silu, Reference.affine(doubles(input), kernel: weights[0], bias: weights[1], inputs: 6, units: 7), columns: 7)
    let logits = Reference.affine(hidden, kernel: weights[2], bias: weights[3], inputs: 7, units: 3)
    expectClose(
      outputs.vector.array, Reference.activate(.softmax, logits, columns: 3), tolerance: 1e-5, "predictions")
  }

  /// Kernels so large that their gradients are left as factors, one of them shared by two positions of each sample: two
  /// linear layers and the mean squared error, whose gradient is written down in Double.
  @Test func largeKernelsHaveTheGradientOfTheFormula() throws {
    let (rows, inputs, hidden, outputs) = (5, 300, 256, 128)
    let network = try Network(
      input: [2, inputs], layers: [Dense(units: hidden, useBias: false), Flatten(), Dense(units: outputs)],
      loss: MeanSquaredError())
    #expect(network.factored.count == (NumericKernels.multipliesInPanels ? 2 : 0))
    let parameters = parameters(network)
    let (input, targets) = (draws(rows * 2 * inputs, stream: 76), draws(rows * outputs, stream: 77))
    let gradient = Floats(repeating: .nan, count: network.layout.trainableCount)
    let workspace = Workspace(network: network, rows: rows + 1, targetColumns: outputs, training: true)
    workspace.input(rows: rows).vector.copy(from: input)
    workspace.targets(rows: rows).vector.copy(from: targets)
    let none = Floats([])
    _ = network.computeGradient(
      parameters: parameters.vector, state: none.vector, workspace: workspace, rows: rows,
      training: LayerCase.training, gradient: gradient.mutable, statistics: none.mutable)
    let sums = network.productSums(shards: 2)
    network.setFactors(ofShard: 1, of: sums, workspace: workspace, rows: rows)
    network.completeGradient(ofShard: 1, from: sums, workspace: workspace, gradient: gradient.mutable)

    let weights = network.layout.trainable.map { doubles(parameters.vector[$0.range].array) }
    let x = doubles(input)
    let h = Reference.affine(x, kernel: weights[0], bias: nil, inputs: inputs, units: hidden)
    let y = Reference.affine(h, kernel: weights[1], bias: weights[2], inputs: 2 * hidden, units: outputs)
    let dy = zip(y, doubles(targets)).map { 2 * ($0 - $1) / Double(outputs) }
    func outer(_ x: [Double], _ dz: [Double], inputs: Int, units: Int) -> [Double] {
      var product = [Double](repeating: 0, count: inputs * units)
      for row in 0..<x.count / inputs {
        for input in 0..<inputs {
          for unit in 0..<units { product[input * units + unit] += x[row * inputs + input] * dz[row * units + unit] }
        }
      }
      return product
    }
    let backwards = (0..<outputs).flatMap { unit in
      (0..<2 * hidden).map { weights[1][$0 * outputs + unit] }
    }
    let dh = Reference.affine(dy, kernel: backwards, bias: nil, inputs: outputs, units: 2 * hidden)
    let expected = [
      outer(x, dh, inputs: inputs, units: hidden), outer(h, dy, inputs: 2 * hidden, units: outputs),
      (0..<outputs).map { unit in (0..<rows).reduce(0) { $0 + dy[$1 * outputs + unit] } },
    ]
    for (entry, exact) in zip(network.layout.trainable, expected) {
      expectClose(gradient.vector[entry.range].array, exact, tolerance: 1e-5, "\(entry.layerName)/\(entry.spec.name)")
    }
  }
}
