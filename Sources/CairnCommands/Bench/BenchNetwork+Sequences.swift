internal import Datasets
internal import NeuralNetwork

/// Sequences: recurrent layers and attention.
extension BenchNetwork {
  /// 64 ids below 65, looked up in a table of 64, two recurrent layers of 256 units, 65 classes at every step.
  private static func recurrent(_ layer: (RecurrentSettings) -> any Layer) -> BenchNetwork {
    var settings = RecurrentSettings(units: 256)
    settings.returnSequences = true
    let layers: [any Layer] = [
      Embedding(inputDim: 65, outputDim: 64), layer(settings), layer(settings), Dense(units: 65, activation: .softmax),
    ]
    return BenchNetwork(inputs: [tokens(64)], layers: layers.map { ListedLayer($0) }, classes: 65, positions: 64)
  }

  static let lstm = recurrent { LSTM($0) }
  static let gru = recurrent { GRU($0) }

  /// 784 steps of one number, 128 units, ten classes from the last state.
  static let pixels = BenchNetwork(
    inputs: [SampleSchema.Field("features", shape: [784, 1])],
    layers: [ListedLayer(LSTM(RecurrentSettings(units: 128))), ListedLayer(Dense(units: 10, activation: .softmax))],
    classes: 10)

  /// A transformer of nanoGPT's form over ids below 65: learned positions, normalization first, exact GELU, a head tied to
  /// the table, neither biases nor dropout.
  static func transformer(blocks: Int, heads: Int, width: Int, times: Int) -> BenchNetwork {
    var layers = [
      ListedLayer(
        Embedding(inputDim: 65, outputDim: width, initializer: .randomNormal(mean: 0, stddev: 0.02), name: "words")),
      ListedLayer(PositionEmbedding(sequenceLength: times, name: "positions")),
      ListedLayer(Add(name: "block_0"), inputs: ["words", "positions"]),
    ]
    func residual(_ inner: [any Layer], from start: String, to end: String) {
      layers.append(ListedLayer(LayerNormalization(epsilon: 1e-5, center: false, name: "\(end)_norm"), inputs: [start]))
      layers += inner.map { ListedLayer($0) }
      layers.append(ListedLayer(Add(name: end), inputs: [start, "\(end)_last"]))
    }
    for block in 0..<blocks {
      let middle = "block_\(block)_attended"
      residual(
        [
          MultiHeadAttention(
            numHeads: heads, keyDim: width / heads, causal: true, useBias: false, name: "\(middle)_last")
        ], from: "block_\(block)", to: middle)
      let end = "block_\(block + 1)"
      residual(
        [
          Dense(units: 4 * width, activation: .gelu, useBias: false, name: "\(end)_wide"),
          Dense(units: width, useBias: false, name: "\(end)_last"),
        ], from: middle, to: end)
    }
    layers.append(ListedLayer(LayerNormalization(epsilon: 1e-5, center: false)))
    layers.append(ListedLayer(Dense(units: 65, activation: .softmax, useBias: false, tiedTo: "words")))
    return BenchNetwork(inputs: [tokens(times)], layers: layers, classes: 65, positions: times)
  }

  private static func tokens(_ times: Int) -> SampleSchema.Field {
    SampleSchema.Field("tokens", shape: [times], kind: .tokens(count: 65))
  }
}
