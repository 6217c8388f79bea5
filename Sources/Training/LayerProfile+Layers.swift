public import Checkpointing
internal import Datasets
public import GradientHealth
public import NeuralNetwork
internal import Optimizers

extension LayerProfile {
  /// What detectors want to know of a model's layers, those without weights too; in the order of the graph's nodes.
  public static func profiles(of graph: Graph) -> [LayerProfile] {
    let bypassed = graph.bypassed
    let answersAtEnd = graph.answersAtEnd
    return graph.nodes.indices.map { number in
      let node = graph.nodes[number]
      let traits = node.layer.traits
      guard traits.role == .kernel else {
        return LayerProfile(
          name: node.name, kind: traits.role == .normalization ? .normalization : .other, isBypassed: bypassed[number])
      }
      var activation = traits.activation ?? .linear
      if activation == .linear, let later = graph.activation(after: number) { activation = later }
      return LayerProfile(
        name: node.name, kind: .dense, units: traits.units, activation: activation.name,
        initializer: traits.initializer?.name ?? "", isBypassed: bypassed[number],
        recurrence: traits.recurrent.map {
          Recurrence(
            isGated: $0.isGated, startsOpen: $0.startsOpen, answersAtEnd: answersAtEnd[number],
            truncation: $0.truncation)
        })
    }
  }
}

extension LayerProfile {
  /// The same of a configuration; nil where its layers are not those called `names`.
  ///
  /// - Parameter inputs: names of the network's inputs; empty: what the layers read that no layer is called.
  public static func profiles(
    of configuration: TrainingConfiguration, names: [String], inputs: [String] = []
  ) -> [LayerProfile]? {
    let inputs = inputs.isEmpty ? Graph.inputNames(of: configuration.layers) : inputs
    guard let graph = try? Graph(configuration.layers, inputs: inputs), graph.nodes.map(\.name) == names else {
      return nil
    }
    return profiles(of: graph)
  }
}

extension Graph {
  /// Of each node, whether all ways from it to the network's output lead through the last state of a recurrent layer, its
  /// own included: no time before the last then has a loss of its own.
  fileprivate var answersAtEnd: [Bool] {
    var readers = [[Int]](repeating: [], count: nodes.count)
    for (number, node) in nodes.enumerated() {
      for case .output(let source, _) in node.inputs { readers[source].append(number) }
    }
    var result = [Bool](repeating: false, count: nodes.count)
    for number in nodes.indices.reversed() {
      let isLastState = nodes[number].layer.traits.recurrent.map { !$0.returnsSequences } ?? false
      let isOutput = if case .output(number, _) = output { true } else { false }
      result[number] =
        isLastState || !isOutput && !readers[number].isEmpty && readers[number].allSatisfy { result[$0] }
    }
    return result
  }

  /// The function that node `number`'s output goes through in a layer of its own, before the next kernel.
  fileprivate func activation(after number: Int) -> ActivationFunction? {
    var reached: Set<Graph.Value> = [.output(node: number)]
    for later in nodes.indices.dropFirst(number + 1) where nodes[later].inputs.contains(where: reached.contains) {
      switch nodes[later].layer.traits.role {
      case .activation: return nodes[later].layer.traits.activation
      case .kernel: continue
      case .normalization, .noise, .reshaping, .merging, .other: reached.insert(.output(node: later))
      }
    }
    return nil
  }
}

extension DiagnosisContext {
  /// What a run's configuration, and the remedies that rollbacks have put into force, say that bears on its health.
  public init(_ configuration: TrainingConfiguration, remedies: RemedyState = RemedyState()) {
    self.init()
    optimizer = configuration.optimizer.name
    scalesFeatures = configuration.data.scaling != .none
    largestPenalty = configuration.layers.map { Double($0.layer.traits.regularizer?.l2 ?? 0) }.max() ?? 0
    largestDropout = configuration.layers.map { Double($0.layer.traits.dropped) }.max() ?? 0
    batchSize = configuration.updateRows
    spikes = SpikeThresholds(configuration.loss)
    suspectRows = remedies.skippedSourceRows
    recoveredClip = remedies.effect.clip
    recoveredRateFactor = remedies.effect.learningRateFactor
    recoveredRedraw = remedies.effect.redraws
    let rung = remedies.effect.optimizerRung
    if configuration.health.ladder.indices.contains(rung) {
      recoveredOptimizer = configuration.health.ladder[rung].optimizer?.name
    }
  }
}

extension SpikeThresholds {
  /// Suited to what a row's loss may be.
  init(_ loss: any Loss) {
    self.init(hardRow: loss is MeanSquaredError ? 500 : 50)
  }
}

extension Initializer {
  /// Keras' name, also the recipe's.
  fileprivate var name: String {
    switch self {
    case .zeros: "zeros"
    case .ones: "ones"
    case .constant: "constant"
    case .randomUniform: "random_uniform"
    case .randomNormal: "random_normal"
    case .truncatedNormal: "truncated_normal"
    case .glorotUniform: "glorot_uniform"
    case .glorotNormal: "glorot_normal"
    case .heUniform: "he_uniform"
    case .heNormal: "he_normal"
    case .lecunUniform: "lecun_uniform"
    case .lecunNormal: "lecun_normal"
    case .orthogonal: "orthogonal"
    case .forgetGateOnes(let others): others.name
    }
  }
}
