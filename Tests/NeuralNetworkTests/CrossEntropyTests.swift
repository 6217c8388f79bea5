import Foundation
import Kernels
import Testing

@testable import NeuralNetwork

/// Sigmoid and softmax under the matching cross-entropy run fused, on logits.
@Suite struct CrossEntropyTests {
  /// A network whose logits are its inputs: a dense layer with the identity as kernel.
  private struct Fused {
    let network: Network
    let workspace: Workspace
    let parameters: Floats
    let gradient: Floats
    let columns: Int

    init(
      _ activation: ActivationFunction, _ loss: any Loss, columns: Int, rows: Int, targetColumns: Int? = nil,
      activityRegularizer: Regularizer? = nil, asLayer: Bool = false
    ) throws {
      self.columns = columns
      let dense = Dense(
        units: columns, activation: asLayer ? .linear : activation, activityRegularizer: activityRegularizer)
      network = try Network(
        input: [columns], layers: asLayer ? [dense, Activation(activation)] : [dense], loss: loss)
      workspace = Workspace(
        network: network, rows: rows, targetColumns: targetColumns ?? columns, training: true)
      parameters = Floats(repeating: 0, count: network.layout.trainableCount)
      for index in 0..<columns { parameters.mutable[index * columns + index] = 1 }
      gradient = Floats(repeating: .nan, count: network.layout.trainableCount)
    }

    func loss(logits: [Float], targets: [Float]) -> ShardLoss {
      let rows = logits.count / columns
      workspace.input(rows: rows).vector.copy(from: logits)
      workspace.targets(rows: rows).vector.copy(from: targets)
      return network.computeGradient(
        parameters: parameters.vector, state: parameters.vector[0..<0], workspace: workspace, rows: rows,
        training: LayerCase.training, gradient: gradient.mutable, statistics: parameters.mutable[0..<0])
    }

    /// dL/dz summed over the rows.
    var biasGradient: [Float] { gradient.vector[network.layout.trainable[1].range].array }
  }

  @Test(arguments: [false, true])
  func fusedSigmoidIsTheUnfusedInDouble(asLayer: Bool) throws {
    let logits = draws(8 * 3, stream: 60, scale: 4)
    let targets = draws(8 * 3, stream: 61, in: 0...1)
    let fused = try Fused(.sigmoid, BinaryCrossentropy(), columns: 3, rows: 8, asLayer: asLayer)
    #expect(fused.network.link == .sigmoid)
    let found = fused.loss(logits: logits, targets: targets)
    func plain(_ logits: [Double]) -> Double {
      zip(logits, targets).reduce(0) { sum, pair in
        let p = 1 / (1 + exp(-pair.0))
        return sum - Double(pair.1) * log(p) - (1 - Double(pair.1)) * log(1 - p)
      } / 3
    }
    let expected = plain(doubles(logits))
    #expect(abs(found.loss - expected) <= 1e-6 * expected)
    let columns = Reference.rows(differences(at: doubles(logits), of: plain), 3)
    let sums = (0..<3).map { column in columns.reduce(0) { $0 + $1[column] } }
    expectClose(fused.biasGradient, sums, tolerance: 1e-5, "gradient")
  }

  @Test(arguments: [false, true])
  func fusedSoftmaxIsTheUnfusedInDouble(sparse: Bool) throws {
    let logits = draws(8 * 5, stream: 62, scale: 4)
    let classes = (0..<8).map { ($0 * 3) % 5 }
    let targets: [Float] =
      sparse ? classes.map(Float.init) : classes.flatMap { k in (0..<5).map { $0 == k ? 1 : 0 } }
    let loss: any Loss = sparse ? SparseCategoricalCrossentropy() : CategoricalCrossentropy()
    let fused = try Fused(.softmax, loss, columns: 5, rows: 8, targetColumns: sparse ? 1 : 5)
    #expect(fused.network.link == .softmax)
    let found = fused.loss(logits: logits, targets: targets)
    func plain(_ logits: [Double]) -> Double {
      zip(Reference.rows(logits, 5), classes).reduce(0) { $0 - log(Reference.softmax($1.0)[$1.1]) }
    }
    let expected = plain(doubles(logits))
    #expect(abs(found.loss - expected) <= 1e-6 * expected)
    let columns = Reference.rows(differences(at: doubles(logits), of: plain), 5)
    let sums = (0..<5).map { column in columns.reduce(0) { $0 + $1[column] } }
    expectClose(fused.biasGradient, sums, tolerance: 1e-5, "gradient")
  }

  /// Where probabilities would be cut at 1e-7, logits still tell how wrong the answer is.
  @Test(arguments: [Float(80), 1000, 1e30])
  func extremeLogitsOfASigmoid(_ size: Float) throws {
    let fused = try Fused(.sigmoid, BinaryCrossentropy(), columns: 1, rows: 1)
    for (logit, target, loss, slope) in [
      (size, Float(0), Double(size), Float(1)), (-size, 1, Double(size), -1), (size, 1, 0, 0), (-size, 0, 0, 0),
    ] {
      let found = fused.loss(logits: [logit], targets: [target])
      #expect(abs(found.loss - loss) <= 1e-6 * max(loss, 1e-6), "\(logit), \(target): \(found.loss)")
      #expect(abs(fused.biasGradient[0] - slope) <= 1e-30, "\(logit), \(target): \(fused.biasGradient)")
    }
    // A loss below float's smallest step from 1 is not lost: log1p(exp(-80)).
    let small = fused.loss(logits: [80], targets: [1]).loss
    #expect(abs(small - exp(-80)) <= 1e-4 * exp(-80))
  }

  @Test(arguments: [Float(80), 1000, 1e30], [false, true])
  func extremeLogitsOfASoftmax(_ size: Float, sparse: Bool) throws {
    let loss: any Loss = sparse ? SparseCategoricalCrossentropy() : CategoricalCrossentropy()
    let fused = try Fused(.softmax, loss, columns: 3, rows: 1, targetColumns: sparse ? 1 : 3)
    for right in 0..<3 {
      let target: [Float] = sparse ? [Float(right)] : (0..<3).map { $0 == right ? 1 : 0 }
      let found = fused.loss(logits: [size, 0, -size], targets: target)
      let expected = [0, Double(size), 2 * Double(size)][right]
      #expect(abs(found.loss - expected) <= 1e-6 * max(expected, 1e-6), "class \(right): \(found.loss)")
      let slopes = (0..<3).map { Double(($0 == 0 ? 1 : 0) - ($0 == right ? 1 : 0)) }
      expectClose(fused.biasGradient, slopes, tolerance: 1e-6, "gradient")
    }
  }

  /// An Inf that a probability would hide behind its cut. Where the answer is right the slope is a finite 0; the loss
  /// is what tells.
  @Test(arguments: [Float.nan, .infinity, -.infinity], [Float(0), 0.5, 1])
  func notFiniteLogitOfASigmoidIsSeen(_ logit: Float, _ target: Float) {
    let gradient = Floats([0, 0, 0])
    let loss = BinaryCrossentropy(fromLogits: true).sum(
      outputs: Floats([1, logit, 2]).matrix(3, 1), targets: Floats([1, target, 0]).matrix(3, 1),
      gradient: gradient.mutableMatrix(3, 1))
    #expect(!loss.isFinite)
    if logit.isNaN { #expect(gradient.array[1].isNaN) }
  }

  @Test(arguments: [Float.nan, .infinity], 0..<3)
  func notFiniteLogitOfASoftmaxIsSeen(_ logit: Float, right: Int) {
    let dense = Floats([0, 0, 0])
    let logits = Floats([1, logit, 2]).matrix(1, 3)
    let loss = CategoricalCrossentropy(fromLogits: true).sum(
      outputs: logits, targets: Floats((0..<3).map { $0 == right ? 1 : 0 }).matrix(1, 3),
      gradient: dense.mutableMatrix(1, 3))
    let sparse = Floats([0, 0, 0])
    let sparseLoss = SparseCategoricalCrossentropy(fromLogits: true).sum(
      outputs: logits, targets: Floats([Float(right)]).matrix(1, 1), gradient: sparse.mutableMatrix(1, 3))
    #expect(!loss.isFinite && !sparseLoss.isFinite)
    for gradient in [dense.array, sparse.array] { #expect(gradient.contains { !$0.isFinite }) }
  }

  /// Minus infinity is a probability of 0: no harm in a class that is not the target, infinite loss in one that is.
  @Test func minusInfinityOfASoftmaxIsAProbabilityOfZero() {
    func loss(_ right: Int) -> Double {
      SparseCategoricalCrossentropy(fromLogits: true).sum(
        outputs: Floats([1, -.infinity, 2]).matrix(1, 3), targets: Floats([Float(right)]).matrix(1, 1), gradient: nil)
    }
    #expect(abs(loss(0) - log(1 + exp(1.0))) < 1e-6)
    #expect(loss(1) == .infinity)
  }

  /// Targets that do not sum to 1: the gradient is p - t anyway, as in TensorFlow.
  @Test func gradientUnderTargetsThatAreNoDistribution() {
    let logits: [Float] = [0.3, -1, 2]
    let targets: [Float] = [0.5, 0, 1.5]
    let gradient = Floats([0, 0, 0])
    let loss = CategoricalCrossentropy(fromLogits: true).sum(
      outputs: Floats(logits).matrix(1, 3), targets: Floats(targets).matrix(1, 3),
      gradient: gradient.mutableMatrix(1, 3))
    #expect(abs(loss - Reference.categoricalCrossentropy(logits: doubles(logits), doubles(targets))) < 1e-6)
    let expected = zip(Reference.softmax(doubles(logits)), targets).map { $0 - Double($1) }
    expectClose(gradient.array, expected, tolerance: 1e-6, "gradient")
  }

  /// The penalty is on the probabilities, though the loss takes logits.
  @Test(arguments: [ActivationFunction.sigmoid, .softmax])
  func activityPenaltyOnAFusedLayer(_ activation: ActivationFunction) throws {
    let regularizer = Regularizer(l1: 0.3, l2: 0.7)
    let loss: any Loss = activation == .sigmoid ? BinaryCrossentropy() : CategoricalCrossentropy()
    let fused = try Fused(activation, loss, columns: 4, rows: 6, activityRegularizer: regularizer)
    #expect(fused.network.link == activation)
    let logits = draws(6 * 4, stream: 63, scale: 2)
    let targets = Reference.rows(doubles(draws(6 * 4, stream: 64, in: 0...1)), 4).flatMap { row in
      row.map { Float($0 / row.reduce(0, +)) }
    }
    let found = fused.loss(logits: logits, targets: targets)
    func penalty(_ logits: [Double]) -> Double {
      Reference.penalty(regularizer, Reference.activate(activation, logits, columns: 4))
    }
    func objective(_ logits: [Double]) -> Double {
      penalty(logits)
        + Reference.sum(logits, doubles(targets), outputColumns: 4, targetColumns: 4) { z, t in
          activation == .sigmoid
            ? Reference.binaryCrossentropy(logits: z, t) : Reference.categoricalCrossentropy(logits: z, t)
        }
    }
    let point = doubles(logits)
    #expect(abs(found.penalty - penalty(point)) <= 1e-5 * penalty(point))
    #expect(abs(found.loss + found.penalty - objective(point)) <= 1e-5 * objective(point))
    let columns = Reference.rows(differences(at: point, of: objective), 4)
    let sums = (0..<4).map { column in columns.reduce(0) { $0 + $1[column] } }
    expectClose(fused.biasGradient, sums, tolerance: 1e-4, "gradient")

    let evaluated = fused.network.evaluate(
      parameters: fused.parameters.vector, state: fused.parameters.vector[0..<0], workspace: fused.workspace, rows: 6)
    #expect(abs(evaluated.penalty - found.penalty) <= 1e-6 * found.penalty)
    #expect(abs(evaluated.loss - found.loss) <= 1e-6 * found.loss)
    let outputs = fused.network.predict(
      parameters: fused.parameters.vector, state: fused.parameters.vector[0..<0], workspace: fused.workspace, rows: 6)
    expectClose(
      outputs.vector.array, Reference.activate(activation, point, columns: 4), tolerance: 1e-6, "predictions")
  }

  /// Only the activation that belongs to the loss is split off.
  @Test func othersAreNotFused() throws {
    func link(_ layers: [any Layer], _ loss: any Loss) throws -> ActivationFunction {
      try Network(input: [3], layers: layers, loss: loss).link
    }
    #expect(try link([Dense(units: 2, activation: .softmax)], BinaryCrossentropy()) == .linear)
    #expect(try link([Dense(units: 2, activation: .sigmoid)], CategoricalCrossentropy()) == .linear)
    #expect(try link([Dense(units: 2, activation: .sigmoid)], MeanSquaredError()) == .linear)
    #expect(try link([Dense(units: 2)], BinaryCrossentropy(fromLogits: true)) == .linear)
    #expect(try link([Dense(units: 2, activation: .sigmoid), Flatten()], BinaryCrossentropy()) == .linear)
  }
}
