public import Checkpointing
internal import Datasets
public import GradientHealth
public import NeuralNetwork
internal import Optimizers

extension LayerProfile {
  /// What detectors want to know of a model's layers.
  ///
  /// - Parameters:
  ///   - layers: in order, those without weights too.
  ///   - names: their names in the network.
  public static func profiles(of layers: [any Layer], names: [String]) -> [LayerProfile] {
    zip(layers, names).enumerated().map { number, pair in
      let (layer, name) = pair
      guard let dense = layer as? Dense else {
        let isNormalization = layer is BatchNormalization || layer is LayerNormalization
        return LayerProfile(name: name, kind: isNormalization ? .normalization : .other)
      }
      var activation = dense.activation
      if activation == .linear {
        // Up to the next kernel, an activation may stand in a layer of its own.
        for following in layers[(number + 1)...] {
          if following is Dense { break }
          if let found = following as? Activation {
            activation = found.function
            break
          }
        }
      }
      return LayerProfile(
        name: name, kind: .dense, units: dense.units, activation: activation.name,
        initializer: dense.kernelInitializer.name)
    }
  }
}

extension DiagnosisContext {
  /// What a run's configuration, and the remedies that rollbacks have put into force, say that bears on its health.
  public init(_ configuration: TrainingConfiguration, remedies: RemedyState = RemedyState()) {
    self.init()
    optimizer = configuration.optimizer.name
    clipsGradients = configuration.optimizer.clipping != .none || remedies.clip > 0
    scalesFeatures = configuration.data.scaling != .none
    penalisesWeights = configuration.layers.contains { ($0 as? Dense)?.kernelRegularizer.map { $0.l2 > 0 } ?? false }
    rollsBack = configuration.health.onBlowup == .rollback
    batchSize = configuration.batchSize
    spikes = SpikeThresholds(configuration.loss)
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
    }
  }
}
