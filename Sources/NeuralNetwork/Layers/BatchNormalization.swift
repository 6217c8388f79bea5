internal import Kernels

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, per feature of the last axis.
///
/// In training, mean and (biased) variance are those of the shard: "ghost batches" (Hoffer, Hubara, Soudry: Train
/// longer, generalize better, 2017); with one shard this is Keras' layer. In inference they are the moving ones.
/// Source: Ioffe, Szegedy: Batch normalization, 2015, algorithms 1 and 2.
public struct BatchNormalization: Layer {
  public static let className = "BatchNormalization"
  public static let kind = "batch_normalization"

  public let momentum: Float
  public let epsilon: Float
  public let name: String?

  public init(momentum: Float = 0.99, epsilon: Float = 0.001, name: String? = nil) {
    self.momentum = momentum
    self.epsilon = epsilon
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("momentum", .number(Double(momentum))), LayerArgument("epsilon", .number(Double(epsilon)))]
  }

  public var traits: LayerTraits { LayerTraits(role: .normalization) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    BatchNormalizationOperation(momentum: momentum, epsilon: epsilon, shape: inputs[0])
  }
}

/// Weight 0 is gamma, 1 beta; state 0 is the moving mean, 1 the moving variance.
struct BatchNormalizationOperation: Operation {
  let momentum: Float
  let epsilon: Float
  let shape: Shape
  private var features: Int { shape.features }
  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { .inputs }
  /// 1 / sqrt(variance + epsilon), then the mean, per feature.
  var kept: MemorySize { MemorySize(fixed: 2 * features) }
  var parameters: [ParameterSpec] {
    let shape = [features]
    return [
      ParameterSpec("gamma", shape: shape, initializer: .ones),
      ParameterSpec("beta", shape: shape, initializer: .zeros),
      ParameterSpec("moving_mean", shape: shape, role: .state, initializer: .zeros),
      ParameterSpec("moving_variance", shape: shape, role: .state, initializer: .ones),
    ]
  }

  func forward(_ pass: ForwardPass) -> Double {
    let x = pass.input(0, features: features)
    let inverse = pass.kept[0..<features]
    let mean = pass.kept[features..<2 * features]
    if pass.training != nil {
      let variance = pass.statistics(1)
      Normalization.columnMoments(of: x, mean: mean, variance: variance)
      pass.statistics(0).copy(from: mean.readOnly)
      Normalization.inverseDeviation(variance.readOnly, epsilon: epsilon, into: inverse)
    } else {
      mean.copy(from: pass.state(0))
      Normalization.inverseDeviation(pass.state(1), epsilon: epsilon, into: inverse)
    }
    Normalization.normalizeColumns(
      x, mean: mean.readOnly, inverse: inverse.readOnly, gamma: pass.parameter(0), beta: pass.parameter(1),
      into: pass.output(features: features))
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let kept = pass.kept.readOnly
    Normalization.normalizeColumnsBackward(
      pass.input(0, features: features), outputGradient: pass.outputGradient(features: features).readOnly,
      mean: kept[features..<2 * features], inverse: kept[0..<features], gamma: pass.parameter(0),
      gammaGradient: pass.parameterGradient(0), betaGradient: pass.parameterGradient(1),
      inputGradient: pass.inputGradient(0, features: features))
  }

  /// moving = momentum * moving + (1 - momentum) * batch, where the batch's mean and variance are those of all its
  /// rows, put together from the shards' by the law of total variance.
  func updateState(_ pass: StatePass) {
    let total = Double(pass.rows.reduce(0, +))
    guard total > 0 else { return }
    let (movingMean, movingVariance) = (pass.state(0), pass.state(1))
    for feature in 0..<features {
      var mean = 0.0
      for (shard, count) in pass.rows.enumerated() where count > 0 {
        mean += Double(count) / total * Double(pass.statistics(0, ofShard: shard)[feature])
      }
      var variance = 0.0
      for (shard, count) in pass.rows.enumerated() where count > 0 {
        let deviation = Double(pass.statistics(0, ofShard: shard)[feature]) - mean
        let own = Double(pass.statistics(1, ofShard: shard)[feature])
        variance += Double(count) / total * (own + deviation * deviation)
      }
      let keep = Double(momentum)
      movingMean[feature] = Float(keep * Double(movingMean[feature]) + (1 - keep) * mean)
      movingVariance[feature] = Float(keep * Double(movingVariance[feature]) + (1 - keep) * variance)
    }
  }
}
