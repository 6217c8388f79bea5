internal import Datasets
internal import NeuralNetwork

extension BenchNetwork {
  /// Ten columns of ids, 10 to 100,000 of them, looked up in tables of 16, joined with 20 numbers: 180-256-128-1 relu.
  static let tabular: BenchNetwork = {
    let counts = [10, 20, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000]
    var inputs: [SampleSchema.Field] = []
    var layers: [ListedLayer] = []
    for (number, count) in counts.enumerated() {
      inputs.append(SampleSchema.Field("ids_\(number)", shape: [1], kind: .categories(count: count)))
      layers.append(
        ListedLayer(Embedding(inputDim: count, outputDim: 16, name: "table_\(number)"), inputs: ["ids_\(number)"]))
      layers.append(ListedLayer(Flatten(name: "vector_\(number)")))
    }
    inputs.append(SampleSchema.Field("numbers", shape: [20]))
    layers.append(
      ListedLayer(Concatenate(name: "joined"), inputs: counts.indices.map { "vector_\($0)" } + ["numbers"]))
    for (units, activation) in [(256, ActivationFunction.relu), (128, .relu), (1, .sigmoid)] {
      layers.append(ListedLayer(Dense(units: units, activation: activation)))
    }
    return BenchNetwork(inputs: inputs, layers: layers, classes: 1)
  }()
}
