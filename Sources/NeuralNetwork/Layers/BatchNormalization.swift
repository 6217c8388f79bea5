public import Kernels

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

  public func parameters(for input: Shape) -> [ParameterSpec] {
    let shape = [input.features]
    return [
      ParameterSpec("gamma", shape: shape, initializer: .ones),
      ParameterSpec("beta", shape: shape, initializer: .zeros),
      ParameterSpec("moving_mean", shape: shape, role: .state, initializer: .zeros),
      ParameterSpec("moving_variance", shape: shape, role: .state, initializer: .ones),
    ]
  }

  /// 1 / sqrt(variance + epsilon), then the mean, per feature.
  public func scratchCount(for input: Shape, rows: Int) -> Int { 2 * input.features }

  public func forward(_ pass: ForwardPass) -> Double {
    let x = pass.flatInput
    let features = x.columns
    let second = AlignedBuffer.padded(features)
    let y = pass.output.vector.matrix(rows: x.rows, columns: features)
    let inverse = pass.scratch[0..<features]
    let mean = pass.scratch[features..<2 * features]
    if pass.training != nil {
      let variance = pass.statistics[second..<second + features]
      Normalization.columnMoments(of: x, mean: mean, variance: variance)
      pass.statistics[0..<features].copy(from: mean.readOnly)
      Normalization.inverseDeviation(variance.readOnly, epsilon: epsilon, into: inverse)
    } else {
      mean.copy(from: pass.state[0..<features])
      Normalization.inverseDeviation(pass.state[second..<second + features], epsilon: epsilon, into: inverse)
    }
    Normalization.normalizeColumns(
      x, mean: mean.readOnly, inverse: inverse.readOnly, gamma: pass.parameters[0..<features],
      beta: pass.parameters[second..<second + features], into: y)
    return 0
  }

  public func backward(_ pass: BackwardPass) {
    let x = pass.flatInput
    let features = x.columns
    let second = AlignedBuffer.padded(features)
    let dy = pass.outputGradient.readOnly.vector.matrix(rows: x.rows, columns: features)
    Normalization.normalizeColumnsBackward(
      x, outputGradient: dy, mean: pass.scratch.readOnly[features..<2 * features],
      inverse: pass.scratch.readOnly[0..<features], gamma: pass.parameters[0..<features],
      gammaGradient: pass.parameterGradient[0..<features],
      betaGradient: pass.parameterGradient[second..<second + features],
      inputGradient: pass.inputGradient.map { $0.vector.matrix(rows: x.rows, columns: features) })
  }

  /// moving = momentum * moving + (1 - momentum) * batch, where the batch's mean and variance are those of all its
  /// rows, put together from the shards' by the law of total variance.
  public func updateState(_ state: MutableVector, statistics: (Int) -> Vector, rows: [Int]) {
    let second = state.count / 2  // both entries are padded alike
    let total = Double(rows.reduce(0, +))
    guard total > 0 else { return }
    for feature in 0..<second {
      var mean = 0.0
      for (shard, count) in rows.enumerated() where count > 0 {
        mean += Double(count) / total * Double(statistics(shard)[feature])
      }
      var variance = 0.0
      for (shard, count) in rows.enumerated() where count > 0 {
        let deviation = Double(statistics(shard)[feature]) - mean
        variance += Double(count) / total * (Double(statistics(shard)[second + feature]) + deviation * deviation)
      }
      let keep = Double(momentum)
      state[feature] = Float(keep * Double(state[feature]) + (1 - keep) * mean)
      state[second + feature] = Float(keep * Double(state[second + feature]) + (1 - keep) * variance)
    }
  }
}
