import Kernels
import Testing

@testable import NeuralNetwork

@Suite struct ActivationProbeTests {
  /// Kernels of 1: a unit is what its input and its bias make of it.
  private func fraction(_ layers: [any Layer], input: Shape, x: [Float], bias: [Float]) throws -> Double {
    let network = try Network(input: input, layers: layers, loss: MeanSquaredError())
    let rows = x.count / input.count
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    for entry in network.layout.trainable where entry.layer == 0 {
      if entry.spec.name == "bias" {
        parameters.mutable[entry.range].copy(from: bias)
      } else {
        parameters.mutable[entry.range].fill(1)
      }
    }
    let workspace = Workspace(network: network, rows: rows, targetColumns: network.outputs, training: true)
    workspace.input(rows: rows).vector.copy(from: x)
    workspace.targets(rows: rows).vector.fill(0)
    let nothing = Floats(repeating: 0, count: max(network.layout.stateCount, 1))
    let gradient = Floats(repeating: 0, count: parameters.count)
    let figures = Floats(repeating: .nan, count: network.probeWidth)
    _ = network.computeGradient(
      parameters: parameters.vector, state: nothing.vector, workspace: workspace, rows: rows,
      training: LayerCase.training, gradient: gradient.mutable, statistics: nothing.mutable, figures: figures.mutable)
    let probe = try #require(network.probes.first)
    return network.fraction(of: probe, shards: [figures.vector], active: 1, rows: rows)
  }

  /// One that fires at a single position of a single row is alive; one that never fires is dead.
  @Test func unitsOfPositionsAreChannels() throws {
    for function in [ActivationFunction.relu, .relu6] {
      let found = try fraction(
        [Dense(units: 4, activation: function), Flatten(), Dense(units: 1)], input: [3, 1], x: [0, 0, 1, 0, 0, 0],
        bias: [-0.5, -1.5, -2, 1])
      #expect(found == 0.5, "\(function)")
    }
  }

  @Test func unitsOfOneAxisAreOutputs() throws {
    let found = try fraction(
      [Dense(units: 4, activation: .relu), Dense(units: 1)], input: [1], x: [0, 1, 0.2],
      bias: [-0.5, -1.5, -2, 1])
    #expect(found == 0.5)
  }

  /// Of saturating functions each output counts.
  @Test func flatOutputsAreCountedOneByOne() throws {
    let found = try fraction(
      [Dense(units: 2, activation: .tanh), Flatten(), Dense(units: 1)], input: [3, 1], x: [0, 0, 5, 0, 0, 0],
      bias: [0, -5])
    #expect(found == 6.0 / 12)
  }
}
