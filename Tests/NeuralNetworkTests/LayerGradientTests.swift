import Kernels
import Testing

@testable import NeuralNetwork

/// A layer on its own: buffers as a network would hand them out, full of NaN where the layer must write.
private struct Bench {
  let subject: LayerCase
  let entries: [ParameterLayout.Entry]
  let input: Floats
  let parameters: Floats
  let state: Floats
  let output: Floats
  let scratch: Floats
  let statistics: Floats
  let outputColumns: Int

  init(_ subject: LayerCase) throws {
    self.subject = subject
    var layout = ParameterLayout()
    _ = layout.append(layer: 0, name: "subject", specs: subject.layer.parameters(for: subject.input))
    entries = layout.trainable
    input = Floats(draws(subject.rows * subject.input.count, stream: 1))
    parameters = Floats(repeating: 0, count: layout.trainableCount)
    for (number, entry) in entries.enumerated() {
      parameters.mutable[entry.range].copy(from: draws(entry.range.count, stream: 10 + UInt64(number), scale: 0.7))
    }
    state = Floats(repeating: .nan, count: layout.stateCount)
    outputColumns = try subject.layer.outputShape(for: subject.input).count
    output = Floats(repeating: .nan, count: subject.rows * outputColumns)
    scratch = Floats(
      repeating: .nan, count: subject.layer.scratchCount(for: subject.input, rows: subject.rows))
    statistics = Floats(repeating: .nan, count: layout.stateCount)
  }

  func forward() -> Double {
    subject.layer.forward(
      ForwardPass(
        layer: subject.number, features: subject.input.features,
        input: input.matrix(subject.rows, subject.input.count),
        output: output.mutableMatrix(subject.rows, outputColumns), parameters: parameters.vector, state: state.vector,
        scratch: scratch.mutable, statistics: statistics.mutable, training: LayerCase.training))
  }

  /// The gradients of x and of the flat parameters.
  func backward(_ upstream: [Float], wantsInputGradient: Bool) -> (input: Floats, parameters: Floats) {
    let outputGradient = Floats(upstream)
    let inputGradient = Floats(repeating: .nan, count: input.count)
    let parameterGradient = Floats(repeating: .nan, count: parameters.count)
    let scratchBefore = scratch.array
    subject.layer.backward(
      BackwardPass(
        features: subject.input.features, input: input.matrix(subject.rows, subject.input.count),
        output: output.matrix(subject.rows, outputColumns), parameters: parameters.vector, scratch: scratch.mutable,
        outputGradient: outputGradient.mutableMatrix(subject.rows, outputColumns),
        inputGradient: wantsInputGradient ? inputGradient.mutableMatrix(subject.rows, subject.input.count) : nil,
        parameterGradient: parameterGradient.mutable))
    scratch.mutable.copy(from: scratchBefore)
    #expect(outputGradient.isIntact && inputGradient.isIntact && parameterGradient.isIntact && scratch.isIntact)
    return (inputGradient, parameterGradient)
  }

  var inputs: LayerCase.Inputs {
    LayerCase.Inputs(
      x: doubles(input.array), weights: entries.map { doubles(parameters.vector[$0.range].array) },
      features: subject.input.features, rows: subject.rows)
  }
}

@Suite struct LayerGradientTests {
  @Test(arguments: LayerCase.all)
  func gradientIsThatOfTheFormula(_ subject: LayerCase) throws {
    let bench = try Bench(subject)
    let penalty = bench.forward()
    let inputs = bench.inputs
    let expected = subject.reference(inputs)
    expectClose(bench.output.array, expected, tolerance: 1e-5, "output")
    let expectedPenalty = Reference.penalty(subject.activityRegularizer, expected)
    #expect(abs(penalty - expectedPenalty) <= 1e-5 * max(expectedPenalty, 1e-3))
    #expect(bench.output.isIntact && bench.scratch.isIntact && bench.statistics.isIntact)

    let upstream = draws(expected.count, stream: 2)
    func objective(_ inputs: LayerCase.Inputs) -> Double {
      let y = subject.reference(inputs)
      return zip(y, upstream).reduce(Reference.penalty(subject.activityRegularizer, y)) { $0 + $1.0 * Double($1.1) }
    }
    let found = bench.backward(upstream, wantsInputGradient: true)
    let inputDifferences = differences(at: inputs.x) { x in
      var moved = inputs
      moved.x = x
      return objective(moved)
    }
    expectClose(found.input.array, inputDifferences, tolerance: 1e-4, "input gradient")
    var padding = Set(0..<found.parameters.count)
    for (number, entry) in bench.entries.enumerated() {
      padding.subtract(entry.range)
      let weightDifferences = differences(at: inputs.weights[number]) { weights in
        var moved = inputs
        moved.weights[number] = weights
        return objective(moved)
      }
      expectClose(
        found.parameters.vector[entry.range].array, weightDifferences, tolerance: 1e-4,
        "gradient of \(entry.spec.name)")
    }
    let written = padding.filter { !found.parameters.array[$0].isNaN }
    #expect(written.isEmpty, "padding is not the layer's to write")
  }

  @Test(arguments: LayerCase.all)
  func firstLayerHasTheSameWeightGradient(_ subject: LayerCase) throws {
    let bench = try Bench(subject)
    _ = bench.forward()
    let upstream = draws(bench.output.count, stream: 3)
    let inner = bench.backward(upstream, wantsInputGradient: true).parameters.array
    let first = bench.backward(upstream, wantsInputGradient: false)
    #expect(first.parameters.array.map(\.bitPattern) == inner.map(\.bitPattern))
    #expect(first.input.array.allSatisfy { $0.isNaN })
  }

  /// Where a derivative jumps it is TensorFlow's.
  @Test(arguments: [
    (ActivationFunction.relu, 0), (.leakyRelu(negativeSlope: 0.2), 0.2), (.elu, 1), (.selu, 1.0507009873554805),
    (.softsign, 1),
  ])
  func derivativeAtZero(_ function: ActivationFunction, _ expected: Double) throws {
    let x = Floats([0])
    let y = Floats([0])
    let gradient = Floats([1])
    function.apply(bias: nil, preactivation: nil, output: y.mutableMatrix(1, 1))
    function.backward(gradient: gradient.mutableMatrix(1, 1), output: y.matrix(1, 1), preactivation: x.matrix(1, 1))
    #expect(abs(Double(gradient.array[0]) - expected) < 1e-6)
  }
}
