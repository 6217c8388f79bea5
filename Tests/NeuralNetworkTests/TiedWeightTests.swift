import Kernels
import Testing

@testable import NeuralNetwork

/// Dense layers that multiply by an embedding's table.
@Suite struct TiedWeightTests {
  private static let rows = 3
  private static let times = 4

  /// The table is looked up, multiplied by with a tanh and a bias, and multiplied by at the end.
  private func network(ids: Int = 5, width: Int = 3) throws -> Network {
    try Network(
      input: [TiedWeightTests.times],
      layers: [
        ListedLayer(Embedding(inputDim: ids, outputDim: width, name: "table")),
        ListedLayer(Dense(units: ids, activation: .tanh, tiedTo: "table", name: "first")),
        ListedLayer(Dense(units: width, useBias: false, name: "between")),
        ListedLayer(Dense(units: ids, activation: .softmax, useBias: false, tiedTo: "table", name: "last")),
      ], loss: SparseCategoricalCrossentropy())
  }

  private func objective(_ ids: [Double], _ targets: [Double], _ weights: [String: [Double]]) -> Double {
    let table = Reference.rows(weights["table/embeddings"] ?? [], 3)
    let transposed = (0..<3).flatMap { column in table.map { $0[column] } }
    var x = ids.flatMap { table[Int($0)] }
    x = Reference.affine(x, kernel: transposed, bias: weights["first/bias"], inputs: 3, units: 5)
    x = Reference.activate(.tanh, x, columns: 5)
    x = Reference.affine(x, kernel: weights["between/kernel"] ?? [], bias: nil, inputs: 5, units: 3)
    x = Reference.affine(x, kernel: transposed, bias: nil, inputs: 3, units: 5)
    return zip(Reference.rows(x, 5), targets).reduce(0) { sum, pair in
      sum - Reference.logSoftmax(pair.0)[Int(pair.1)] / Double(TiedWeightTests.times)
    }
  }

  @Test func gradientIsThatOfAllUses() throws {
    let network = try network()
    #expect(
      network.layout.trainable.map { "\($0.layerName)/\($0.spec.name)" } == [
        "table/embeddings", "first/bias", "between/kernel",
      ])
    #expect(network.layout.parameterCount == 15 + 5 + 15)
    #expect(network.trainableLayers == [0, 1, 2])
    let rows = TiedWeightTests.rows
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    var weights: [String: [Double]] = [:]
    for (number, entry) in network.layout.trainable.enumerated() {
      let drawn = draws(entry.range.count, stream: 300 + UInt64(number))
      parameters.mutable[entry.range].copy(from: drawn)
      weights["\(entry.layerName)/\(entry.spec.name)"] = doubles(drawn)
    }
    let ids: [Float] = [0, 1, 4, 1, 2, 2, 0, 1, 4, 4, 4, 0]
    let targets: [Float] = [1, 4, 1, 3, 2, 0, 1, 0, 4, 3, 0, 0]
    for separate in [false, true] {
      let workspace = Workspace(network: network, rows: rows, targetColumns: 4, training: true, separate: separate)
      workspace.input(0, rows: rows).vector.copy(from: ids)
      workspace.targets(rows: rows).vector.copy(from: targets)
      let gradient = Floats(repeating: .nan, count: network.layout.trainableCount)
      let none = Floats([])
      let loss = network.computeGradient(
        parameters: parameters.vector, state: none.vector, workspace: workspace, rows: rows,
        training: LayerCase.training, gradient: gradient.mutable, statistics: none.mutable)
      #expect(abs(loss.loss - objective(doubles(ids), doubles(targets), weights)) < 1e-5)
      for entry in network.layout.trainable {
        let name = "\(entry.layerName)/\(entry.spec.name)"
        let exact = differences(at: weights[name] ?? []) { moved in
          var all = weights
          all[name] = moved
          return objective(doubles(ids), doubles(targets), all)
        }
        expectClose(gradient.vector[entry.range].array, exact, tolerance: 1e-4, name)
      }
    }
  }

  /// A large table is summed from factors, unless others write its gradient too.
  @Test func aTiedTableIsNotFactored() throws {
    let tied = try network(ids: 4096, width: 32)
    #expect(!tied.factored.map(\.range).contains(tied.layout.trainable[0].range))
    let alone = try Network(
      input: [4], layers: [Embedding(inputDim: 4096, outputDim: 32), Dense(units: 2)], loss: MeanSquaredError())
    #expect(alone.factored.map(\.range).contains(alone.layout.trainable[0].range))
  }

  @Test(arguments: [
    (5, 3, "tables", "no layer is called so"), (5, 3, "between", "has no table"),
    (6, 3, "table", "has 6 units, but is tied to `table` of input_dim 5: make `units` 5"),
    (5, 4, "table", "reads 4 features, but the vectors of `table`, which it is tied to, have output_dim 3"),
    (5, 3, "aside", "reads nothing that comes from it"),
  ])
  func whatDoesNotFitIsRefused(_ units: Int, _ width: Int, _ name: String, _ message: String) {
    do {
      _ = try Network(
        input: [4],
        layers: [
          ListedLayer(Embedding(inputDim: 5, outputDim: 3, name: "table")),
          ListedLayer(Dense(units: width, name: "between")),
          ListedLayer(Dense(units: units, tiedTo: name, name: "tied")),
          ListedLayer(Embedding(inputDim: 5, outputDim: 5, name: "aside"), reads: [.firstInput]),
          ListedLayer(Add(), inputs: ["aside", "tied"]),
        ], loss: MeanSquaredError())
      Issue.record("\(message): was built")
    } catch let error as NetworkError {
      #expect(error.layer == 2 && error.description.contains(message), "\(error.description)")
    } catch {
      Issue.record("\(error)")
    }
  }
}
