internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// A network to time, and random rows for it.
struct BenchNetwork {
  let inputs: [SampleSchema.Field]
  let layers: [ListedLayer]
  /// Classes to tell apart; 1: one sigmoid unit.
  let classes: Int
  /// Places of a sample that each have a class.
  var positions = 1

  static let names = [
    "seed", "mnist", "big", "lenet", "convnet", "resnet20", "tabular", "lstm", "gru", "rnn-pixel", "gpt", "gpt-m",
  ]

  /// The network and the batch that a text asks for; nil: it asks for none.
  static func named(_ text: String) -> (network: BenchNetwork, batch: Int)? {
    switch text {
    case "seed": dense("2-10-10-5-1:sigmoid:32")
    case "mnist": dense("784-512-512-10:relu:128")
    case "big": dense("1024-2048-2048-2048-10:relu:512")
    case "lenet": (lenet, 64)
    case "convnet": (convnet, 128)
    case "resnet20": (resnet20, 128)
    case "tabular": (tabular, 1024)
    case "lstm": (lstm, 32)
    case "gru": (gru, 32)
    case "rnn-pixel": (pixels, 128)
    case "gpt": (transformer(blocks: 4, heads: 4, width: 128, times: 64), 12)
    case "gpt-m": (transformer(blocks: 6, heads: 6, width: 384, times: 256), 8)
    default: dense(text)
    }
  }

  var loss: any Loss { classes == 1 ? BinaryCrossentropy() : SparseCategoricalCrossentropy() }

  func built() throws -> Network {
    try Network(
      inputs: inputs.map { Shape($0.shape) }, graph: Graph(layers, inputs: inputs.map(\.name)), loss: loss)
  }

  /// Rows of uniform numbers, and labels.
  func source(rows: Int) -> InMemorySource {
    var random = RandomStream(seed: 1, stream: 1)
    let values = inputs.map { field -> FieldValues in
      switch field.kind {
      case .categories(let count), .tokens(let count):
        .integers((0..<rows * field.columns).map { _ in Int32(random.below(UInt32(count))) })
      default: .floats((0..<rows * field.columns).map { _ in Float(random.uniform() * 2 - 1) })
      }
    }
    let labels = max(2, classes)
    let targets = SampleSchema.Field("targets", shape: [positions], kind: .classes(count: labels, names: []))
    return InMemorySource(
      SampleSchema(inputs: inputs, targets: [targets]), inputs: values,
      targets: .floats((0..<rows * positions).map { _ in Float(random.below(UInt32(labels))) }))
  }

  /// DIMS:ACTIVATION:BATCH, fully connected.
  private static func dense(_ text: String) -> (network: BenchNetwork, batch: Int)? {
    let fields = text.split(separator: ":").map(String.init)
    let dims = fields.first?.split(separator: "-").compactMap { Int($0) } ?? []
    let activations = ["sigmoid": ActivationFunction.sigmoid, "tanh": .tanh, "relu": .relu]
    guard fields.count == 3, dims.count > 1, dims.allSatisfy({ $0 > 0 }),
      dims.count == fields[0].split(separator: "-").count, let activation = activations[fields[1]],
      let batch = Int(fields[2]), batch > 0
    else { return nil }
    let outputs = dims[dims.count - 1]
    let layers = dims.indices.dropFirst().map { index in
      let isLast = index == dims.count - 1
      return ListedLayer(
        Dense(
          units: dims[index], activation: isLast ? (outputs == 1 ? .sigmoid : .softmax) : activation,
          kernelInitializer: .randomNormal(mean: 0, stddev: 0.05)))
    }
    let input = SampleSchema.Field("features", shape: [dims[0]])
    return (BenchNetwork(inputs: [input], layers: layers, classes: outputs), batch)
  }
}
