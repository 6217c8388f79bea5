public import Checkpointing
public import Datasets
internal import Kernels
internal import NeuralNetwork

/// A network that has been trained on `text`, going on with one, token by token.
///
/// The last `sequenceLength` tokens are what it sees. Fewer stand at the beginning of its input, with zeros behind them: a
/// network that is causal gives the same at a position whatever comes later. One thread computes; a token costs a forward
/// pass of one row.
public final class TextGenerator {
  public let vocabulary: Vocabulary
  /// Tokens that the network sees.
  public let sequenceLength: Int
  private let model: Model
  private let workspace: Workspace
  private let sampling: Sampling
  private var random: RandomStream
  private var weights: [Double]
  private var context: [Int32] = []

  /// Draws are of this stream of the seed, which no other part of the program uses.
  private static let stream: UInt64 = 1 << 41

  /// - Throws: `TrainingError` where the network cannot go on with a text; `NetworkError`, `CheckpointError`.
  public init(
    _ configuration: TrainingConfiguration, checkpoint: Checkpoint, sampling: Sampling, seed: UInt64
  ) throws {
    guard let tokens = configuration.data.train.kind.textTokens else {
      throw TrainingError(
        "\(checkpoint.path): the run was trained on \(configuration.data.train.name), which is no `text`: only networks that have "
          + "learned to predict the next token of a text can go on with one")
    }
    let names = try checkpoint.classNames()
    guard let vocabulary = Vocabulary(names: names), vocabulary.isBytes == (tokens == .bytes) else {
      throw CheckpointError(.damaged, "\(checkpoint.path): /data/class_names: these are no \(tokens.rawValue)")
    }
    let model = try Model(configuration, checkpoint: checkpoint)
    try TextGenerator.check(model.network, vocabulary, at: checkpoint.path)
    self.vocabulary = vocabulary
    self.model = model
    self.sampling = sampling
    sequenceLength = model.network.input.count
    workspace = Workspace(network: model.network, rows: 1, targetColumns: sequenceLength, training: false)
    random = RandomStream(seed: seed, stream: TextGenerator.stream)
    weights = [Double](repeating: 0, count: vocabulary.count)
    // Tokens that are newer than what the network sees are kept beside it, and moved now and then.
    context.reserveCapacity(4 * sequenceLength + 1)
  }

  private static func check(_ network: Network, _ vocabulary: Vocabulary, at path: String) throws {
    if let place = network.firstNotCausal {
      throw TrainingError(
        "\(path): layer `\(place.name)` (\(type(of: place.layer).className)) reads what comes after a position, or gives up the "
          + "positions: only a causal network can go on with a text. Use causal attention or convolutions (`causal: true`, "
          + "`padding: causal`), recurrent layers in one direction that return sequences, and layers that work at each position "
          + "by itself")
    }
    guard network.inputs.count == 1, network.input.extents.count == 1, network.positions == network.input.count,
      network.output.extents.count == 2
    else {
      throw TrainingError(
        "\(path): the network gives \(network.output) for a text of \(network.input.count) tokens; expected a prediction for "
          + "each")
    }
    guard network.output.features >= vocabulary.count else {
      throw TrainingError(
        "\(path): the network has \(network.output.features) outputs for a vocabulary of \(vocabulary.count)")
    }
  }

  /// Begins anew, with a text that is gone on with. An empty one begins behind a line end, where the vocabulary has it, else
  /// behind a token that is drawn, each as likely.
  ///
  /// - Throws: `DatasetError` where the text has a character that is no token.
  public func begin(_ prompt: String, called place: String) throws {
    context = try vocabulary.tokens(of: prompt, at: place)
    if !context.isEmpty { return }
    let lineEnd = try? vocabulary.tokens(of: "\n", at: place)
    context = lineEnd ?? [Int32(random.below(UInt32(vocabulary.count)))]
  }

  /// The next token, which is from then on a part of the text.
  ///
  /// - Throws: `TrainingError` where the network gives no finite number.
  public func next() throws -> Int {
    if context.count >= 4 * sequenceLength { context.removeFirst(context.count - sequenceLength) }
    let seen = min(context.count, sequenceLength)
    let input = workspace.input(rows: 1)
    for place in 0..<seen { input.base[place] = Float(context[context.count - seen + place]) }
    for place in seen..<sequenceLength { input.base[place] = 0 }
    let outputs = model.network.output.features
    guard
      let logits = model.network.logits(
        parameters: model.parameters.readOnly, state: model.state.readOnly, workspace: workspace, rows: 1)
    else {
      throw TrainingError("the network gives no logits: its loss is not sparse_categorical_crossentropy over softmax")
    }
    // Outputs beyond the vocabulary are no tokens.
    let last = Vector(base: logits.base + (seen - 1) * outputs, count: vocabulary.count)
    guard let token = sampling.token(last, weights: &weights, uniform: random.uniform()) else {
      throw TrainingError("the network's output is not finite: was the run healthy at this checkpoint?")
    }
    context.append(Int32(token))
    return token
  }
}
