internal import Kernels

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, per feature of the last axis, over rows and positions.
///
/// In training, mean and (biased) variance are those of the shard: "ghost batches" (Hoffer, Hubara, Soudry: Train
/// longer, generalize better, 2017); with one shard this is Keras' layer. In inference they are the moving ones. Where x has a
/// mask, mean and variance are those of the positions that count.
/// Source: Ioffe, Szegedy: Batch normalization, 2015, algorithms 1 and 2.
public struct BatchNormalization: Layer {
  public static let className = "BatchNormalization"
  public static let kind = "batch_normalization"

  public let momentum: Float
  public let epsilon: Float
  /// Whether there is a beta, and a gamma.
  public let center: Bool
  public let scale: Bool
  public let name: String?

  public init(
    momentum: Float = 0.99, epsilon: Float = 0.001, center: Bool = true, scale: Bool = true, name: String? = nil
  ) {
    self.momentum = momentum
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("momentum", .number(Double(momentum))), LayerArgument("epsilon", .number(Double(epsilon)))]
      + NormalizationWeights.arguments(center: center, scale: scale)
  }

  public var traits: LayerTraits { LayerTraits(role: .normalization) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    BatchNormalizationOperation(momentum: momentum, epsilon: epsilon, shape: inputs[0], scales: scale, centers: center)
  }
}

/// State 0 is the moving mean, 1 the moving variance.
///
/// Samples of one axis are summed row by row, in the order that runs of theirs have always had; where there are positions,
/// and so many more rows, by blocks.
struct BatchNormalizationOperation: Operation {
  let momentum: Float
  let epsilon: Float
  let shape: Shape
  private let weights: NormalizationWeights
  private var features: Int { shape.features }
  private var hasPositions: Bool { shape.extents.count > 1 }

  init(momentum: Float, epsilon: Float, shape: Shape, scales: Bool, centers: Bool) {
    self.momentum = momentum
    self.epsilon = epsilon
    self.shape = shape
    let sums = shape.extents.count > 1 ? ChannelNormalization.scratchCount(channels: shape.features) : 0
    weights = NormalizationWeights(features: shape.features, scales: scales, centers: centers, scratchStart: sums)
  }

  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { .inputs }
  var readsMasks: Bool { true }
  /// The loops over positions go through memory with registers of their own, also over themselves.
  var inPlace: InPlace { hasPositions ? .gradient : [] }
  /// 1 / sqrt(variance + epsilon), then the mean, per feature.
  var kept: MemorySize { MemorySize(fixed: 2 * features) }
  /// The blocks' sums, then what stands for weights that are left out.
  var scratch: MemorySize { MemorySize(fixed: weights.scratchStart + weights.scratchCount) }
  var parameters: [ParameterSpec] {
    let shape = [features]
    return weights.specs + [
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
      if let mask = pass.mask(0) {
        MaskedMoments.moments(of: x, mask: mask.vector, mean: mean, variance: variance)
      } else if hasPositions {
        ChannelNormalization.moments(of: x, mean: mean, variance: variance, scratch: pass.scratch)
      } else {
        Normalization.columnMoments(of: x, mean: mean, variance: variance)
      }
      pass.statistics(0).copy(from: mean.readOnly)
      Normalization.inverseDeviation(variance.readOnly, epsilon: epsilon, into: inverse)
    } else {
      mean.copy(from: pass.state(0))
      Normalization.inverseDeviation(pass.state(1), epsilon: epsilon, into: inverse)
    }
    let (gamma, beta) = (weights.gamma(pass), weights.beta(pass))
    let y = pass.output(features: features)
    if hasPositions {
      ChannelNormalization.normalize(
        x, mean: mean.readOnly, inverse: inverse.readOnly, gamma: gamma, beta: beta, into: y)
    } else {
      Normalization.normalizeColumns(
        x, mean: mean.readOnly, inverse: inverse.readOnly, gamma: gamma, beta: beta, into: y)
    }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let (inverse, mean) = (pass.kept.readOnly[0..<features], pass.kept.readOnly[features..<2 * features])
    let x = pass.input(0, features: features)
    let dy = pass.outputGradient(features: features).readOnly
    if let mask = pass.mask(0) {
      MaskedMoments.normalizeBackward(
        x, mask: mask.vector, outputGradient: dy, mean: mean, inverse: inverse, gamma: weights.gamma(pass),
        gammaGradient: weights.gammaGradient(pass), betaGradient: weights.betaGradient(pass),
        inputGradient: pass.inputGradient(0, features: features))
    } else if hasPositions {
      ChannelNormalization.normalizeBackward(
        x, outputGradient: dy, mean: mean, inverse: inverse, gamma: weights.gamma(pass),
        gammaGradient: weights.gammaGradient(pass), betaGradient: weights.betaGradient(pass),
        inputGradient: pass.inputGradient(0, features: features), scratch: pass.scratch)
    } else {
      Normalization.normalizeColumnsBackward(
        x, outputGradient: dy, mean: mean, inverse: inverse, gamma: weights.gamma(pass),
        gammaGradient: weights.gammaGradient(pass), betaGradient: weights.betaGradient(pass),
        inputGradient: pass.inputGradient(0, features: features))
    }
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
