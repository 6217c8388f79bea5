import Foundation
import Kernels
import Testing

@testable import NeuralNetwork

/// Layer-sequential unit variance beside the forward pass once more in Double.
struct UnitVarianceTests {
  private struct Start {
    let network: Network
    let weights: [Float]
    let kernels: [UnitVariance.Kernel]

    func weight(_ layer: String, _ name: String) -> [Double] {
      network.layout.trainable.first { $0.layerName == layer && $0.spec.name == name }
        .map { doubles(Array(weights[$0.range])) } ?? []
    }
  }

  private func start(_ graph: Graph, _ rows: [[Float]], seed: UInt64 = 5) throws -> Start {
    let network = try Network(inputs: [[rows[0].count]], graph: graph, loss: MeanSquaredError())
    let weights = AlignedBuffer(count: network.layout.trainableCount)
    let state = AlignedBuffer(count: network.layout.stateCount)
    network.initialize(trainable: weights.mutable, state: state.mutable, seed: seed)
    let workspace = Workspace(network: network, rows: rows.count, targetColumns: 1, training: false)
    for (row, values) in rows.enumerated() {
      for (column, value) in values.enumerated() { workspace.input(rows: rows.count)[row, column] = value }
    }
    let kernels = network.initializeToUnitVariance(
      trainable: weights.mutable, state: state.vector, seed: seed, workspace: workspace, rows: rows.count,
      training: TrainingPass(key: 1, step: 0, firstRow: 0))
    return Start(network: network, weights: weights.vector.array, kernels: kernels)
  }

  private func batch(_ rows: Int, _ columns: Int, scale: Double = 1) -> [[Float]] {
    (0..<rows).map { draws(columns, stream: UInt64($0) + 40, scale: scale) }
  }

  /// x W + b, in double.
  private func sums(_ x: [[Double]], _ kernel: [Double], _ bias: [Double]) -> [[Double]] {
    x.map { row in
      bias.indices.map { unit in
        row.indices.reduce(bias[unit]) { $0 + row[$1] * kernel[$1 * bias.count + unit] }
      }
    }
  }

  private func variance(_ values: [[Double]]) -> Double {
    let all = values.flatMap { $0 }
    let mean = all.reduce(0, +) / Double(all.count)
    return all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count)
  }

  @Test(arguments: [ActivationFunction.relu, .tanh, .sigmoid, .gelu], [1.0, 1000, 0.001])
  func everyLayersSumsHaveVarianceOne(_ activation: ActivationFunction, scale: Double) throws {
    let names = (0..<12).map { "layer_\($0)" }
    let layers: [any Layer] =
      names.map { Dense(units: 24, activation: activation, name: $0) } + [Dense(units: 3, name: "output")]
    let rows = batch(64, 10, scale: scale)
    let start = try start(Graph.chain(layers), rows)
    var x = rows.map(doubles)
    for name in names + ["output"] {
      let sums = sums(x, start.weight(name, "kernel"), start.weight(name, "bias"))
      #expect(abs(variance(sums) - 1) < 0.0101, "\(name): \(variance(sums))")
      x = sums.map { row in
        row.map { value in
          switch activation {
          case .relu: max(0, value)
          case .tanh: tanh(value)
          case .sigmoid: 1 / (1 + exp(-value))
          default: value * 0.5 * (1 + erf(value / 2.0.squareRoot()))
          }
        }
      }
    }
    #expect(start.kernels.map(\.layer) == names + ["output"] && start.kernels.allSatisfy(\.hasArrived))
  }

  @Test func kernelsAreOrthogonalUpToTheirFactor() throws {
    let start = try start(Graph.chain([Dense(units: 6, name: "a"), Dense(units: 2, name: "b")]), batch(40, 9))
    let kernel = start.weight("a", "kernel")
    func dot(_ first: Int, _ second: Int) -> Double {
      (0..<9).reduce(0) { $0 + kernel[$1 * 6 + first] * kernel[$1 * 6 + second] }
    }
    for first in 0..<6 {
      #expect(abs(dot(first, first) / dot(0, 0) - 1) < 1e-5)
      for second in 0..<first { #expect(abs(dot(first, second)) < 1e-5 * dot(0, 0)) }
    }
    #expect(start.weight("a", "bias").allSatisfy { $0 == 0 })
  }

  /// More rows than a block, wide and tall, and all axes but the last as one.
  @Test(arguments: [[100, 150], [150, 100], [130, 130], [3, 50, 70], [1, 9], [9, 1]])
  func drawnKernelsAreOrthonormal(_ shape: [Int]) {
    let (columns, rows) = (shape.last ?? 1, shape.dropLast().reduce(1, *))
    let weight = Floats(repeating: 0, count: rows * columns)
    var random = RandomStream(seed: 3, stream: 1)
    OrthonormalDraw.fill(weight.mutable, shape: shape, random: &random)
    let values = doubles(weight.array)
    let vectors =
      rows <= columns
      ? (0..<rows).map { row in Array(values[row * columns..<(row + 1) * columns]) }
      : (0..<columns).map { column in (0..<rows).map { values[$0 * columns + column] } }
    for first in vectors.indices {
      for second in 0...first {
        let dot = zip(vectors[first], vectors[second]).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(dot - (first == second ? 1 : 0)) < 1e-5, "\(first), \(second): \(dot)")
      }
    }
    #expect(weight.isIntact)
  }

  @Test func branchesNormalizationAndBiases() throws {
    let graph = try Graph([
      ListedLayer(Dense(units: 16, activation: .relu, biasInitializer: .constant(2), name: "left")),
      ListedLayer(Dense(units: 16, activation: .tanh, kernelInitializer: .zeros, name: "right"), inputs: ["left"]),
      ListedLayer(Concatenate(name: "both"), inputs: ["left", "right"]),
      ListedLayer(BatchNormalization(name: "normal")),
      ListedLayer(Dense(units: 1, name: "output")),
    ])
    let rows = batch(50, 7, scale: 30)
    let start = try start(graph, rows)
    #expect(start.kernels.map(\.layer) == ["left", "right", "output"])
    #expect(start.kernels.allSatisfy { $0.hasArrived && $0.tries <= UnitVariance.mostTries }, "\(start.kernels)")
    let left = sums(rows.map(doubles), start.weight("left", "kernel"), start.weight("left", "bias"))
    #expect(start.weight("left", "bias") == Array(repeating: 2, count: 16) && abs(variance(left) - 1) < 0.0101)
    #expect(start.weight("normal", "gamma") == Array(repeating: 1, count: 32))
    // Another seed, other kernels; the same, the same.
    #expect(try self.start(graph, rows).weights == start.weights)
    #expect(try self.start(graph, rows, seed: 6).weights != start.weights)
  }

  @Test func rowsThatAreAllZeroLeaveTheKernelsOrthonormal() throws {
    let start = try start(Graph.chain([Dense(units: 4, name: "a")]), Array(repeating: [0, 0, 0, 0], count: 8))
    #expect(start.kernels.map(\.tries) == [0] && !start.kernels[0].hasArrived)
    #expect(abs(start.weight("a", "kernel").reduce(0) { $0 + $1 * $1 } - 4) < 1e-5)
  }
}
