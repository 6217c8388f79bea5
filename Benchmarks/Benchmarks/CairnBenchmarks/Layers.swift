import Benchmark
import Kernels
import NeuralNetwork

/// Forward and backward of one layer under a mean squared error, on one thread.
func layerBenchmarks() {
  for (rows, inputs, units) in [(64, 784, 512), (256, 2048, 2048), (32, 10, 10)] {
    for activation in [ActivationFunction.relu, .sigmoid] {
      // The first layer of a network: its inputs want no gradient.
      let products = [Yardstick.Product.Kind.forward, .weights].map {
        Yardstick.Product(kind: $0, rows: rows, inputs: inputs, units: units)
      }
      addLayers(
        "layers: dense \(activation == .relu ? "relu" : "sigmoid") \(rows)x\(inputs)x\(units)",
        [Dense(units: units, activation: activation)], rows: rows, inputs: inputs, products: products)
    }
  }
  addLayers("layers: batch normalization 64x512", [BatchNormalization()], rows: 64, inputs: 512)
  addLayers("layers: layer normalization 64x512", [LayerNormalization()], rows: 64, inputs: 512)
  addLayers("layers: dropout 64x512", [Dropout(rate: 0.2)], rows: 64, inputs: 512)
  let products = [(784, 512), (512, 512), (512, 10)].enumerated().flatMap { number, shape in
    Yardstick.Product.Kind.allCases.compactMap { kind -> Yardstick.Product? in
      if number == 0 && kind == .inputs { return nil }
      return Yardstick.Product(kind: kind, rows: 64, inputs: shape.0, units: shape.1)
    }
  }
  addLayers(
    "layers: 784-512-512-10 on 64 rows",
    [Dense(units: 512, activation: .relu), Dense(units: 512, activation: .relu), Dense(units: 10)], rows: 64,
    inputs: 784, products: products)
}

private func addLayers(
  _ name: String, _ layers: [any Layer], rows: Int, inputs: Int, products: [Yardstick.Product] = []
) {
  let operations = products.reduce(0) { $0 + $1.operations }
  let bytes = Double(4 * rows * inputs * 4)  // forward reads and writes rows once, backward as well
  Benchmark.add(
    name, operations: products.isEmpty ? nil : operations, bytes: products.isEmpty ? bytes : nil, products: products
  ) {
    let network = try Network(input: Shape([inputs]), layers: layers, loss: MeanSquaredError())
    let layout = network.layout
    let (parameters, gradient) = (Memory(layout.trainableCount), Memory(layout.trainableCount))
    let (state, statistics) = (Memory(layout.stateCount), Memory(layout.stateCount))
    network.initialize(trainable: parameters.mutable, state: state.mutable, seed: 1)
    let workspace = Workspace(network: network, rows: rows, targetColumns: network.outputs, training: true)
    workspace.input(rows: rows).vector.copy(from: Memory(rows * inputs).vector)
    let sums = network.productSums(shards: 1)
    return {
      _ = network.computeGradient(
        parameters: parameters.vector, state: state.vector, workspace: workspace, rows: rows,
        training: TrainingPass(key: 1, step: 1, firstRow: 0), gradient: gradient.mutable,
        statistics: statistics.mutable)
      network.setFactors(ofShard: 0, of: sums, workspace: workspace, rows: rows)
      network.completeGradient(ofShard: 0, from: sums, workspace: workspace, gradient: gradient.mutable)
    }
  }
}
