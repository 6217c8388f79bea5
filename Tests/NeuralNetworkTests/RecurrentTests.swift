import Foundation
import Kernels
import Testing

@testable import NeuralNetwork

/// What the gradient check of single layers does not see: longer sequences, cuts, carried states, measurements.
@Suite struct RecurrentTests {
  @Test(arguments: 1...12, LayerCase.Kind.allCases)
  func gradientThroughManySteps(_ times: Int, _ kind: LayerCase.Kind) throws {
    try LayerGradientTests().gradientIsThatOfTheFormula(
      LayerCase.recurrent(
        "\(times) steps", kind, LayerCase.settings(2) { $0.returnSequences = times % 2 == 0 }, input: [times, 2],
        rows: 2))
  }

  /// States of the first run, which later ones hold fast at the cuts.
  private final class States: @unchecked Sendable {
    // Unchecked: one test at a time.
    var states: [[Int]: Reference.Recurrence.State] = [:]
  }

  /// The gradient is that of a sequence whose states before each multiple of `truncate` are given numbers.
  @Test(arguments: [1, 2, 3, 7], LayerCase.Kind.allCases)
  func gradientIsCut(_ truncate: Int, _ kind: LayerCase.Kind) throws {
    let settings = LayerCase.settings(2) {
      $0.truncate = truncate
      $0.returnSequences = true
    }
    let layer = kind.layer(settings)
    let known = States()
    try LayerGradientTests().gradientIsThatOfTheFormula(
      LayerCase("truncate \(truncate), \(kind)", layer, input: [7, 2], rows: 2) { inputs in
        var reference = Reference.Recurrence(
          layer: layer, x: inputs.x, times: 7, features: 2, weights: inputs.weights)
        if known.states.isEmpty {
          reference.record = { known.states[[$0, $1]] = $2 }
        } else {
          reference.fixed = { $1 % truncate == 0 ? known.states[[$0, $1]] : nil }
        }
        return reference.outputs()
      })
  }

  private static let rows = 3

  private func network(_ layer: any Layer, times: Int) throws -> Network {
    try Network(input: [times, 2], layers: [layer], loss: MeanSquaredError())
  }

  private func parameters(_ network: Network) -> Floats {
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    for (number, entry) in network.layout.trainable.enumerated() {
      parameters.mutable[entry.range].copy(from: draws(entry.range.count, stream: 40 + UInt64(number), scale: 0.7))
    }
    return parameters
  }

  private func run(
    _ network: Network, _ x: [Float], _ parameters: Floats, figures: Floats? = nil, carried: Matrix? = nil,
    carriedOn: MutableMatrix? = nil
  ) {
    let rows = RecurrentTests.rows
    let empty = Floats([])
    let outputs = network.outputs
    let workspace = Workspace(network: network, rows: rows, targetColumns: outputs, training: true)
    workspace.input(rows: rows).vector.copy(from: x)
    workspace.targets(rows: rows).vector.fill(0)
    let gradient = Floats(repeating: 0, count: network.layout.trainableCount)
    _ = network.computeGradient(
      parameters: parameters.vector, state: empty.vector, workspace: workspace, rows: rows,
      training: LayerCase.training, gradient: gradient.mutable, statistics: empty.mutable, figures: figures?.mutable,
      carried: carried, carriedOn: carriedOn)
  }

  /// Two halves, the second from the state that the first has left, end where the whole does.
  @Test(arguments: LayerCase.Kind.allCases)
  func aStateGoesOn(_ kind: LayerCase.Kind) throws {
    let settings = LayerCase.settings(3) { $0.isStateful = true }
    let (whole, half) = (try network(kind.layer(settings), times: 6), try network(kind.layer(settings), times: 3))
    let (rows, parameters) = (RecurrentTests.rows, parameters(whole))
    let width = kind == .lstm ? 6 : 3
    #expect(whole.schedule.carriedWidth == width)
    let x = draws(rows * 12, stream: 50)
    func part(_ columns: Range<Int>) -> [Float] {
      (0..<rows).flatMap { row in columns.map { x[row * 12 + $0] } }
    }
    let ends = (0..<3).map { _ in Floats(repeating: .nan, count: rows * width) }
    run(whole, x, parameters, carriedOn: ends[0].mutableMatrix(rows, width))
    run(half, part(0..<6), parameters, carriedOn: ends[1].mutableMatrix(rows, width))
    run(
      half, part(6..<12), parameters, carried: ends[1].matrix(rows, width),
      carriedOn: ends[2].mutableMatrix(rows, width))
    #expect(ends[0].array == ends[2].array && ends[0].array != ends[1].array)
    #expect(ends.allSatisfy { $0.isIntact })
  }

  /// h(t) = x(t) w + r h(t - 1): dL/dh(t) is r^(T - 1 - t) times that of the last one.
  @Test func gradientsThroughTime() throws {
    let times = 100
    let network = try network(SimpleRNN(LayerCase.settings(1) { $0.activation = .linear }), times: times)
    let parameters = parameters(network)
    let recurrent = network.layout.trainable[1].range.lowerBound
    parameters.mutable[recurrent] = 0.9
    let figures = Floats(repeating: .nan, count: network.probeWidth)
    run(network, draws(RecurrentTests.rows * times * 2, stream: 51), parameters, figures: figures)
    let place = try #require(network.measured.first)
    #expect(place.measurement.figure == .throughTime && place.range.count == 64)
    let found = figures.vector[place.range].array.map(Double.init)
    let starts = place.measurement.positions + [times]
    let last = found[63]
    for bin in 0..<64 {
      func sum(_ bin: Int) -> Double {
        (starts[bin]..<starts[bin + 1]).reduce(0) { $0 + pow(Double(Float(0.9)), 2 * Double(times - 1 - $1)) }
      }
      let expected = last * sum(bin) / sum(63)
      #expect(abs(found[bin] - expected) <= 1e-4 * expected, "bin \(bin)")
    }
  }

  /// Gates whose bias pushes them beyond 0.99 are flat.
  @Test func flatGates() throws {
    let network = try network(LSTM(LayerCase.settings(4)), times: 5)
    let parameters = parameters(network)
    let bias = network.layout.trainable[2].range
    parameters.mutable[bias].fill(0)
    for unit in 0..<4 { parameters.mutable[bias.lowerBound + 4 + unit] = 100 }
    let figures = Floats(repeating: .nan, count: network.probeWidth)
    run(network, Array(repeating: 0.1, count: RecurrentTests.rows * 10), parameters, figures: figures)
    let place = network.measured[1]
    #expect(place.measurement.positions == [0, 1, 3] && place.measurement.valuesPerRow == [20, 20, 20])
    #expect(figures.vector[place.range].array == [0, 60, 0])
  }
}
